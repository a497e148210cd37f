"""Words that no span cuts, and spans of one layer."""

from __future__ import annotations

from hypothesis import given

from pii_sft.converters.tokens.word_spans import outermost, words_of
from pii_sft.spans import Document, Span
from tests.conftest import annotated
from tests.properties.texts import documents


@given(documents())
def test_words_are_the_whole_text_and_no_span_cuts_one(document: Document) -> None:
    words = words_of(document)
    assert "".join(document.text[start:end] for start, end in words) == document.text
    edges = {0, len(document.text), *(edge for word in words for edge in word)}
    assert all({span.start, span.end} <= edges for span in document.spans)
    assert all(start < end for start, end in words)


def test_words_of_several_scripts() -> None:
    document = annotated("d", "Zoë's 3rd王小明 👩‍👩‍👧!", ("rd王小", "X"))
    found = [document.text[start:end] for start, end in words_of(document)]
    assert found == ["Zoë", "'", "s", " ", "3", "rd", "王", "小", "明", " ", "👩‍👩‍👧", "!"]


def test_one_layer_is_the_outer_and_earlier() -> None:
    spans = [Span(0, 9, "A"), Span(0, 3, "B"), Span(4, 9, "C"), Span(8, 12, "D"), Span(9, 11, "E")]
    assert list(outermost(spans)) == [spans[0], spans[4]]
