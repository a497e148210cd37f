"""Which prediction answers which gold span: one-to-one, optimal, whatever the order of the input.

SemEval-2013 task 9.1 (Segura-Bedmar et al., 2013) and its implementations leave open what happens
where several predictions touch one gold span. Taking them greedily makes the score depend on the
order of the predictions; here the best matching as a whole is taken, so order can't matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.large_matching import (
    EXACT_IN_A_FLOAT,
    FULL_OVERLAP,
    Thresholds,
    matched,
)
from pii_sft.spans import Span

_SMALL = 4096
"""How many pairs of spans are looked at one by one."""


MOST_OVERLAPS = 1_000_000
"""Pairs of overlapping spans in a document: a thousand on each side, all inside each other."""


class Matching(msgspec.Struct, frozen=True):
    """Gold and predicted spans of a document, brought together.

    Attributes:
        pairs: gold spans with the prediction that answers each, sorted.
        missed: gold spans that no prediction answers, sorted.
        spurious: predictions that answer no gold span, sorted.
    """

    pairs: tuple[tuple[Span, Span], ...]
    missed: tuple[Span, ...]
    spurious: tuple[Span, ...]


def match(
    gold: Collection[Span],
    predicted: Collection[Span],
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
) -> Matching:
    """Bring gold and predicted spans together, each span at most once.

    Of all one-to-one matchings of overlapping spans, the one is taken that has, in this order,
    (1) most identical spans with the same label, (2) most identical spans with another label,
    (3) most pairs of the same label, (4) most pairs, (5) the largest sum of overlaps as measured
    by `overlap`. These five numbers, and with them the totals of all four schemes, are unique.
    Among matchings that tie in all five, the earlier spans of the text decide, never the order of
    the input.

    Spans are half-open: `(0, 4)` and `(4, 8)` touch and do not overlap. A span that is given
    several times counts as often: a surplus of predictions is spurious.

    Args:
        gold: annotated spans, in any order, nested and overlapping at will.
        predicted: spans of the model, likewise.
        min_overlap: share of the gold span, from 0 to 1, that a prediction must cover to be
            paired with it; 0 asks for one code point.
        min_iou: share of what both cover together, from 0 to 1, that both must share to be paired
            (intersection over union); 0 asks for one code point. Where both are given, both hold.

    Raises:
        UsageError: `min_overlap` or `min_iou` is not between 0 and 1.
    """
    check_shares(min_overlap, min_iou)
    shared, gold_left, predicted_left = split_off_shared(gold, predicted)
    rest = match_rest(gold_left, predicted_left, min_overlap, min_iou)
    pairs = sorted([*((span, span) for span in shared), *rest.pairs])
    return Matching(tuple(pairs), rest.missed, rest.spurious)


def check_shares(min_overlap: float, min_iou: float) -> None:
    """Refuse a share that is none.

    Raises:
        UsageError: `min_overlap` or `min_iou` is not between 0 and 1.
    """
    if not 0 <= min_overlap <= 1:
        raise UsageError(f"min_overlap is a share from 0 to 1 of the gold span, not {min_overlap}.")
    if not 0 <= min_iou <= 1:
        raise UsageError(f"min_iou is a share from 0 to 1 of both spans together, not {min_iou}.")


def overlap(gold: Span, predicted: Span) -> int:
    """Shared code points over code points of both (intersection over union), in millionths.

    Rounded down; 0 for spans that only touch.
    """
    return _share(gold, predicted, FULL_OVERLAP)


def split_off_shared(
    gold: Collection[Span], predicted: Collection[Span]
) -> tuple[Collection[Span], Collection[Span], Collection[Span]]:
    """Separate spans that stand on both sides with the same bounds and label from the others.

    Returns:
        The shared spans, what is left of gold, and what is left of the predictions; in no order.
    """
    if gold == predicted:
        return gold, (), ()
    ours, theirs = set(gold), set(predicted)
    if len(ours) == len(gold) and len(theirs) == len(predicted):
        shared = ours & theirs
        return shared, ours - shared, theirs - shared
    counted, against = Counter(gold), Counter(predicted)
    return (
        list((counted & against).elements()),
        list((counted - against).elements()),
        list((against - counted).elements()),
    )


def match_rest(
    gold: Collection[Span],
    predicted: Collection[Span],
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
) -> Matching:
    """Match spans of which none has a counterpart with the same bounds and label."""
    golds, predictions = sorted(gold), sorted(predicted)
    if not golds or not predictions:
        return Matching((), tuple(golds), tuple(predictions))
    if len(golds) == len(predictions) == 1:
        if overlaps(golds, predictions, min_overlap, min_iou):
            return Matching(((golds[0], predictions[0]),), (), ())
        return Matching((), tuple(golds), tuple(predictions))
    if len(golds) * len(predictions) <= _SMALL:
        pairs = _matched(golds, predictions, min_overlap, min_iou)
    else:
        pairs = _matched_by_runs(golds, predictions, Thresholds(min_overlap, min_iou))
    found, used = {row for row, _ in pairs}, {column for _, column in pairs}
    return Matching(
        tuple((golds[row], predictions[column]) for row, column in pairs),
        tuple(span for row, span in enumerate(golds) if row not in found),
        tuple(span for column, span in enumerate(predictions) if column not in used),
    )


def _matched(
    golds: Sequence[Span], predictions: Sequence[Span], min_overlap: float, min_iou: float
) -> list[tuple[int, int]]:
    """Indices of the spans of the best matching, sorted."""
    edges = overlaps(golds, predictions, min_overlap, min_iou)
    pairs = []
    for part in _parts(edges) if edges else ():
        if len(part.rows) == 1 or len(part.columns) == 1:
            pairs.append(
                max(part.edges, key=lambda edge: _rank(golds[edge[0]], predictions[edge[1]]))
            )
        else:
            pairs += _assigned(part, golds, predictions)
    return sorted(pairs)


def _matched_by_runs(
    golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds
) -> list[tuple[int, int]]:
    """The same for many spans: stretches of the text that no span crosses are matched apart."""
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < len(golds) and column < len(predictions):
        first_row, first_column = row, column
        end = 0
        while True:
            if row < len(golds) and (
                row + column == first_row + first_column or golds[row].start < end
            ):
                end, row = max(end, golds[row].end), row + 1
            elif column < len(predictions) and predictions[column].start < end:
                end, column = max(end, predictions[column].end), column + 1
            else:
                break
        ours, theirs = golds[first_row:row], predictions[first_column:column]
        if len(ours) * len(theirs) <= _SMALL:
            found = _matched(ours, theirs, thresholds.min_overlap, thresholds.min_iou)
        else:
            found = matched(ours, theirs, thresholds)
        pairs += [(first_row + one, first_column + other) for one, other in found]
    return pairs


def overlaps(
    golds: Sequence[Span],
    predictions: Sequence[Span],
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
) -> list[tuple[int, int]]:
    """Indices of all spans that may be paired, found in one sweep over both sorted lists.

    An open span is dropped when the sweep has passed its end, so the work grows with the number
    of overlaps, not with the number of possible pairs.
    """
    if len(golds) == len(predictions) == 1:
        edges = [(0, 0)] if _intersection(golds[0], predictions[0]) else []
    else:
        edges = _swept(golds, predictions)
    if min_overlap or min_iou:
        return [
            (row, column)
            for row, column in edges
            if _covered_share(golds[row], predictions[column]) >= min_overlap
            and _shared_part(golds[row], predictions[column]) >= min_iou
        ]
    return edges


def _swept(golds: Sequence[Span], predictions: Sequence[Span]) -> list[tuple[int, int]]:
    edges: list[tuple[int, int]] = []
    open_golds: list[int] = []
    open_predictions: list[int] = []
    row = column = 0
    while row < len(golds) or column < len(predictions):
        if column == len(predictions) or (
            row < len(golds) and golds[row].start <= predictions[column].start
        ):
            start = golds[row].start
            open_predictions = [each for each in open_predictions if predictions[each].end > start]
            edges += [(row, each) for each in open_predictions]
            _demand_few(edges)
            open_golds.append(row)
            row += 1
        else:
            start = predictions[column].start
            open_golds = [each for each in open_golds if golds[each].end > start]
            edges += [(each, column) for each in open_golds]
            _demand_few(edges)
            open_predictions.append(column)
            column += 1
    return edges


def _demand_few(edges: Sequence[tuple[int, int]]) -> None:
    """Refuse spans inside each other by the thousand, which take the square of their number."""
    if len(edges) > MOST_OVERLAPS:
        raise UsageError(
            f"The spans of a document overlap in more than {MOST_OVERLAPS} pairs, which can't be "
            "scored. Are they inside each other by mistake?"
        )


def _covered_share(gold: Span, predicted: Span) -> float:
    """Divided, not multiplied: 7 of 100 is exactly the share a user writes as 0.07."""
    return _intersection(gold, predicted) / (gold.end - gold.start)


def _shared_part(gold: Span, predicted: Span) -> float:
    """Intersection over union; divided likewise."""
    both = _intersection(gold, predicted)
    return both / (gold.end - gold.start + predicted.end - predicted.start - both)


class _Part(msgspec.Struct, frozen=True):
    """A connected part of the overlap graph, all of it sorted."""

    rows: list[int]
    columns: list[int]
    edges: list[tuple[int, int]]


def _parts(edges: list[tuple[int, int]]) -> Iterator[_Part]:
    """The connected parts of the overlap graph, in text order."""
    if len(edges) == 1:
        row, column = edges[0]
        yield _Part([row], [column], edges)
        return
    columns_of: dict[int, list[int]] = defaultdict(list)
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, column in edges:
        columns_of[row].append(column)
        rows_of[column].append(row)
    waiting = set(columns_of)
    for first in sorted(columns_of):
        if first not in waiting:
            continue
        waiting.remove(first)
        rows, columns, queue = [first], set[int](), [first]
        while queue:
            for column in columns_of[queue.pop()]:
                if column not in columns:
                    columns.add(column)
                    reached = [row for row in rows_of[column] if row in waiting]
                    waiting.difference_update(reached)
                    rows += reached
                    queue += reached
        rows.sort()
        inside = [(row, column) for row in rows for column in sorted(columns_of[row])]
        yield _Part(rows, sorted(columns), inside)


def _rank(gold: Span, predicted: Span) -> tuple[bool, bool, int]:
    return (
        _same_bounds(gold, predicted),
        gold.label == predicted.label,
        overlap(gold, predicted),
    )


def _assigned(
    part: _Part, golds: Sequence[Span], predictions: Sequence[Span]
) -> list[tuple[int, int]]:
    """The best matching of one part, by the exact assignment algorithm of scipy.

    The objectives become one whole number, in which each outweighs all later ones together. The
    sum stays below 2^52, so floats hold it exactly; more spans than that allows are matched by
    `pii_sft.evaluators.large_matching`.
    """
    size = min(len(part.rows), len(part.columns))
    unit = min(FULL_OVERLAP, EXACT_IN_A_FLOAT // (size + 1) ** 4)
    pair = size * unit + 1
    same_label = (size + 1) * pair
    same_bounds = (size + 1) * same_label
    weight_of = {
        (row, column): _same_bounds(golds[row], predictions[column]) * same_bounds
        + (golds[row].label == predictions[column].label) * same_label
        + pair
        + _share(golds[row], predictions[column], unit)
        for row, column in part.edges
    }
    if size == 1:  # nothing to weigh up, and most parts are so: scipy takes longer to import
        return [max(part.edges, key=weight_of.__getitem__)]
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    weights = np.zeros((len(part.rows), len(part.columns)))
    row_at = {row: index for index, row in enumerate(part.rows)}
    column_at = {column: index for index, column in enumerate(part.columns)}
    for (row, column), weight in weight_of.items():
        weights[row_at[row], column_at[column]] = weight
    chosen = zip(*linear_sum_assignment(weights, maximize=True), strict=True)
    return [
        (part.rows[row], part.columns[column]) for row, column in chosen if weights[row, column]
    ]


def _same_bounds(gold: Span, predicted: Span) -> bool:
    return gold.start == predicted.start and gold.end == predicted.end


def _intersection(gold: Span, predicted: Span) -> int:
    return max(0, min(gold.end, predicted.end) - max(gold.start, predicted.start))


def _share(gold: Span, predicted: Span, unit: int) -> int:
    """Intersection over union, in parts of which `unit` make a whole."""
    both = _intersection(gold, predicted)
    return both * unit // (gold.end - gold.start + predicted.end - predicted.start - both)
