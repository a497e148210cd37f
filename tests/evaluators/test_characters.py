"""Characters: unions of intervals, whatever the label."""

from __future__ import annotations

import pytest

from pii_sft.evaluators.characters import compared, merged, sorted_bounds
from pii_sft.spans import Span

Bounds = list[tuple[int, int]]


def spans(bounds: Bounds) -> list[Span]:
    return [Span(*each, "A") for each in bounds]


@pytest.mark.parametrize(
    ("gold", "predicted", "correct", "leaked", "over"),
    [
        ([(0, 10), (20, 24), (31, 39)], [(0, 4), (20, 24), (31, 35), (36, 39)], 15, 7, 0),
        ([(0, 10)], [(0, 10)], 10, 0, 0),
        ([(0, 10)], [(10, 12)], 0, 10, 2),
        ([(0, 10), (2, 5)], [(0, 10)], 10, 0, 0),
        ([(0, 10)], [(0, 6), (4, 10)], 10, 0, 0),
        ([(0, 10)], [(0, 6), (0, 6), (2, 3)], 6, 4, 0),
        ([(5, 10), (0, 3)], [(2, 7)], 3, 5, 2),
        ([], [(0, 4)], 0, 0, 4),
        ([(0, 4)], [], 0, 4, 0),
        ([], [], 0, 0, 0),
        ([(0, 2), (4, 6)], [(4, 6), (0, 2)], 4, 0, 0),
    ],
)
def test_each_character_counts_once(
    gold: Bounds, predicted: Bounds, correct: int, leaked: int, over: int
) -> None:
    found = compared(sorted_bounds(spans(gold)), merged(sorted_bounds(spans(predicted))))
    assert (found.correct, found.leaked, found.over_redacted) == (correct, leaked, over)
