"""The counts of nervaluate 1.2.1, with what is peculiar to it.

- Each prediction, in the order given, takes the first free gold span that it overlaps (`ent_type`:
  the one of its label whose bounds are nearest). The counts depend on the order of the spans.
- Ends are inclusive. Half-open offsets handed to it unchanged, as most callers do, make spans that
  only touch overlap, and every span one longer.
- At least 1 % of a gold span has to be covered, so that one character of a long one is nothing.
- Each label is scored on the spans of that label alone. A wrong label is then missed under one and
  spurious under the other, and the labels do not add up to the overall row.
- With `labels`, spans of all other labels vanish.

Source: `nervaluate/strategies.py`, `nervaluate/evaluator.py`, `nervaluate/entities.py` (MIT).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.compat.base import Table
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.spans import Document, Span

Ends = Literal["unchanged", "inclusive"]

COLUMNS = ("correct", "incorrect", "partial", "missed", "spurious", "precision", "recall", "f1")
HEADS = ("cor", "inc", "par", "mis", "spu", "precision", "recall", "f1")
"""The columns, short enough for a terminal."""


class Counts(msgspec.Struct):
    """What nervaluate counts under one strategy."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def actual(self) -> int:
        """Predictions."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def possible(self) -> int:
        """Gold spans."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def precision(self) -> float:
        """0 without predictions."""
        return (self.correct + 0.5 * self.partial) / self.actual if self.actual else 0.0

    @property
    def recall(self) -> float:
        """0 without gold spans."""
        return (self.correct + 0.5 * self.partial) / self.possible if self.possible else 0.0

    @property
    def f1(self) -> float:
        """0 where precision and recall are 0."""
        precision, recall = self.precision, self.recall
        return 2 * (precision * recall) / (precision + recall) if precision + recall > 0 else 0.0

    def add(self, other: Counts) -> None:
        """Add the counts of another document."""
        self.correct += other.correct
        self.incorrect += other.incorrect
        self.partial += other.partial
        self.missed += other.missed
        self.spurious += other.spurious

    def to_dict(self) -> dict[str, float]:
        """The attributes of nervaluate's `EvaluationResult`."""
        return {name: getattr(self, name) for name in (*COLUMNS, "actual", "possible")}


class Strategy(msgspec.Struct, frozen=True):
    """How a prediction and a gold span are brought together.

    Attributes:
        correct: of the free gold spans that overlap a prediction, in order, the one that makes it
            correct; None if there is none.
        otherwise: what the prediction is, with the first of these gold spans, if none does.
    """

    correct: Callable[[Span, Sequence[Span]], Span | None]
    otherwise: Literal["incorrect", "partial"] = "incorrect"


def _identical(predicted: Span, golds: Sequence[Span]) -> Span | None:
    return next((gold for gold in golds if gold == predicted), None)


def _same_bounds(predicted: Span, golds: Sequence[Span]) -> Span | None:
    bounds = predicted.start, predicted.end
    return next((gold for gold in golds if (gold.start, gold.end) == bounds), None)


def _nearest_of_label(predicted: Span, golds: Sequence[Span]) -> Span | None:
    return min(
        (gold for gold in golds if gold.label == predicted.label),
        key=lambda gold: abs(predicted.start - gold.start) + abs(predicted.end - gold.end),
        default=None,
    )


STRATEGIES: Mapping[str, Strategy] = {
    "strict": Strategy(_identical),
    "partial": Strategy(_same_bounds, "partial"),
    "ent_type": Strategy(_nearest_of_label),
    "exact": Strategy(_same_bounds),
}


class Nervaluate(msgspec.Struct, frozen=True):
    """The result of nervaluate.

    Attributes:
        overall: counts by strategy.
        entities: counts by label and strategy, labels sorted.
    """

    overall: dict[str, Counts]
    entities: dict[str, dict[str, Counts]]

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing is left out."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """`overall` and `entities` of the result of nervaluate's `Evaluator.evaluate`."""
        return {
            "overall": _to_dicts(self.overall),
            "entities": {label: _to_dicts(each) for label, each in self.entities.items()},
        }

    def tables(self) -> list[Table]:
        """Those of nervaluate's `summary_report`: all strategies, then the labels under each."""
        overall = {name: _values(self.overall[name]) for name in sorted(self.overall)}
        return [
            Table("nervaluate, overall", HEADS, overall),
            *(
                Table(
                    f"nervaluate, {name} by label",
                    HEADS,
                    {label: _values(each[name]) for label, each in self.entities.items()},
                )
                for name in STRATEGIES
            ),
        ]


def _to_dicts(counts: Mapping[str, Counts]) -> dict[str, dict[str, float]]:
    return {name: each.to_dict() for name, each in counts.items()}


def _values(counts: Counts) -> tuple[float, ...]:
    return tuple(getattr(counts, name) for name in COLUMNS)


def nervaluate(
    documents: Iterable[tuple[Sequence[Span], Sequence[Span]]],
    labels: Collection[str] | None = None,
    min_overlap_percentage: float = 1.0,
) -> Nervaluate:
    """Count as nervaluate does.

    Args:
        documents: gold and predicted spans of each document, in the order in which nervaluate is
            given them; their ends are taken as inclusive.
        labels: its `tags`; None for all labels that occur.
        min_overlap_percentage: per cent of a gold span that a prediction has to cover, 1 to 100.

    Raises:
        UsageError: `min_overlap_percentage` is out of its range.
    """
    if not 1.0 <= min_overlap_percentage <= 100.0:
        raise UsageError(
            f"min_overlap_percentage must be from 1 to 100, not {min_overlap_percentage}."
        )
    overall = {name: Counts() for name in STRATEGIES}
    entities: dict[str, dict[str, Counts]] = defaultdict(
        lambda: {name: Counts() for name in STRATEGIES}
    )
    for gold, predicted in documents:
        golds = [span for span in gold if labels is None or span.label in labels]
        found = [span for span in predicted if labels is None or span.label in labels]
        parts = {label: _of_label(label, golds, found) for label in _labels(golds, found)}
        for name, strategy in STRATEGIES.items():
            overall[name].add(_count(golds, found, strategy, min_overlap_percentage))
            for label, part in parts.items():
                entities[label][name].add(_count(*part, strategy, min_overlap_percentage))
    return Nervaluate(overall, {label: entities[label] for label in sorted(entities)})


def of_pairs(pairs: Iterable[tuple[Document, Prediction]], ends: Ends = "unchanged") -> Nervaluate:
    """Count documents and predictions as nervaluate does.

    Args:
        pairs: each gold document with what was predicted for it. Gold spans keep the order of the
            document, predictions the order in which they came.
        ends: `unchanged` hands over half-open ends, which nervaluate takes as inclusive, as it
            does with the offsets of spaCy, Prodigy or Label Studio; `inclusive` converts them.
    """
    shift = 1 if ends == "inclusive" else 0
    return nervaluate(
        (_shifted(document.spans, shift), _shifted(prediction.spans, shift))
        for document, prediction in pairs
    )


def _shifted(spans: Sequence[Span], shift: int) -> Sequence[Span]:
    return [Span(span.start, span.end - shift, span.label) for span in spans] if shift else spans


def _labels(golds: Iterable[Span], predictions: Iterable[Span]) -> set[str]:
    return {span.label for span in golds} | {span.label for span in predictions}


def _of_label(
    label: str, golds: Sequence[Span], predictions: Sequence[Span]
) -> tuple[list[Span], list[Span]]:
    return (
        [span for span in golds if span.label == label],
        [span for span in predictions if span.label == label],
    )


def _count(
    golds: Sequence[Span], predictions: Sequence[Span], strategy: Strategy, least: float
) -> Counts:
    counts = Counts()
    free = list(golds)
    for predicted in predictions:
        overlapping = [gold for gold in free if _covered_percentage(gold, predicted) >= least]
        if not overlapping:
            counts.spurious += 1
            continue
        taken = strategy.correct(predicted, overlapping)
        if taken is not None:
            counts.correct += 1
        elif strategy.otherwise == "partial":
            counts.partial += 1
        else:
            counts.incorrect += 1
        free.remove(taken or overlapping[0])
    counts.missed = len(free)
    return counts


def _covered_percentage(gold: Span, predicted: Span) -> float:
    """Divided before it is multiplied, as there: the last bit can decide at the threshold."""
    if predicted.start > gold.end or predicted.end < gold.start:
        return 0.0
    shared = min(gold.end, predicted.end) - max(gold.start, predicted.start) + 1
    return shared / (gold.end - gold.start + 1) * 100.0
