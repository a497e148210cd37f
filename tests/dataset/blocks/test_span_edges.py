"""White space at the edges of spans."""

from __future__ import annotations

from collections import Counter

import pytest

from pii_sft.dataset.blocks.span_edges import notes_of, tidied
from pii_sft.spans import Span, checked

TEXT = " Ann \u3000\nLee\u00a0"


@pytest.mark.parametrize(
    ("place", "trimmed"),
    [
        ((1, 4), (1, 4)),
        ((0, 4), (1, 4)),
        ((1, 7), (1, 4)),
        ((0, len(TEXT)), (1, 10)),
        ((4, 6), None),
        ((4, 7), None),
        ((10, 11), None),
    ],
)
def test_edges(place: tuple[int, int], trimmed: tuple[int, int] | None) -> None:
    document = checked("d", TEXT, [Span(*place, "P"), Span(7, 10, "Q")])
    counts: Counter[str] = Counter()
    spans = {(span.start, span.end) for span in tidied(document, True, counts).spans}
    assert spans == {(7, 10), *([trimmed] if trimmed else [])}
    assert sum(counts.values()) == (trimmed != place)
    kept = {(span.start, span.end) for span in tidied(document, False, Counter()).spans}
    assert kept == {(7, 10), *([place] if trimmed else [])}


def test_trimmed_spans_that_become_one_are_one() -> None:
    document = checked("d", "Ann ", [Span(0, 3, "P"), Span(0, 4, "P")])
    assert tidied(document, True, Counter()).spans == (Span(0, 3, "P"),)


def test_notes() -> None:
    assert list(notes_of({})) == []
    assert list(notes_of({"blank": 2, "ragged": 3})) == [
        "2 spans of white space alone were left out",
        "3 spans had white space at their edges, trimmed (--edges keep)",
    ]
