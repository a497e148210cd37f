"""Whatever a file's offsets count, they come back as code points, or it is said that none tells."""

from __future__ import annotations

from pathlib import Path

import regex
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters import Note, Rejected
from pii_sft.converters.offsets.conventions import CONVENTIONS, Convention, Ruler
from pii_sft.converters.offsets.evidence import is_clean
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import settle
from pii_sft.spans import Document
from tests.converters.counting import counted

PIECES = [
    *("Ann", "x.", "\r\n", "e\u0301", "北京", "👩\u200d👧", "👍🏽", "🇩🇪", "שלום", "क्षि"),
    *"a \n\r\té王한각😀Å\u0301\u200d\ufe0f",
]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=15).map("".join)
conventions = st.sampled_from(CONVENTIONS)


@st.composite
def stretches(draw: st.DrawFn, text: str) -> list[tuple[int, int]]:
    """Spans that start and end where every unit can."""
    cuts = [0, *(match.end() for match in regex.finditer(r"\X", text))]
    places = []
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, len(cuts) - 2))
        last = draw(st.integers(first + 1, len(cuts) - 1))
        places.append((cuts[first], cuts[last]))
    return places


def encoded(text: str, places: list[tuple[int, int]], by: Convention, shown: bool) -> RawDocument:
    marks = [
        RawSpan(*counted(text, *place, by), "L", text[slice(*place)] if shown else None)
        for place in places
    ]
    return RawDocument("d", text, tuple(marks))


@given(st.data(), texts, conventions)
def test_a_ruler_reads_what_was_written(
    data: st.DataObject, text: str, convention: Convention
) -> None:
    ruler = Ruler(text, convention)
    for place in data.draw(stretches(text)):
        assert ruler.place(*counted(text, *place, convention)) == place


@given(texts, conventions, st.integers(-3, 60), st.integers(-3, 60))
def test_a_ruler_stays_inside(text: str, convention: Convention, start: int, end: int) -> None:
    place = Ruler(text, convention).place(start, end)
    if place is not None:
        assert 0 <= place[0] < place[1] <= len(text)
        assert counted(text, *place, convention) == (start, end)


@given(st.data(), st.lists(texts, min_size=1, max_size=4), conventions, conventions)
def test_surfaces_find_the_convention(
    data: st.DataObject, several: list[str], by: Convention, documented: Convention
) -> None:
    """Every span comes back, unless the file was as right in another convention."""
    drawn = [(text, data.draw(stretches(text))) for text in several]
    records = [encoded(text, places, by, shown=True) for text, places in drawn]
    *made, note = settle(Path("f"), records, documented)
    assert isinstance(note, Note)
    for document, (text, places) in zip(made, drawn, strict=True):
        assert isinstance(document, Document)
        assert document.text == text
        found = {(span.start, span.end) for span in document.spans}
        if "holds as many" not in note.text:
            assert found == set(places)


@given(st.data(), texts, conventions)
def test_without_evidence_the_documented_convention_stands(
    data: st.DataObject, text: str, documented: Convention
) -> None:
    """Without surfaces; another unit is taken only if the documented one cuts something."""
    places = data.draw(stretches(text))
    *made, note = settle(Path("f"), [encoded(text, places, documented, False)], documented)
    assert isinstance(note, Note)
    if str(documented) in note.text:
        assert isinstance(made[0], Document)
        assert {(span.start, span.end) for span in made[0].spans} == set(places)
    else:
        assert "judged" in note.text
        assert any(is_clean(text, place) < 2 for place in places)


@given(texts, st.lists(st.tuples(st.integers(-2, 40), st.integers(-2, 40)), max_size=4), st.data())
def test_wrong_offsets_are_refused_and_never_moved(
    text: str, places: list[tuple[int, int]], data: st.DataObject
) -> None:
    surfaces = st.none() | st.sampled_from(PIECES) | st.just(text)
    marks = tuple(RawSpan(*place, "L", data.draw(surfaces)) for place in places)
    documented = data.draw(conventions)
    for record in settle(Path("f"), [RawDocument("d", text, marks)], documented):
        if isinstance(record, Rejected):
            assert record.problem.kind == "offsets"
        elif isinstance(record, Document):
            shown = [mark for mark in marks if mark.surface is not None]
            found = {" ".join(f"<{record.surface(span)}>".split()) for span in record.spans}
            assert {" ".join(f"<{mark.surface}>".split()) for mark in shown} <= found
