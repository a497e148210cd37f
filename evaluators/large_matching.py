"""Matching where very many spans hang together, by what overlaps instead of by what could.

The assignment is solved on the overlaps alone (LAPJVsp of Jonker and Volgenant, in scipy), so that
time and memory grow with them. Only where most pairs do overlap, as in deep nesting, a full table
is smaller than a list of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.characters import sorted_bounds
from pii_sft.evaluators.overlaps import FULL_OVERLAP, Thresholds, overlap_counts
from pii_sft.spans import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_IN_A_FLOAT = 2**52

_DENSE = 4
"""A table is taken if one in so many pairs overlaps."""

_MOST_CELLS = 16_000_000
"""Of a table: four thousand spans on each side, all inside each other, in 130 MB and seconds."""

_MOST_OVERLAPS = 1_000_000
"""Of a list, which takes more for each."""

_ROWS_AT_ONCE = 256
"""Rows of a table that are filled together; bounds what is needed beside the table."""


def matched(
    golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds
) -> list[tuple[int, int]]:
    """The best matching of spans, as `pii_sft.evaluators.matching.match` defines it.

    Args:
        golds: sorted, none of them with the bounds and label of a prediction.
        predictions: sorted.
        thresholds: of pairs.

    Raises:
        UsageError: spans lie inside each other by the thousand.
    """
    overlaps = sum(overlap_counts(sorted_bounds(golds), sorted_bounds(predictions)))
    cells = len(golds) * len(predictions)
    table = _Table.of(golds, predictions, thresholds)
    if overlaps * _DENSE >= cells and cells <= _MOST_CELLS:
        return _from_full_table(table)
    if overlaps > _MOST_OVERLAPS:
        raise UsageError(
            f"The spans of a document overlap in {overlaps} pairs, more than can be scored. "
            "Are they inside each other by mistake?"
        )
    return _from_overlaps(table, *overlapping(golds, predictions))


class _Table(msgspec.Struct, frozen=True):
    """Both sides as columns of numbers.

    Attributes:
        gold: start, end and label of each gold span.
        predicted: of each prediction.
        thresholds: of pairs.
    """

    gold: tuple[NDArray[Any], ...]
    predicted: tuple[NDArray[Any], ...]
    thresholds: Thresholds

    def __repr__(self) -> str:
        return f"_Table(gold={len(self.gold[0])}, predicted={len(self.predicted[0])})"

    @classmethod
    def of(
        cls, golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds
    ) -> _Table:
        import numpy as np

        names = {span.label: 0 for span in (*golds, *predictions)}
        numbers = {name: number for number, name in enumerate(names)}

        def columns(spans: Sequence[Span]) -> tuple[NDArray[Any], ...]:
            starts, ends = [span.start for span in spans], [span.end for span in spans]
            labels = [numbers[span.label] for span in spans]
            return tuple(np.array(each, dtype=np.int64) for each in (starts, ends, labels))

        return cls(columns(golds), columns(predictions), thresholds)

    def pairs(self, rows: Any, columns: Any) -> tuple[NDArray[Any], ...]:
        """Which pairs may be made, and of each whether bounds and labels agree, and its overlap."""
        import numpy as np

        starts, ends, labels = (each[rows] for each in self.gold)
        their_starts, their_ends, their_labels = (each[columns] for each in self.predicted)
        both = np.minimum(ends, their_ends) - np.maximum(starts, their_starts)
        either = ends - starts + their_ends - their_starts - both
        may = (
            (both > 0)
            & (both / (ends - starts) >= self.thresholds.min_overlap)
            & (both / np.maximum(either, 1) >= self.thresholds.min_iou)
        )
        same_bounds = (starts == their_starts) & (ends == their_ends)
        return may, same_bounds, labels == their_labels, both, either


class _FloatScale(msgspec.Struct, frozen=True):
    """The weight of each objective, so that it outweighs all later ones together."""

    bounds: int
    label: int
    pair: int
    unit: int

    @classmethod
    def of(cls, size: int, *, bounds: bool, labels: bool) -> _FloatScale:
        """The finest measure of overlap with which sums stay exact in a float.

        Args:
            size: how many pairs can be made.
            bounds: whether bounds agree in any pair.
            labels: whether labels agree in some pairs and not in others.
        """
        levels = 2 + bounds + labels
        unit = max(1, min(FULL_OVERLAP, EXACT_IN_A_FLOAT // (size + 1) ** levels))
        pair = size * unit + 1
        label = (size + 1) * pair if labels else 0
        return cls((size + 1) * (label or pair) if bounds else 0, label, pair, unit)

    def weights(self, pairs: tuple[NDArray[Any], ...]) -> NDArray[Any]:
        """The weight of each pair; nothing if it may not be made."""
        may, same_bounds, same_label, both, either = pairs
        overlap = both * self.unit // either.clip(1)
        worth = same_bounds * self.bounds + same_label * self.label + self.pair + overlap
        weights: NDArray[Any] = (may * worth).astype(float)
        return weights


def _scale(table: _Table, blocks: Iterable[tuple[NDArray[Any], ...]]) -> _FloatScale:
    bounds = same = other = False
    for may, same_bounds, same_label, *_ in blocks:
        bounds |= bool((may & same_bounds).any())
        same |= bool((may & same_label).any())
        other |= bool((may & ~same_label).any())
    size = min(len(table.gold[0]), len(table.predicted[0]))
    return _FloatScale.of(size, bounds=bounds, labels=same and other)


def _from_full_table(table: _Table) -> list[tuple[int, int]]:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    number, everything = len(table.gold[0]), np.arange(len(table.predicted[0]))[None, :]

    def blocks() -> Iterator[tuple[NDArray[Any], ...]]:
        for at in range(0, number, _ROWS_AT_ONCE):
            rows = np.arange(at, min(at + _ROWS_AT_ONCE, number))[:, None]
            yield table.pairs(rows, everything)

    scale = _scale(table, blocks())
    weights = np.empty((number, everything.shape[1]))
    for at, block in enumerate(blocks()):
        first = at * _ROWS_AT_ONCE
        weights[first : first + _ROWS_AT_ONCE] = scale.weights(block)
    chosen = zip(*linear_sum_assignment(weights, maximize=True), strict=True)
    return [(int(row), int(column)) for row, column in chosen if weights[row, column]]


def _from_overlaps(table: _Table, rows: array[int], columns: array[int]) -> list[tuple[int, int]]:
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    ours, theirs = np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
    pairs = table.pairs(ours, theirs)
    weights = _scale(table, [pairs]).weights(pairs)
    kept = weights > 0
    ours, theirs, weights = ours[kept], theirs[kept], weights[kept]
    number, others = len(table.gold[0]), len(table.predicted[0])
    most = float(weights.max(initial=0)) + 1
    everyone = np.arange(number)
    # Each gold span may stay alone, with a partner of its own that is worth nothing.
    costs = np.concatenate([most - weights, np.full(number, most)])
    at = (np.concatenate([ours, everyone]), np.concatenate([theirs, others + everyone]))
    graph = csr_matrix((costs, at), shape=(number, others + number))
    chosen = zip(*min_weight_full_bipartite_matching(graph), strict=True)
    return sorted((int(row), int(column)) for row, column in chosen if column < others)


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
