"""Damaged lists of lines: what stands in them complete is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from pii_sft.spans import Document, Span
from pii_sft.targets.lines import TARGET
from tests.damaged.documents import ALL, AWKWARD, PLAIN, REPEATED, SHORT, SYNTHETIC, joined

pytestmark = pytest.mark.grid


@dataclass(frozen=True)
class Spelling:
    """How a line is written.

    Attributes:
        name: of the spelling.
        write: writes a line from its number, label and string.
        clean: whether it is that of the target.
        plain: whether strings may hold no marks that mean something in it.
    """

    name: str
    write: Callable[[int, str, str], str]
    clean: bool = False
    plain: bool = True


def ours(_: int, label: str, surface: str) -> str:
    return f"{label}: {surface}"


SPELLINGS = [
    Spelling("ours", ours, clean=True),
    Spelling("no space", lambda _, label, text: f"{label}:{text}"),
    Spelling("spaces", lambda _, label, text: f"  {label} :  {text}  "),
    Spelling("full-width colon", lambda _, label, text: f"{label}：{text}"),
    Spelling("bullet", lambda _, label, text: f"- {label}: {text}"),
    Spelling("star", lambda _, label, text: f"* {label}: {text}"),
    Spelling("dot", lambda _, label, text: f"• {label}: {text}"),
    Spelling("numbers", lambda number, label, text: f"{number}. {label}: {text}"),
    Spelling("numbers with brackets", lambda number, label, text: f"{number}) {label}: {text}"),
    Spelling("bold label", lambda _, label, text: f"**{label}**: {text}"),
    Spelling("bold label and colon", lambda _, label, text: f"**{label}:** {text}"),
    Spelling("bold string", lambda _, label, text: f"{label}: **{text}**"),
    Spelling("all of it", lambda number, label, text: f"{number}. **{label}**：**{text}**"),
    Spelling("code", lambda _, label, text: f"`{label}`: `{text}`"),
    Spelling("quotes", lambda _, label, text: f'{label}: "{text}"'),
    Spelling("curly quotes", lambda _, label, text: f"{label}: “{text}”"),
    Spelling("comma at the end", lambda _, label, text: f"{label}: {text},"),
    Spelling("quotation", lambda _, label, text: f"> {label}: {text}"),
]
ENDS = {"ours": "-", "none": "none", "dash": "—", "chinese": "无", "spaced": " - "}
BREAKS = {"ours": "\n", "windows": "\r\n", "empty lines": "\n\n", "blank lines": "\n \t\n"}


@dataclass(frozen=True)
class Dressing:
    name: str
    before: str = ""
    after: str = ""
    clean: bool = False


DRESSINGS = [
    Dressing("nothing", clean=True),
    Dressing("prose before", "Here are the entities I found in the text.\n\n"),
    Dressing("prose after", after="\n\nThat is all I found. I hope it helps"),
    Dressing("prose around", "Sure!\n", "\nThose are all.\n"),
    Dressing("fence", "```\n", "\n```"),
    Dressing("fence with a name", "```text\n", "\n```\n"),
    Dressing("fence left open", "```\n"),
    Dressing("thoughts", "<think>\nPERSON: met\n-\n</think>\n\n", clean=True),
    Dressing("thoughts without a beginning", "CITY: met\n</think>\n", clean=True),
    Dressing("line break at the end", after="\n", clean=True),
]


@dataclass(frozen=True)
class Written:
    text: str
    complete: list[tuple[Span, int]]
    begins: int
    ends: int
    clean: bool


def written(
    document: Document,
    spelling: Spelling,
    dressing: Dressing = DRESSINGS[0],
    line_break: str = "ours",
    end: str = "ours",
) -> Written:
    text, complete = dressing.before, []
    for number, span in enumerate(document.spans, start=1):
        text += spelling.write(number, span.label, document.surface(span)) + BREAKS[line_break]
        spent = len(BREAKS[line_break]) - BREAKS[line_break].index("\n") - 1
        complete.append((span, len(text) - spent))
    text += ENDS[end]
    clean = spelling.clean and dressing.clean and end == "ours"
    return Written(text + dressing.after, complete, len(dressing.before), len(text), clean)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda each: each.name)
def test_whole_answers(spelling: Spelling, line_break: str) -> None:
    for document, dressing in product(PLAIN, DRESSINGS):
        if spelling.name == "comma at the end" and document is REPEATED:
            continue  # Its text has "Max,".
        answer = written(document, spelling, dressing, line_break)
        parsed = TARGET.parse(document.text, answer.text)
        assert parsed.spans == document.spans, answer.text
        assert parsed.issues == (() if answer.clean else ("repaired",)), answer.text


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda each: each.name)
def test_ends(end: str, spelling: Spelling) -> None:
    answer = written(SHORT, spelling, end=end)
    parsed = TARGET.parse(SHORT.text, answer.text)
    assert parsed.spans == SHORT.spans
    assert parsed.issues == (() if answer.clean else ("repaired",))


@pytest.mark.parametrize("dressing", DRESSINGS, ids=lambda each: each.name)
@pytest.mark.parametrize("end", ENDS)
def test_empty_lists(dressing: Dressing, end: str) -> None:
    answer = dressing.before + ENDS[end] + dressing.after
    parsed = TARGET.parse(SHORT.text, answer)
    assert parsed.spans == ()
    assert parsed.issues == (() if dressing.clean and end == "ours" else ("repaired",))


@pytest.mark.parametrize("dressing", DRESSINGS, ids=lambda each: each.name)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda each: each.name)
def test_cut_anywhere(spelling: Spelling, dressing: Dressing) -> None:
    answer = written(SHORT, spelling, dressing)
    for cut in range(answer.begins, answer.ends):
        parsed = TARGET.parse(SHORT.text, answer.text[:cut])
        spans = [span for span, end in answer.complete if end <= cut]
        assert list(parsed.spans) == spans, answer.text[:cut]
        assert parsed.unplaced == ()
        if spans and not answer.text[:cut].rstrip(" ").endswith("\n-"):
            assert parsed.status == "truncated", answer.text[:cut]
            assert ("repaired" in parsed.issues) <= (not answer.clean), answer.text[:cut]


@pytest.mark.parametrize("document", [*ALL, *SYNTHETIC], ids=lambda document: document.id)
def test_our_answers_cut_anywhere(document: Document) -> None:
    """Complete are the lines whose line break is there; strings hold none."""
    answer = TARGET.render(document)
    for cut in range(1, len(answer)):
        parsed = TARGET.parse(document.text, answer[:cut])
        assert parsed.spans == document.spans[: answer[:cut].count("\n")], answer[:cut]
        assert parsed.status in {"truncated", "failed"}


@pytest.mark.parametrize(
    ("answer", "spans", "issues"),
    [
        ("PERSON: Ann Lee\nPERSON: Zoe\n-", 1, ["not_in_text"]),
        ("PERSON: Ann Lee\nPERSON: Ann Lee\n-", 1, ["duplicate"]),
        ("PERSON#1: Ann Lee\n-", 1, []),
        ("PERSON#2: Ann Lee\n-", 0, ["not_in_text"]),
        ("PERSON: ann lee\n-", 1, []),
        ("PERSON: Ann Lee\nPHONE: none\n-", 1, ["repaired"]),
        ("PERSON: Ann Lee\nPHONE:\n-", 1, ["repaired"]),
        ("PERSON: Ann Lee\n-\nNo more.", 1, ["repaired"]),
        ("PERSON: Ann Lee\n", 1, ["truncated"]),
        ("P\ud83d: Ann Lee\n-", 0, ["malformed_entity"]),
        ("PERSON", 0, ["truncated"]),
        ("This text, dear user, is about: Rome\n-", 0, ["repaired"]),
    ],
)
def test_items(answer: str, spans: int, issues: list[str]) -> None:
    parsed = TARGET.parse(SHORT.text, answer)
    assert parsed.spans == SHORT.spans[:spans]
    assert list(parsed.issues) == issues


def test_strings_that_were_not_escaped() -> None:
    document = joined("d", "In ", ("C:\\new\\table", "PATH"), " by ", ("#2: x", "CODE"), ".")
    answer = "PATH: C:\\new\\table\nCODE: #2: x\n-"
    assert TARGET.parse(document.text, answer).spans == document.spans


def test_awkward_strings_survive_bullets() -> None:
    answer = "\n".join(f"- {line}" for line in TARGET.render(AWKWARD).splitlines()[:-1]) + "\n-"
    parsed = TARGET.parse(AWKWARD.text, answer)
    assert parsed.spans == AWKWARD.spans
    assert parsed.issues == ("repaired",)
