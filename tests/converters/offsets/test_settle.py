"""How the offsets of a file count is decided by the file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_sft.converters import Note, Rejected
from pii_sft.converters.offsets import evidence
from pii_sft.converters.offsets import settle as offsets
from pii_sft.converters.offsets.conventions import CONVENTIONS, Ruler
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import (
    BYTES,
    CODE_POINTS,
    CODE_POINTS_INCLUSIVE,
    GRAPHEMES,
    UTF_16,
    Convention,
    settle,
)
from pii_sft.errors import Problem
from pii_sft.spans import Document, Span
from tests.converters.counting import counted

PATH = Path("file.json")
UNIX = Convention("code points", unix_lines=True)
FAMILY = "👨\u200d👩\u200d👧"
TELLING = f"Zoe\u0301 {FAMILY} Ann Lee 😀 in Köln\r\nand Rome."


def record(
    text: str, *surfaces: str, by: Convention = CODE_POINTS, shown: bool = True, id: str = "d"
) -> RawDocument:
    """A text with the first occurrence of each surface marked, counted by a convention."""
    marks = []
    for surface in surfaces:
        start = text.index(surface)
        place = counted(text, start, start + len(surface), by)
        marks.append(RawSpan(*place, "L", surface if shown else None))
    return RawDocument(id, text, tuple(marks), raw=b"raw " + id.encode())


def settled(
    *records: RawDocument | Rejected | Note, documented: Convention = CODE_POINTS
) -> tuple[list[Document], list[Rejected], str]:
    made = list(settle(PATH, records, documented))
    notes = [each.text for each in made if isinstance(each, Note)]
    documents = [each for each in made if isinstance(each, Document)]
    return documents, [each for each in made if isinstance(each, Rejected)], notes[-1]


def surfaces(document: Document) -> list[str]:
    return [document.surface(span) for span in document.spans]


@pytest.mark.parametrize("documented", CONVENTIONS, ids=str)
@pytest.mark.parametrize("by", CONVENTIONS, ids=str)
def test_surfaces_tell(by: Convention, documented: Convention) -> None:
    marked = ("Zoe\u0301", "Ann", "Köln", "and", "Rome")
    (document,), rejected, note = settled(
        record("Ann and Rome.", "Ann", "Rome", by=by),
        documented=documented,
    )
    assert surfaces(document) == ["Ann", "Rome"]
    (document,), rejected, note = settled(record(TELLING, *marked, by=by), documented=documented)
    assert (surfaces(document), rejected) == (list(marked), [])
    assert note == f"offsets count {by} (verified on 5 spans)"


@pytest.mark.parametrize("documented", [CODE_POINTS, UTF_16, BYTES, GRAPHEMES], ids=str)
@pytest.mark.parametrize("by", [CODE_POINTS, UTF_16, BYTES, GRAPHEMES, UNIX], ids=str)
def test_without_surfaces_cut_words_tell(by: Convention, documented: Convention) -> None:
    marked = ("Ann", "Köln", "and", "Rome")
    (document,), rejected, note = settled(
        record(TELLING, *marked, by=by, shown=False), documented=documented
    )
    assert (surfaces(document), rejected) == (list(marked), [])
    assert note == f"offsets count {by} (judged by 4 spans that other units would cut)"


@pytest.mark.parametrize("documented", [CODE_POINTS, UTF_16, CODE_POINTS_INCLUSIVE], ids=str)
def test_what_nothing_tells_is_as_documented(documented: Convention) -> None:
    plain = record("Ann Lee lives in Rome", "Ann Lee", "Rome", by=documented, shown=False)
    (document,), _, note = settled(plain, documented=documented)
    assert surfaces(document) == ["Ann Lee", "Rome"]
    assert note.startswith(f"offsets count {documented} (as documented; not tested")


def test_a_file_that_names_its_convention_is_believed() -> None:
    wrong = record("😀 Ann", "Ann", by=UTF_16)
    made = list(settle(PATH, [wrong], CODE_POINTS, believed=True))
    assert isinstance(made[0], Rejected)
    unshown = record("😀 Ann", "Ann", shown=False)
    made = list(settle(PATH, [unshown], CODE_POINTS, believed=True))
    assert made[1:] == [Note("offsets count code points, ends excluded (as the file says)")]


def test_units_that_are_as_right_are_named() -> None:
    _, _, note = settled(record("Ann 王芳", "王芳"), documented=UTF_16)
    assert note == (
        "offsets count UTF-16 units, ends excluded "
        "(verified on 1 span; as right in code points, graphemes)"
    )


def test_a_draw_is_as_documented() -> None:
    """The marked letter stands where both units look for it."""
    ambiguous = RawDocument("d", "😀aaa", (RawSpan(2, 3, "L", "a"),))
    (document,), _, note = settled(ambiguous, documented=UTF_16)
    assert document.spans == (Span(1, 2, "L"),)
    assert note.endswith("(verified on 1 span, though another convention holds as many)")


def test_the_majority_decides_and_the_others_are_refused() -> None:
    files = [record(f"😀 Ann {n}", "Ann", by=UTF_16, id=f"u{n}") for n in range(5)]
    files.insert(2, record("😀 Bob", "Bob", by=CODE_POINTS, id="c"))
    documents, (bad,), note = settled(*files)
    assert [each.id for each in documents] == ["u0", "u1", "u2", "u3", "u4"]
    assert bad.problem == Problem(
        "offsets",
        "file.json",
        0,
        "c",
        "span 2-5 (L) does not hold its surface, counted in UTF-16 units, ends excluded",
    )
    assert bad.raw == b"raw c"
    assert "verified on 5 spans" in note


@pytest.mark.parametrize(
    "mark",
    [
        RawSpan(-1, 2, "L"),
        RawSpan(2, 2, "L"),
        RawSpan(3, 2, "L"),
        RawSpan(0, 99, "L"),
        RawSpan(10**30, 10**31, "L"),
        RawSpan(0, 2, "L", "Bob"),
        RawSpan(0, 3, "L", ""),
        RawSpan(1, 4, "L"),
        RawSpan(0, 3, ""),
    ],
    ids=str,
)
def test_refused(mark: RawSpan) -> None:
    good = record("😀 Ann", "Ann", by=UTF_16)
    bad = RawDocument("bad", "Ann😀", (mark,), {}, 7, b"bytes")
    documents, (refused,), _ = settled(good, bad, documented=UTF_16)
    assert [each.id for each in documents] == ["d"]
    assert (refused.problem.line, refused.problem.id, refused.raw) == (7, "bad", b"bytes")
    assert refused.problem.kind in ("offsets", "no label")
    assert "Ann" not in refused.problem.reason


def test_white_space_runs_are_equal() -> None:
    text = "Ann\r\n  Lee, Ann Lee"
    (document,), _, note = settled(RawDocument("d", text, (RawSpan(0, 10, "L", "Ann Lee"),)))
    assert surfaces(document) == ["Ann\r\n  Lee"]
    assert note.endswith("; 1 spans equal their surface but for white space")


def test_what_is_odd_is_counted() -> None:
    marks = (RawSpan(0, 4, "L"), RawSpan(0, 4, "L"), RawSpan(0, 4, "M"), RawSpan(5, 7, "L"))
    (document,), _, note = settled(RawDocument("d", "Ann Anton", marks))
    assert len(document.spans) == 3
    assert note.split("; ")[2:] == [
        "1 repeated spans kept once",
        "1 spans without surface begin or end inside a word",
        "3 spans begin or end with white space",
    ]


def test_order_and_everything_else_is_kept() -> None:
    odd = Rejected(Problem("k", "f", 1, None, "r"), b"x")
    given = [record("😀 Ann", "Ann", id="1"), odd, Note("n"), record("Bob", "Bob", id="2")]
    made = list(settle(PATH, given, CODE_POINTS))
    assert [type(each) for each in made] == [Document, Rejected, Note, Document, Note]
    assert made[1:3] == [odd, Note("n")]


def test_meta_and_names_arrive() -> None:
    given = RawDocument("name", "Ann", (RawSpan(0, 3, "L"),), {"group": "g"})
    (document,), _, _ = settled(given)
    assert document == Document("name", "Ann", (Span(0, 3, "L"),), {"group": "g"})


def test_no_spans_at_all() -> None:
    _, _, note = settled(record("Ann"), record("Bob"))
    assert note == "no spans in 2 documents"
    assert list(settle(PATH, [], CODE_POINTS)) == []


def test_no_text_in_reprs() -> None:
    shown = repr(record("secret agent", "secret"))
    assert "secret" not in shown
    assert "12" in shown


@pytest.mark.parametrize("shown", [True, False])
def test_late_evidence_decides_too(shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain documents go on at once; the first that tells anything decides for the rest."""
    monkeypatch.setattr(offsets, "MOST_WAITING", 10)
    monkeypatch.setattr(evidence, "ENOUGH_TELLING", 5)
    plain = [record("Ann Lee", "Ann", shown=shown, id=f"p{n}") for n in range(50)]
    telling = [record("😀 Bob ok", "Bob", by=UTF_16, shown=shown, id=f"t{n}") for n in range(50)]
    documents, rejected, note = settled(*plain, *telling, *plain, documented=CODE_POINTS)
    assert [each.id for each in documents] == [each.id for each in (*plain, *telling, *plain)]
    assert {*map(str, map(surfaces, documents))} == {"['Ann']", "['Bob']"}
    assert (rejected, note.split(" (")[0]) == ([], "offsets count UTF-16 units, ends excluded")


@pytest.mark.parametrize("text", ["plain text of Ann", "Ann in 北京 zz", "Ann 😀"], ids=ascii)
def test_few_records_wait(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nothing ever tells."""
    monkeypatch.setattr(offsets, "MOST_WAITING", 100)
    pulled = 0

    def records() -> Iterator[RawDocument]:
        nonlocal pulled
        for number in range(2000):
            pulled = number
            yield record(text, "Ann", shown=False, by=UTF_16)

    for got, made in enumerate(settle(PATH, records(), UTF_16)):
        assert isinstance(made, Document | Note)
        assert pulled - got < 100


def test_large_records_wait_in_smaller_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offsets, "MOST_WAITING_SIZE", 1_000_000)
    text = "😀 Ann " + "x" * 50_000
    many = (record(text, "Ann", shown=False, id=str(n)) for n in range(400))
    tracemalloc.start()
    try:
        count = sum(1 for _ in settle(PATH, many, CODE_POINTS))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 401
    assert most < 8_000_000


def test_a_ruler_remembers_only_what_is_irregular() -> None:
    text = "a" * 1000 + "😀" + "b" * 1000
    ruler = Ruler(text, UTF_16)
    assert not ruler.regular
    assert Ruler("a" * 1000, BYTES).regular
    assert ruler.place(1001, 1003) is None
    assert ruler.place(1002, 1003) == (1001, 1002)
    assert ruler.place(1000, 2002) == (1000, 2001)
    assert ruler.place(1000, 2003) is None
