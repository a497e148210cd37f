"""Documents and spans."""

from __future__ import annotations

import pytest

from pii_sft.errors import RecordError
from pii_sft.spans import Document, Span, checked, encodable, nesting, reading_order

TEXT = "Ann Lee 😀 met Bob."


def test_checked_sorts_and_drops_repetitions() -> None:
    spans = [Span(14, 17, "B"), Span(0, 3, "B"), Span(0, 3, "A"), Span(0, 7, "Z"), Span(0, 3, "A")]
    document = checked("d", TEXT, iter(spans))
    assert document.spans == (
        Span(0, 7, "Z"),
        Span(0, 3, "A"),
        Span(0, 3, "B"),
        Span(14, 17, "B"),
    )
    assert document.surface(Span(14, 17, "B")) == "Bob"
    assert document.meta == {}


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 3), (3, 3), (4, 3), (0, 19), (18, 19), (99, 100), (-3, -1)]
)
def test_offsets_outside_the_text(start: int, end: int) -> None:
    with pytest.raises(RecordError) as caught:
        checked("doc-1", TEXT, [Span(start, end, "P")])
    assert (caught.value.kind, caught.value.id) == ("offsets", "doc-1")
    assert f"{start}-{end} (P)" in caught.value.reason
    assert "Ann" not in str(caught.value)


def test_the_whole_text_is_a_legal_span() -> None:
    assert checked("d", TEXT, [Span(0, len(TEXT), "P")]).spans == (Span(0, 18, "P"),)


def test_a_span_without_a_label() -> None:
    with pytest.raises(RecordError, match="no label"):
        checked("d", TEXT, [Span(0, 3, "")])


@pytest.mark.parametrize("text", ["a\ud83d", "\ude00"])
def test_lone_surrogates(text: str) -> None:
    assert not encodable(text)
    with pytest.raises(RecordError) as caught:
        checked("d", text, [])
    assert caught.value.kind == "lone surrogate"


def test_encodable() -> None:
    assert encodable("\U0001f600 \uffff \x00 王")


def test_no_text_in_the_repr() -> None:
    document = checked("d", TEXT, [Span(0, 3, "P")], {"note": "Ann"})
    assert "Ann" not in repr(document)
    assert "Ann" not in str(document)
    assert "text=<18>" in repr(document)
    assert "start=0" in repr(document)


def test_documents_do_not_change() -> None:
    document = Document("d", TEXT)
    with pytest.raises(AttributeError):
        document.text = "x"  # type: ignore[misc]
    changed = document.replaced(id="e")
    assert (document.id, changed.id, changed.text) == ("d", "e", TEXT)


def test_documents_do_not_share_their_meta() -> None:
    assert Document("a", "").meta is not Document("b", "").meta


def test_reading_order() -> None:
    assert sorted([Span(1, 2, "A"), Span(0, 1, "B"), Span(0, 2, "C")], key=reading_order) == [
        Span(0, 2, "C"),
        Span(0, 1, "B"),
        Span(1, 2, "A"),
    ]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(0, 3), (3, 5)], 1),
        ([(0, 9), (0, 3), (3, 5)], 2),
        ([(0, 9), (1, 8), (2, 4), (5, 7)], 3),
        ([(0, 4), (2, 6), (4, 8)], 2),
    ],
)
def test_nesting(spans: list[tuple[int, int]], expected: int) -> None:
    assert nesting(Span(start, end, "A") for start, end in spans) == expected
