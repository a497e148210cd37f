"""Overlaps of spans: how many there are, which make a pair, and which pairs are better."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence

import msgspec

from pii_sft.evaluators.characters import Bounds
from pii_sft.spans import Span

FULL_OVERLAP = 1_000_000
"""Overlap is counted in millionths: sums are whole numbers and compare exactly."""


class Thresholds(msgspec.Struct, frozen=True):
    """The least that two spans must share to be paired; 0 asks for one code point.

    Attributes:
        min_overlap: share of the gold span.
        min_iou: share of what both cover together.
    """

    min_overlap: float = 0.0
    min_iou: float = 0.0

    def admit(self, gold: Span, predicted: Span) -> bool:
        """True if two spans that overlap may be paired.

        Shares are divided, not multiplied: 7 of 100 is exactly the share a user writes as 0.07.
        """
        both, either = shared(gold, predicted)
        return both / (gold.end - gold.start) >= self.min_overlap and both / either >= self.min_iou


NO_THRESHOLDS = Thresholds()


def shared(gold: Span, predicted: Span) -> tuple[int, int]:
    """Code points that are inside both spans (0 for spans that only touch), and inside either."""
    both = min(gold.end, predicted.end) - max(gold.start, predicted.start)
    both = max(both, 0)
    return both, gold.end - gold.start + predicted.end - predicted.start - both


def overlap(gold: Span, predicted: Span) -> int:
    """Shared code points over code points of both (intersection over union), in millionths.

    Rounded down; 0 for spans that only touch.
    """
    both, either = shared(gold, predicted)
    return both * FULL_OVERLAP // either


class Scale(msgspec.Struct, frozen=True):
    """Weights of pairs, of which each objective of `match` outweighs all later ones together.

    They are whole numbers of Python, which are exact at any size.

    Attributes:
        size: how many pairs there can be.
    """

    size: int

    def weight(self, gold: Span, predicted: Span) -> int:
        """The weight of a pair that may be made; more than 0."""
        more = self.size + 1
        same_bounds = gold.start == predicted.start and gold.end == predicted.end
        agreement = (same_bounds * more + (gold.label == predicted.label)) * more + 1
        return agreement * (self.size * FULL_OVERLAP + 1) + overlap(gold, predicted)


def overlap_counts(stretches: Collection[Bounds], others: Collection[Bounds]) -> list[int]:
    """Count the stretches that overlap each stretch."""
    starts = sorted([start for start, _ in others])
    ends = sorted([end for _, end in others])
    return [bisect_left(starts, end) - bisect_right(ends, start) for start, end in stretches]


def overlapping(
    golds: Sequence[Span], predictions: Sequence[Span]
) -> tuple[array[int], array[int]]:
    """Indices of all spans that overlap, in one sweep over both sorted lists."""
    rows, columns = array("q"), array("q")
    open_golds, open_predictions = _Open(golds), _Open(predictions)
    row = column = 0
    while row < len(golds) or column < len(predictions):
        if column == len(predictions) or (
            row < len(golds) and golds[row].start <= predictions[column].start
        ):
            found = open_predictions.after(golds[row].start)
            rows.extend([row] * len(found))
            columns.extend(found)
            open_golds.add(row)
            row += 1
        else:
            found = open_golds.after(predictions[column].start)
            rows.extend(found)
            columns.extend([column] * len(found))
            open_predictions.add(column)
            column += 1
    return rows, columns


class _Open:
    """The spans that a sweep is in; those that it has left are dropped when the first one ends."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._indices: list[int] = []
        self._first_end = 0

    def add(self, index: int) -> None:
        """Enter a span."""
        end = self._spans[index].end
        self._first_end = min(self._first_end, end) if self._indices else end
        self._indices.append(index)

    def after(self, start: int) -> list[int]:
        """The spans that end behind `start`."""
        if self._indices and self._first_end <= start:
            spans = self._spans
            self._indices = [each for each in self._indices if spans[each].end > start]
            self._first_end = min((spans[each].end for each in self._indices), default=0)
        return self._indices
