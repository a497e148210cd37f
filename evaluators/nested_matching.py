"""Matching where spans lie inside each other by the hundred: a table of all pairs, with numpy.

Where most pairs overlap, a table of weights is smaller than a list of pairs, and whole rows of it
are looked at in one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.evaluators.overlaps import FULL_OVERLAP, Thresholds
from pii_sft.spans import HoldsText, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[Any]

EXACT = 2**61
"""Totals stay below it, so that twice a total is still exact in 64 bits."""

_ROWS_AT_ONCE = 256
"""Rows of a table that are filled together; bounds what is needed beside the table."""


def matched_nested(
    golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds
) -> list[tuple[int, int]]:
    """The best matching of spans, as `pii_sft.evaluators.matching.match` defines it.

    Args:
        golds: sorted, none of them with the bounds and label of a prediction.
        predictions: sorted.
        thresholds: of pairs.
    """
    if len(golds) > len(predictions):
        weights = _weights(golds, predictions, thresholds).T.copy()
        turned = _heaviest(weights)
        return sorted((row, column) for column, row in turned if weights[column, row])
    weights = _weights(golds, predictions, thresholds)
    return [pair for pair in _heaviest(weights) if weights[pair]]


class _Columns(HoldsText, msgspec.Struct, frozen=True):
    """Spans as columns of numbers."""

    starts: Whole
    ends: Whole
    labels: Whole

    @classmethod
    def of(cls, spans: Sequence[Span], numbers: dict[str, int]) -> _Columns:
        import numpy as np

        return cls(
            np.array([span.start for span in spans], np.int64),
            np.array([span.end for span in spans], np.int64),
            np.array([numbers[span.label] for span in spans], np.int64),
        )

    def upright(self, first: int) -> _Columns:
        """Some of the spans, one a row."""
        rows = (slice(first, first + _ROWS_AT_ONCE), None)
        return _Columns(self.starts[rows], self.ends[rows], self.labels[rows])


def _weights(golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds) -> Whole:
    """The weight of each pair, 0 where none may be made: each objective outweighs all later ones.

    Overlap is counted as finely as is exact.
    """
    import numpy as np

    numbers = {span.label: 0 for span in (*golds, *predictions)}
    numbers = {label: number for number, label in enumerate(numbers)}
    ours, theirs = _Columns.of(golds, numbers), _Columns.of(predictions, numbers)
    size = min(len(golds), len(predictions))
    unit = max(1, min(FULL_OVERLAP, EXACT // (size + 1) ** 4))
    pair = size * unit + 1
    label = (size + 1) * pair
    bounds = (size + 1) * label
    weights = np.empty((len(golds), len(predictions)), np.int64)
    for first, (may, same_bounds, same_label, both, either) in _pairs(ours, theirs, thresholds):
        worth = same_bounds * bounds + same_label * label + pair
        worth += both * unit // np.maximum(either, 1)
        worth *= may
        weights[first : first + len(worth)] = worth
    return weights


def _pairs(
    ours: _Columns, theirs: _Columns, thresholds: Thresholds
) -> Iterator[tuple[int, tuple[Whole, ...]]]:
    """Pairs that may be made, if bounds and labels agree, and their overlap; row by row."""
    import numpy as np

    for first in range(0, len(ours.starts), _ROWS_AT_ONCE):
        rows = ours.upright(first)
        both = np.minimum(rows.ends, theirs.ends) - np.maximum(rows.starts, theirs.starts)
        either = rows.ends - rows.starts + theirs.ends - theirs.starts - both
        may = (
            (both > 0)
            & (both / (rows.ends - rows.starts) >= thresholds.min_overlap)
            & (both / np.maximum(either, 1) >= thresholds.min_iou)
        )
        same_bounds = (rows.starts == theirs.starts) & (rows.ends == theirs.ends)
        yield first, (may, same_bounds, rows.labels == theirs.labels, both, either)


def _heaviest(weights: Whole) -> list[tuple[int, int]]:
    """The heaviest assignment of all rows of a table that has no fewer columns than rows.

    Shortest augmenting paths, after rows have bid for the columns that they want most, which
    places about nine in ten (Jonker and Volgenant 1987). Whole numbers: exact.
    """
    import numpy as np

    rows, columns = weights.shape
    prices = np.zeros(columns, np.int64)
    row_of = np.full(columns, -1)
    column_of = np.full(rows, -1)
    waiting = _bid(weights, prices, row_of, column_of)
    for first in waiting:
        losses = -weights[first] + prices
        losses -= losses.min()
        came_from = np.full(columns, first)
        open_losses, reached, costs = losses, [], []
        settled = np.zeros(columns, np.bool_)
        while True:
            column = int(open_losses.argmin())
            cost = open_losses[column]
            row = int(row_of[column])
            if row < 0:
                break
            reached.append(column)
            costs.append(cost)
            settled[column] = True
            open_losses[column] = np.iinfo(np.int64).max
            further = prices - weights[row]
            further += cost - further[column]
            shorter = (further < open_losses) & ~settled
            open_losses[shorter] = further[shorter]
            came_from[shorter] = row
        if reached:
            prices[reached] += cost - np.array(costs)
        while True:
            row = int(came_from[column])
            row_of[column] = row
            column_of[row], column = column, int(column_of[row])
            if row == first:
                break
    return list(enumerate(column_of.tolist()))


def _bid(weights: Whole, prices: Whole, row_of: Whole, column_of: Whole) -> list[int]:
    """Let rows outbid each other for columns, a bounded number of times; gives who has none."""
    import numpy as np

    waiting = list(range(len(column_of)))[::-1]
    unplaced: list[int] = []
    for _ in range(4 * len(column_of)):
        if not waiting:
            break
        row = waiting.pop()
        gains = weights[row] - prices
        column = int(gains.argmax())
        most = gains[column]
        gains[column] = np.iinfo(np.int64).min
        second = int(gains.argmax())
        margin = most - gains[second] if len(gains) > 1 else 0
        if margin == 0 and row_of[column] >= 0 and len(gains) > 1:
            column = second
        ousted = int(row_of[column])
        prices[column] += margin
        row_of[column], column_of[row] = row, column
        if ousted >= 0:
            column_of[ousted] = -1
            (waiting if margin else unplaced).append(ousted)
    return sorted(unplaced + waiting)
