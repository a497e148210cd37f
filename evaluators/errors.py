"""Kinds of errors: one name for each span that is not right.

Every strict error is one of four kinds. A pair of spans is a `boundary` error if only the bounds
are wrong, and a `label` error if the label is wrong, whether or not the bounds are right:
correcting the bounds alone would not be enough. A gold span without a partner is `missed`, a
prediction without one `spurious`.

`split` and `merge` give a reason for many of these errors, and are not counted in addition: a gold
span that two or more predictions overlap, and a prediction that overlaps two or more gold spans.
Gold spans and predictions with the same bounds are never part of a split or merge, so
nested entities that are found as annotated are no error.

The finer `ERROR_KINDS` divide the same errors, so their counts add up to those of the four.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from pii_sft.evaluators.characters import Bounds
from pii_sft.evaluators.matching import left_over, matched_run, runs
from pii_sft.evaluators.overlaps import NO_THRESHOLDS, Thresholds, overlap_counts
from pii_sft.spans import Span

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
    """One error; holds offsets and labels, never text.

    Attributes:
        kind: one of `ERROR_KINDS`.
        gold: the gold span it is about; None for a surplus prediction.
        predicted: the prediction it is about; None if there is none, or it is not in the text.
        named: label of a hallucinated entity, whose string is not in the text.
    """

    kind: ErrorKind
    gold: Span | None = None
    predicted: Span | None = None
    named: str | None = None

    @property
    def gold_label(self) -> str | None:
        """Label of the gold span; None without one."""
        return self.gold.label if self.gold else None


class ErrorCounts(msgspec.Struct, frozen=True):
    """Counts of each kind of error.

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


class _Cuts(msgspec.Struct, frozen=True):
    """Bounds of spans that are part of a split or a merge.

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


_NO_CUTS = _Cuts()


class Wrong(msgspec.Struct):
    """All errors of one document; they are added run by run.

    Attributes:
        pairs: errors of pairs, in text order.
        missed: gold spans without a partner, likewise.
        spurious: predictions without one, likewise.
        split: gold spans cut into several predictions; spans with the same bounds count once.
        merging: predictions that join several gold spans, likewise.
        blind_pairs: how many more pairs there would be if labels didn't matter.
    """

    pairs: list[SpanError] = []
    missed: list[SpanError] = []
    spurious: list[SpanError] = []
    split: int = 0
    merging: int = 0
    blind_pairs: int = 0

    def errors(self, unplaced: Iterable[str] = ()) -> tuple[SpanError, ...]:
        """Every error once: of pairs, missed, spurious, then hallucinated.

        Args:
            unplaced: labels of entities whose string the text does not hold.
        """
        made_up = [SpanError("hallucinated", named=label) for label in unplaced]
        return (*self.pairs, *self.missed, *self.spurious, *made_up)

    def add(
        self,
        right: Collection[Span],
        gold: Collection[Span],
        predicted: Collection[Span],
        thresholds: Thresholds = NO_THRESHOLDS,
    ) -> None:
        """Name the errors of a stretch of text that no span crosses.

        Args:
            right: spans that gold and predictions share, see `split_off_shared`.
            gold: what is left of the gold spans.
            predicted: what is left of the predictions.
            thresholds: of pairs.
        """
        surplus: list[Span] = []
        used = {_bounds(span) for span in right}
        pieces = set[Bounds]()
        for ours, theirs in runs(sorted(gold), sorted(predicted)):
            chosen = matched_run(ours, theirs, thresholds)
            cuts = _cuts(ours, theirs, right)
            self.pairs += [
                SpanError(kind_of_pair(ours[row], theirs[column], cuts), ours[row], theirs[column])
                for row, column in chosen
            ]
            missed = left_over(ours, {row for row, _ in chosen})
            more = left_over(theirs, {column for _, column in chosen})
            self.missed += [
                SpanError("merge" if _bounds(span) in cuts.swallowed else "missed", span)
                for span in missed
            ]
            used.update([_bounds(theirs[column]) for _, column in chosen])
            surplus += more
            pieces |= cuts.pieces
            self.split += len(cuts.split)
            self.merging += len(cuts.merging)
            if missed and more and chosen:
                unlabelled = matched_run(_unlabelled(ours), _unlabelled(theirs), thresholds)
                self.blind_pairs += len(unlabelled) - len(chosen)
        self.spurious += _spurious(surplus, used, pieces)


def _spurious(
    surplus: Iterable[Span], used: set[Bounds], pieces: Collection[Bounds]
) -> Iterator[SpanError]:
    """Name predictions without a partner.

    Args:
        surplus: sorted.
        used: bounds of the predictions that have one.
        pieces: bounds of those that overlap a gold span that is split.
    """
    for span in surplus:
        bounds = span.start, span.end
        if bounds in used:
            yield SpanError("duplicate", None, span)
        else:
            used.add(bounds)
            yield SpanError("split" if bounds in pieces else "spurious", None, span)


def _cuts(golds: Iterable[Span], predictions: Iterable[Span], right: Iterable[Span]) -> _Cuts:
    """Gold spans of a run that are split, and predictions that merge.

    Labels play no part; several gold spans (or predictions) with the same bounds count once.
    """
    ours, theirs, both = (
        {_bounds(span) for span in spans} for spans in (golds, predictions, right)
    )
    both |= ours & theirs
    ours -= both
    theirs -= both
    if not ours or not theirs:
        return _NO_CUTS
    split = _overlapping_several(ours, theirs)
    merging = _overlapping_several(theirs, ours)
    if not split and not merging:
        return _NO_CUTS
    return _Cuts(split, _touched(theirs, split), merging, _touched(ours, merging))


def _overlapping_several(
    stretches: Collection[Bounds], others: Collection[Bounds]
) -> frozenset[Bounds]:
    if len(others) == 1:
        return frozenset()
    counts = zip(stretches, overlap_counts(stretches, others), strict=True)
    return frozenset([each for each, count in counts if count > 1])


def _touched(stretches: Collection[Bounds], others: Collection[Bounds]) -> frozenset[Bounds]:
    if not others:
        return frozenset()
    counts = zip(stretches, overlap_counts(stretches, others), strict=True)
    return frozenset([each for each, count in counts if count])


def kind_of_pair(gold: Span, predicted: Span, found: _Cuts = _NO_CUTS) -> ErrorKind:
    """The kind of error of a pair of overlapping spans that are not the same."""
    start, end = gold.start, gold.end
    their_start, their_end = predicted.start, predicted.end
    if gold.label != predicted.label:
        return "label" if start == their_start and end == their_end else "label_and_bounds"
    if found is not _NO_CUTS:
        if (start, end) in found.split:
            return "split"
        if (their_start, their_end) in found.merging:
            return "merge"
    if their_start <= start and end <= their_end:
        return "too_long"
    return "too_short" if start <= their_start and their_end <= end else "shifted"


def _bounds(span: Span) -> Bounds:
    return span.start, span.end


def _unlabelled(spans: Iterable[Span]) -> list[Span]:
    return [Span(span.start, span.end, "") for span in spans]
