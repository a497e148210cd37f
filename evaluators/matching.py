"""Optimal one-to-one matching of predictions with gold spans, whatever the order of the input.

SemEval-2013 task 9.1 (Segura-Bedmar et al., 2013) and its implementations leave open what happens
where several predictions touch one gold span. Taking them greedily makes the score depend on the
order of the predictions; here the best matching as a whole is taken, so order can't matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.assignment import Pair, best_in_a_row, best_of_any, in_a_row
from pii_sft.evaluators.characters import sorted_bounds
from pii_sft.evaluators.nested_matching import matched_nested
from pii_sft.evaluators.overlaps import (
    NO_THRESHOLDS,
    Scale,
    Thresholds,
    overlap_counts,
    overlapping,
)
from pii_sft.spans import Span

_FEW = 64
"""The most pairs of spans that are looked at one by one."""

_DENSE = 16
"""Overlaps of a span, on average, from which a table of all pairs is faster than a list."""

_MOST_CELLS = 16_000_000
"""Most cells of a table: 4,000 gold spans and as many predictions, all nested, take 130 MB and some
seconds."""

_MOST_OVERLAPS = 1_000_000
"""Most overlaps in a list, each of which takes more memory than a cell."""


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
    thresholds = checked_thresholds(min_overlap, min_iou)
    shared, gold_left, predicted_left = split_off_shared(gold, predicted)
    pairs = [(span, span) for span in shared]
    missed: list[Span] = []
    spurious: list[Span] = []
    for ours, theirs in runs(sorted(gold_left), sorted(predicted_left)):
        found = matched_run(ours, theirs, thresholds)
        pairs += [(ours[row], theirs[column]) for row, column in found]
        missed += left_over(ours, {row for row, _ in found})
        spurious += left_over(theirs, {column for _, column in found})
    return Matching(tuple(sorted(pairs)), tuple(missed), tuple(spurious))


def checked_thresholds(min_overlap: float, min_iou: float) -> Thresholds:
    """The thresholds of pairs; refuses a share that is none.

    Raises:
        UsageError: `min_overlap` or `min_iou` is not between 0 and 1.
    """
    if not 0 <= min_overlap <= 1:
        raise UsageError(f"min_overlap is a share from 0 to 1 of the gold span, not {min_overlap}.")
    if not 0 <= min_iou <= 1:
        raise UsageError(f"min_iou is a share from 0 to 1 of both spans together, not {min_iou}.")
    return Thresholds(min_overlap, min_iou) if min_overlap or min_iou else NO_THRESHOLDS


def split_off_shared(
    gold: Collection[Span], predicted: Collection[Span]
) -> tuple[Collection[Span], Collection[Span], Collection[Span]]:
    """Separate spans that gold and predictions share, label included, from the others.

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


def runs(
    golds: Sequence[Span], predictions: Sequence[Span]
) -> Iterator[tuple[Sequence[Span], Sequence[Span]]]:
    """The stretches of a text that no span crosses, with the gold and predicted spans in each.

    What happens to a span depends on those of its run alone.

    Args:
        golds: sorted.
        predictions: sorted.
    """
    number, others = len(golds), len(predictions)
    row = column = 0
    while row < number and column < others:
        first_row, first_column = row, column
        if golds[row].start <= predictions[column].start:
            end = golds[row].end
            row += 1
        else:
            end = predictions[column].end
            column += 1
        while True:
            if row < number and (span := golds[row]).start < end:
                row += 1
            elif column < others and (span := predictions[column]).start < end:
                column += 1
            else:
                break
            end = max(end, span.end)
        yield golds[first_row:row], predictions[first_column:column]
    if row < number:
        yield golds[row:], ()
    elif column < others:
        yield (), predictions[column:]


def matched_run(
    golds: Sequence[Span], predictions: Sequence[Span], thresholds: Thresholds
) -> Sequence[Pair]:
    """Indices of the spans of the best matching, sorted.

    Args:
        golds: sorted, none of them with the bounds and label of a prediction.
        predictions: sorted.
        thresholds: of pairs.

    Raises:
        UsageError: spans lie inside each other by the thousand.
    """
    if not golds or not predictions:
        return ()
    cells = len(golds) * len(predictions)
    if cells <= _FEW:
        pairs = [
            (row, column)
            for row, gold in enumerate(golds)
            for column, predicted in enumerate(predictions)
            if gold.start < predicted.end and predicted.start < gold.end
        ]
    else:
        overlaps = sum(overlap_counts(sorted_bounds(golds), sorted_bounds(predictions)))
        if cells <= _MOST_CELLS and overlaps > _DENSE * (len(golds) + len(predictions)):
            return matched_nested(golds, predictions, thresholds)
        if overlaps > _MOST_OVERLAPS:
            raise UsageError(
                f"The spans of a document overlap in {overlaps} pairs, more than can be scored. "
                "Are they inside each other by mistake?"
            )
        pairs = sorted(zip(*overlapping(golds, predictions), strict=True))
    if thresholds is not NO_THRESHOLDS:
        pairs = [each for each in pairs if thresholds.admit(golds[each[0]], predictions[each[1]])]
    if len(pairs) <= 1:
        return pairs
    scale = Scale(min(len(golds), len(predictions)))
    weights = [scale.weight(golds[row], predictions[column]) for row, column in pairs]
    if in_a_row(pairs):
        return best_in_a_row(pairs, weights)
    return best_of_any(pairs, weights, len(golds))


def left_over(spans: Sequence[Span], paired: Collection[int]) -> list[Span]:
    """The spans whose index is not among those that are paired."""
    return [span for index, span in enumerate(spans) if index not in paired]
