"""Kinds of error: every span that is not right, with one name for what is wrong with it.

Every strict error is one of four kinds. A pair of spans is a `boundary` error if the label is
right and the bounds are not, and a `label` error if the label is wrong, whether or not the bounds
are right (mending the bounds alone would not make it right). A gold span without a partner is
`missed`, a prediction without one `spurious`.

`split` and `merge` say why many of these happen and are counted beside them, not in addition: a
gold span that two or more predictions overlap, and a prediction that overlaps two or more gold
spans. Spans with the very bounds of a span on the other side take no part in either, so that
nested entities that are found as annotated are no error.

The finer `ERROR_KINDS` divide the same errors without remainder, so their counts add up to those of
the four.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from pii_sft.evaluators.matching import Matching, overlaps
from pii_sft.spans import Span

Bounds = tuple[int, int]

ErrorKind = Literal[
    "too_long",
    "too_short",
    "shifted",
    "split",
    "merge",
    "label",
    "label_and_bounds",
    "missed",
    "spurious",
    "duplicate",
    "hallucinated",
]

ERROR_KINDS: Mapping[ErrorKind, str] = {
    "too_long": "right label; the prediction holds the gold span and more",
    "too_short": "right label; the prediction holds only part of the gold span",
    "shifted": "right label; the prediction lacks one end of the gold span and passes the other",
    "split": "a gold span cut into several predictions, or a surplus piece of one",
    "merge": "a prediction that joins several gold spans, or a gold span lost in one",
    "label": "right bounds, wrong label",
    "label_and_bounds": "wrong label and wrong bounds",
    "missed": "a gold span that no prediction answers",
    "spurious": "a prediction that answers no gold span",
    "duplicate": "a surplus prediction with the bounds of another prediction",
    "hallucinated": "an entity whose string the text does not hold",
}


class SpanError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong; holds offsets and labels, never text.

    Attributes:
        kind: one of `ERROR_KINDS`.
        gold: the gold span it is about; None for a surplus prediction.
        predicted: the prediction it is about; None where there is none, or it stands nowhere.
        named: label of a hallucinated entity, which stands nowhere in the text.
    """

    kind: ErrorKind
    gold: Span | None = None
    predicted: Span | None = None
    named: str | None = None

    @property
    def gold_label(self) -> str | None:
        """Label of the gold span; None without one."""
        return self.gold.label if self.gold else None

    @property
    def predicted_label(self) -> str | None:
        """Label of the prediction, placed or hallucinated; None without one."""
        return self.predicted.label if self.predicted else self.named


class ErrorCounts(msgspec.Struct, frozen=True):
    """How often each kind of error occurs.

    Attributes:
        boundary: pairs with the right label and other bounds.
        label: pairs with another label.
        missed: gold spans without a partner.
        spurious: predictions without a partner.
        split: gold spans cut into several predictions.
        merge: predictions that join several gold spans.
    """

    boundary: int = 0
    label: int = 0
    missed: int = 0
    spurious: int = 0
    split: int = 0
    merge: int = 0


class Cuts(msgspec.Struct, frozen=True):
    """Bounds that take part in a split or a merge, in one document.

    Attributes:
        split: of gold spans that two or more predictions overlap.
        pieces: of predictions that overlap one of these.
        merging: of predictions that overlap two or more gold spans.
        swallowed: of gold spans that overlap one of these.
    """

    split: frozenset[Bounds] = frozenset()
    pieces: frozenset[Bounds] = frozenset()
    merging: frozenset[Bounds] = frozenset()
    swallowed: frozenset[Bounds] = frozenset()


NO_CUTS = Cuts()

LONE_PAIR = 2
"""A gold span and a prediction: neither can be split or merged."""


def cuts(gold: Collection[Span], predicted: Collection[Span]) -> Cuts:
    """Which gold spans are split, and which predictions merge.

    Labels play no part; spans with the same bounds on one side count once.
    """
    lonely, strange = _without_counterpart(gold, predicted), _without_counterpart(predicted, gold)
    if not lonely or not strange or len(lonely) + len(strange) == LONE_PAIR:
        return NO_CUTS
    edges = overlaps(lonely, strange)
    split = _several(row for row, _ in edges)
    merging = _several(column for _, column in edges)
    if not split and not merging:
        return NO_CUTS
    return Cuts(
        split=_bounds_at(lonely, split),
        pieces=_bounds_at(strange, (column for row, column in edges if row in split)),
        merging=_bounds_at(strange, merging),
        swallowed=_bounds_at(lonely, (row for row, column in edges if column in merging)),
    )


def classified(
    matching: Matching,
    found: Cuts,
    unplaced: Collection[str] = (),
    right: Collection[Span] = (),
) -> Iterator[SpanError]:
    """Name every error of one document, once.

    Args:
        matching: of its spans; pairs of identical spans are no error.
        found: of the same spans.
        unplaced: labels of entities whose string the text does not hold.
        right: predictions that are identical to a gold span and left out of the matching.

    Yields:
        Errors of pairs, then missed, then spurious, then hallucinated, each in text order.
    """
    for gold, predicted in matching.pairs:
        if gold != predicted:
            yield SpanError(_kind_of_pair(gold, predicted, found), gold, predicted)
    for span in matching.missed:
        yield SpanError("merge" if _bounds(span) in found.swallowed else "missed", span)
    if matching.spurious:
        used = {(span.start, span.end) for span in right}
        used.update((span.start, span.end) for _, span in matching.pairs)
    for span in matching.spurious:
        bounds = _bounds(span)
        if bounds in used:
            yield SpanError("duplicate", None, span)
        else:
            used.add(bounds)
            yield SpanError("split" if bounds in found.pieces else "spurious", None, span)
    for label in unplaced:
        yield SpanError("hallucinated", named=label)


def _kind_of_pair(gold: Span, predicted: Span, found: Cuts) -> ErrorKind:
    if gold.label != predicted.label:
        same = gold.start == predicted.start and gold.end == predicted.end
        return "label" if same else "label_and_bounds"
    if _bounds(gold) in found.split:
        return "split"
    if _bounds(predicted) in found.merging:
        return "merge"
    if predicted.start <= gold.start and gold.end <= predicted.end:
        return "too_long"
    if gold.start <= predicted.start and predicted.end <= gold.end:
        return "too_short"
    return "shifted"


def _without_counterpart(spans: Collection[Span], others: Collection[Span]) -> list[Span]:
    """The spans whose bounds no span on the other side has, one of each bounds, sorted."""
    theirs = {(span.start, span.end) for span in others}
    ours = {(span.start, span.end): span for span in spans}
    return [ours[bounds] for bounds in sorted(ours.keys() - theirs)]


def _bounds(span: Span) -> Bounds:
    return span.start, span.end


def _bounds_at(spans: list[Span], indices: Iterable[int]) -> frozenset[Bounds]:
    return frozenset(_bounds(spans[index]) for index in indices)


def _several(indices: Iterable[int]) -> set[int]:
    """The values that come more than once."""
    seen, again = set[int](), set[int]()
    for index in indices:
        (again if index in seen else seen).add(index)
    return again
