"""Tests of the index of strings, and of spans that are told from the arrays of a block."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from pii_sft.dataset.audit.block import SIZE, Block, Labels
from pii_sft.dataset.audit.checks.boundaries import _maybe_others, _plain_habits, habits_of
from pii_sft.dataset.audit.checks.parts import _CONTINUES, _adjoining, _maybe_going_on
from pii_sft.dataset.audit.checks.patterns import _AT, _maybe_numbers, _unlabelled
from pii_sft.dataset.audit.checks.positions import _maybe_faulty, cuts_grapheme, cuts_word
from pii_sft.dataset.audit.places import Seen
from pii_sft.dataset.audit.string_index import StringIndex, joins
from pii_sft.spans import Document, Span

PIECES = (
    "Ann", "Lee", "Mr", "Dr.", "the", " ", " ", "  ", ", ", "，", "\n", "、", "张伟", "先生",
    "北京市", "'s", "’", "$", "(", ")", "“", "”", "12", "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "a@b.org", "é", "e\u0301", "👩\u200d🔬", "한국", "さん", "ß", "İ", "١٢", "¼", "x", "\t",
    "\u3000", "-",
)  # fmt: skip


def mixed(seed: int, count: int) -> list[Seen]:
    """Texts of all that tells something, with spans anywhere; some overlap."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        text = "".join(rng.choices(PIECES, k=rng.randrange(14)))
        ends = [
            sorted(rng.sample(range(len(text) + 1), 2)) for _ in range(rng.randrange(5)) if text
        ]
        spans = tuple(sorted({Span(low, high, rng.choice("AB")) for low, high in ends}))
        found.append(Seen(number, "", Document(f"d{number}", text, spans, {})))
    return found


def blocks(seen: list[Seen]) -> Iterator[Block]:
    """Documents as an audit takes them."""
    labels = Labels()
    for at in range(0, len(seen), SIZE):
        yield Block(seen[at : at + SIZE], labels, at)


def slowly(strings: list[str], seen: Seen) -> list[tuple[int, int, str]]:
    """Where strings stand as whole words outside all spans, one after the other."""
    text, spans = seen.document.text, seen.document.spans
    return sorted(
        (at, at + len(string), string)
        for string in strings
        for at in range(len(text))
        if text.startswith(string, at)
        and not any(span.start < at + len(string) and at < span.end for span in spans)
        and not joins(text, at)
        and not joins(text, at + len(string))
    )


@pytest.mark.parametrize("seed", range(8))
def test_strings_are_found_wherever_they_stand(seed: int) -> None:
    seen = mixed(seed, 300)
    strings = [
        "Ann",
        "Ann Lee",
        "张伟",
        "北京市",
        "12",
        "Ann, Lee",
        "한국",
        "先生",
        "Ann  Lee",
        "éx",
    ]
    index = StringIndex([(string, string) for string in strings])
    for block in blocks(seen):
        found: dict[int, list[tuple[int, int, str]]] = {}
        for number, span, string in index.search(block):
            found.setdefault(number, []).append((span.start, span.end, string))
        for number, each in enumerate(block):
            assert sorted(found.get(number, [])) == slowly(strings, each)


def test_a_forgotten_string_is_found_no_more() -> None:
    seen = Seen(0, "", Document("d", "Ann Lee saw Ann Roe", (), {}))
    index = StringIndex([("Ann Lee", 1), ("Ann Roe", 2)])
    index.forget("Ann Lee")
    assert [it for _, _, it in index.search(Block([seen], Labels()))] == [2]


@pytest.mark.parametrize("seed", range(8))
def test_no_span_with_something_to_tell_is_passed_over(seed: int) -> None:
    for block in blocks(mixed(seed, 300)):
        others = _maybe_others(block)
        for shown, _ in _plain_habits(block).values():
            others |= shown
        faulty = set(map(_key, block.some(_maybe_faulty(block))))
        telling = set(map(_key, block.some(others)))
        going_on = set(map(_key, block.some(_maybe_going_on(block) | _adjoining(block))))
        proven = {
            each.number
            for each in block.with_character(_maybe_numbers(block) | block.of_class(_AT))
        }
        for each in block:
            text = each.document.text
            if list(_unlabelled(each.document)):
                assert each.number in proven
            for number, span in enumerate(each.document.spans):
                key = (each.number, number)
                if habits_of(f"{text}  ", span.start, span.end):
                    assert key in telling
                if _is_faulty(text, span):
                    assert key in faulty
                if text[span.end : span.end + 1] in tuple("\n,，、 \t") and _CONTINUES.match(
                    text, span.end
                ):
                    assert key in going_on


def _key(found: tuple[Seen, int]) -> tuple[int, int]:
    return found[0].number, found[1]


def _is_faulty(text: str, span: Span) -> bool:
    first, last = text[span.start], text[span.end - 1]
    before = text[span.start - 1] if span.start else " "
    after = text[span.end] if span.end < len(text) else " "
    return (
        first.isspace()
        or last.isspace()
        or not first.isalnum()
        or any(
            cuts(*pair)
            for cuts in (cuts_grapheme, cuts_word)
            for pair in ((before, first), (last, after))
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_covered_is_what_stands_in_a_span(seed: int) -> None:
    for block in blocks(mixed(seed, 300)):
        for each in block:
            for at in range(len(each.document.text)):
                inside = any(span.start <= at < span.end for span in each.document.spans)
                assert block.covered[block.begins[each.number - block.first] + at] == inside
