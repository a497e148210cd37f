"""Damaged copies of a text: tags keep their places, by construction of the damage."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import pytest

from pii_sft.spans import Document, Span
from pii_sft.targets.tags import TARGET
from tests.damaged.documents import ALL, SHORT, SYNTHETIC, joined

pytestmark = pytest.mark.grid


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, how the copy writes it, and its label.

    `told` says whether its span can be found again.
    """

    text: str
    copy: str
    label: str = ""
    told: bool = True


Pieces = Sequence[Piece]


def pieces_of(document: Document) -> list[Piece]:
    pieces, done = [], 0
    for span in document.spans:
        pieces.append(Piece(document.text[done : span.start], document.text[done : span.start]))
        pieces.append(Piece(document.surface(span), document.surface(span), span.label))
        done = span.end
    return [*pieces, Piece(document.text[done:], document.text[done:])]


def written(pieces: Pieces) -> str:
    answer = ""
    for piece in pieces:
        copy = piece.copy.replace("\\<", "\\\\<").replace("<", "\\<")
        answer += f"<{piece.label}>{copy}</{piece.label}>" if piece.label else copy
    return answer


def expected(pieces: Pieces) -> list[Span]:
    spans, at = [], 0
    for piece in pieces:
        if piece.label and piece.told:
            spans.append(Span(at, at + len(piece.text), piece.label))
        at += len(piece.text)
    return spans


Change = Callable[[str, random.Random], str]


def between(change: Change) -> Callable[[Pieces, random.Random], list[Piece]]:
    """Change the copy between the entities."""
    return lambda pieces, draw: [
        piece if piece.label else replace(piece, copy=change(piece.copy, draw)) for piece in pieces
    ]


def inside(change: Change) -> Callable[[Pieces, random.Random], list[Piece]]:
    """Change the copies of the entities."""
    return lambda pieces, draw: [
        replace(piece, copy=change(piece.copy, draw)) if piece.label else piece for piece in pieces
    ]


def one_letter(copy: str, draw: random.Random) -> str:
    """A typo in the middle of a word."""
    places = [i for i in range(1, len(copy) - 1) if copy[i - 1 : i + 2].isalpha()]
    if not places:
        return copy
    at = draw.choice(places)
    return draw.choice(
        [copy[:at] + copy[at + 1 :], f"{copy[:at]}q{copy[at + 1 :]}", f"{copy[:at]}q{copy[at:]}"]
    )


def respaced(copy: str, draw: random.Random) -> str:
    """Other white space where there is some."""
    return "".join(draw.choice([" ", "  ", "\n", "\n\n", "\t"]) if c.isspace() else c for c in copy)


def squeezed(copy: str, _: random.Random) -> str:
    return " ".join(copy.split()) if copy.strip() else copy


DAMAGES: dict[str, Callable[[Pieces, random.Random], list[Piece]]] = {
    "nothing": lambda pieces, _: list(pieces),
    "other white space between": between(respaced),
    "other white space everywhere": lambda pieces, draw: [
        replace(piece, copy=respaced(piece.copy, draw)) for piece in pieces
    ],
    "white space lost between": between(squeezed),
    "typos between": between(one_letter),
    "typos inside": inside(one_letter),
    "upper case": lambda pieces, _: [replace(each, copy=each.copy.upper()) for each in pieces],
    "words put in": between(
        lambda copy, draw: copy + draw.choice([" really", " , you know,", "\n"])
    ),
    "prose before": lambda pieces, _: [Piece("", "Here is the text with tags:\n\n"), *pieces],
    "prose after": lambda pieces, _: [*pieces, Piece("", "\n\nThose are all of them.")],
    "fence": lambda pieces, _: [Piece("", "```xml\n"), *pieces, Piece("", "\n```")],
    "the end again": lambda pieces, _: [*pieces, Piece("", pieces[-1].copy)],
}


PAIRS = [pair for pair in product(DAMAGES, repeat=2) if set(pair) != {"typos inside"}]
"""Two typos would leave nothing of a short name."""


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=", ".join)
def test_copies(first: str, second: str) -> None:
    draw = random.Random(f"{first} {second}")
    for document in [*ALL, *SYNTHETIC[:40]]:
        pieces = DAMAGES[second](DAMAGES[first](pieces_of(document), draw), draw)
        parsed = TARGET.parse(document.text, written(pieces))
        assert list(parsed.spans) == expected(pieces) == list(document.spans), written(pieces)
        assert set(parsed.issues) <= {"repaired"}
        assert parsed.unplaced == ()


LONG = joined(
    "long",
    *[
        piece
        for number, document in enumerate(SYNTHETIC[:30])
        for piece in (
            f"\n\n{number}. ",
            *(((p.text, p.label) if p.label else p.text) for p in pieces_of(document)),
        )
    ],
)
"""Thirty texts in one."""


@pytest.mark.parametrize("seed", range(12))
def test_stretches_that_were_left_out(seed: int) -> None:
    """What stood in them is lost, and nothing else."""
    draw = random.Random(seed)
    pieces = pieces_of(LONG)
    first = draw.randrange(1, len(pieces) // 2, 2) + 1
    last = first + draw.choice([1, 3, 9, 21])
    kept = [
        replace(each, copy="", told=False) if first <= i < last else each
        for i, each in enumerate(pieces)
    ]
    answer = written([each for each in kept if each.copy])
    parsed = TARGET.parse(LONG.text, answer)
    assert list(parsed.spans) == expected(kept)
    assert parsed.status == "repaired"


@pytest.mark.parametrize("seed", range(12))
def test_stretches_that_were_repeated(seed: int) -> None:
    """What they name is named twice, and stands once."""
    draw = random.Random(seed)
    pieces = pieces_of(LONG)
    first = draw.randrange(1, len(pieces) // 2, 2)
    last = first + draw.choice([6, 12, 20])
    parsed = TARGET.parse(LONG.text, written([*pieces[:last], *pieces[first:]]))
    assert list(parsed.spans) == list(LONG.spans)
    assert parsed.issues.count("duplicate") == sum(bool(p.label) for p in pieces[first:last])
    assert parsed.status == "repaired"


@pytest.mark.parametrize("document", [*ALL, *SYNTHETIC[:15]], ids=lambda document: document.id)
def test_cut_anywhere(document: Document) -> None:
    answer = TARGET.render(document)
    ends = [
        end for _, end in sorted(each.output for each in TARGET.parse(document.text, answer).found)
    ]
    letters = [i for i, character in enumerate(answer) if character.isalnum()]
    for cut in range(1, len(answer)):
        parsed = TARGET.parse(document.text, answer[:cut])
        complete = sum(
            answer[:cut].count(f"</{label}>") for label in {s.label for s in document.spans}
        )
        assert parsed.spans == document.spans[:complete], answer[:cut]
        assert complete == sum(end <= cut for end in ends)
        assert parsed.unplaced == ()
        if cut <= letters[-1]:
            assert parsed.status in {"truncated", "failed", "empty"}, answer[:cut]


@pytest.mark.parametrize(
    "damage", ["typos between", "other white space everywhere", "prose before"]
)
def test_damaged_and_cut_anywhere(damage: str) -> None:
    for document in (SHORT, *SYNTHETIC[:5]):
        pieces = DAMAGES[damage](pieces_of(document), random.Random(3))
        ends = [len(written(pieces[: i + 1])) for i, each in enumerate(pieces) if each.label]
        answer = written(pieces)
        for cut in range(len(answer)):
            complete = sum(end <= cut for end in ends)
            parsed = TARGET.parse(document.text, answer[:cut])
            assert list(parsed.spans) == expected(pieces)[:complete], answer[:cut]


@pytest.mark.parametrize(
    ("answer", "issues"),
    [
        ("<PERSON>Ann Lee</CITY> met Bob in Rome.", ["repaired"]),
        ("<PERSON>Ann Lee</PERSON> met </PERSON>Bob in Rome.", ["malformed_entity"]),
        ("<PERSON>Ann Lee</PERSON> met <PERSON>Bob in Rome.", ["truncated"]),
        ("<CITY><PERSON>Ann Lee</PERSON> met Bob in Rome.", ["malformed_entity"]),
        ("<PERSON>Ann Lee</PERSON><CITY></CITY> met Bob in Rome.", ["malformed_entity"]),
        ("< PERSON >Ann Lee</ PERSON > met Bob in Rome.", []),
        ("<PERSON>Ann Lee</PERSON>", ["truncated"]),
        ("1. <PERSON>Ann Lee</PERSON>\n", ["repaired", "truncated"]),
        ("<PERSON>Ann Lee</PERSON> met <PERSON>Zoe</PERSON> in Rome.", ["repaired", "not_in_text"]),
    ],
)
def test_damaged_tags(answer: str, issues: list[str]) -> None:
    parsed = TARGET.parse(SHORT.text, answer)
    assert parsed.spans == SHORT.spans[:1]
    assert list(parsed.issues) == issues


def test_markup_of_the_text_that_was_not_escaped() -> None:
    document = joined("d", "See <b>", ("Ann", "PERSON"), "</b> & <x> < ", ("Bob", "PERSON"), ">")
    answer = "See <b><PERSON>Ann</PERSON></b> & <x> < <PERSON>Bob</PERSON>>"
    assert TARGET.parse(document.text, answer).spans == document.spans


def test_html_entities_in_place_of_characters() -> None:
    document = joined("d", "if a < b & c > d: ", ("Ann", "PERSON"), " & ", ("Al & Co", "ORG"), ".")
    answer = (
        TARGET.render(document)
        .replace("\\<", "&lt;")
        .replace(" > ", " &gt; ")
        .replace("&  ", "&amp; ")
    )
    parsed = TARGET.parse(document.text, answer)
    assert parsed.spans == document.spans
    assert parsed.status == "repaired"


def test_another_text() -> None:
    other = "The quick brown fox jumps over the lazy dog, again and again."
    assert TARGET.parse(SHORT.text, other).issues == ("failed",)
    parsed = TARGET.parse(SHORT.text, f"{other} <PERSON>Quentin</PERSON>")
    assert parsed.spans == ()
    assert "not_in_text" in parsed.issues
