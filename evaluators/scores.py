"""From counts to scores: rates, averages and intervals of every scheme.

A rate with nothing to divide by is 0: precision without predictions, recall without gold spans, F
where both are 0. Where documents hold no span on either side, every rate is 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.errors import ErrorCounts
from pii_sft.evaluators.intervals import intervals, resampled_totals
from pii_sft.evaluators.options import Options
from pii_sft.evaluators.rows import Row, SchemeScores, Scores
from pii_sft.evaluators.schemes import PARTIAL_CREDIT, SCHEMES, Scheme
from pii_sft.evaluators.tables import EXTRA, Flags, Floats, Indices, Outcomes, counts_by_document

if TYPE_CHECKING:
    from pii_sft.evaluators.counts import Scorer

Rates = Mapping[str, Floats]
"""Rates by name; along the first axis, on all documents, then on each resample."""


def scores(scorer: Scorer, documents: Sequence[int] | None, options: Options) -> Scores:
    """Score what was counted.

    Args:
        scorer: the counts.
        documents: which documents, by their position in the stream; None for all.
        options: complete.
    """
    counts = counts_by_document(scorer)
    if documents is not None:
        counts = counts[np.asarray(documents, np.intp)]
    level = options["ci"]
    drawn = resampled_totals(counts, options["resamples"] if level else 0, options["seed"])
    spans = np.vstack([counts.sum(axis=0), drawn])
    totals = _Totals(Outcomes(scorer), spans, options["beta"], level)
    return Scores(
        documents=counts.shape[0],
        schemes={name: totals.scheme(SCHEMES[name]) for name in options["schemes"]},
        characters=totals.characters(),
        documents_without_pii=totals.documents_without_pii(),
        errors=totals.errors(),
    )


class _Totals:
    """Totals over all documents (row 0) and over resamples of them (the other rows)."""

    def __init__(
        self, outcomes: Outcomes, totals: Floats, beta: Collection[float], level: float
    ) -> None:
        self._outcomes = outcomes
        self._spans = totals[:, : -len(EXTRA)]
        self._extra = dict(zip(EXTRA, totals[:, -len(EXTRA) :].T, strict=True))
        self._beta = beta
        self._level = level
        self._possible = self._by_label(outcomes.gold, outcomes.has_gold)
        self._actual = self._by_label(outcomes.predicted, outcomes.has_prediction)
        self._present = np.flatnonzero(self._possible[0] + self._actual[0])

    def _by_label(self, side: Indices, weight: Flags | Floats) -> Floats:
        sums: Floats = self._spans @ self._outcomes.by_label(side, weight)
        return sums

    def scheme(self, scheme: Scheme) -> SchemeScores:
        """All rows of a scheme.

        The recall of a label is made of the credit its gold spans earn, its precision of the
        credit its predictions earn. The two differ only where a wrong label earns credit (`exact`
        and `partial`); with one credit for both, a rate could exceed 1.
        """
        outcomes = self._outcomes
        credit = outcomes.correct(scheme) + PARTIAL_CREDIT * outcomes.partial(scheme)
        earned = self._spans @ credit
        micro = self._rates(earned, earned, self._possible.sum(axis=1), self._actual.sum(axis=1))
        labels = self._rates(
            self._by_label(outcomes.gold, credit),
            self._by_label(outcomes.predicted, credit),
            self._possible,
            self._actual,
        )
        counts = self._counts(scheme)
        here = self._present
        rows = self._rows(
            {name: rates[:, here] for name, rates in labels.items()},
            {name: each[here] for name, each in (*counts.items(), ("support", counts["possible"]))},
        )
        weights = np.ones_like(self._possible)
        return SchemeScores(
            micro=self._row(micro, {name: int(each.sum()) for name, each in counts.items()}),
            macro=self._row({name: _mean(rates, weights) for name, rates in labels.items()}),
            weighted=self._row(
                {name: _mean(rates, self._possible) for name, rates in labels.items()}
            ),
            labels=dict(zip((outcomes.labels[index] for index in here), rows, strict=True)),
        )

    def _counts(self, scheme: Scheme) -> dict[str, NDArray[np.int64]]:
        """Counts by label. What concerns a pair counts under the label of its gold span."""
        outcomes = self._outcomes
        correct, partial = outcomes.correct(scheme), outcomes.partial(scheme)
        counted = {
            "correct": (outcomes.gold, correct),
            "incorrect": (outcomes.gold, outcomes.paired & ~correct & ~partial),
            "partial": (outcomes.gold, partial),
            "missed": (outcomes.gold, ~outcomes.has_prediction),
            "spurious": (outcomes.predicted, ~outcomes.has_gold),
            "possible": (outcomes.gold, outcomes.has_gold),
            "actual": (outcomes.predicted, outcomes.has_prediction),
        }
        return {
            name: (self._spans[0] @ outcomes.by_label(*each)).astype(np.int64)
            for name, each in counted.items()
        }

    def characters(self) -> Row:
        """Rates of characters."""
        gold, predicted, correct = (self._extra[name] for name in ("gold", "predicted", "correct"))
        counts = {
            "correct": int(correct[0]),
            "leaked": int(gold[0] - correct[0]),
            "over_redacted": int(predicted[0] - correct[0]),
        }
        return self._row(self._rates(correct, correct, gold, predicted), counts)

    def documents_without_pii(self) -> Row:
        """How many there are, and in which share of them something was predicted."""
        without, alarms = self._extra["without_pii"], self._extra["false_alarms"]
        rate = np.where(without == 0, np.nan, _divided(alarms, without))
        return self._row({"false_alarm_rate": rate}, {"count": int(without[0])})

    def errors(self) -> ErrorCounts:
        """Kinds of error."""
        outcomes, spans = self._outcomes, self._spans[0]
        return ErrorCounts(
            boundary=int(spans @ (outcomes.same_label & ~outcomes.same_bounds)),
            label=int(spans @ (outcomes.paired & ~outcomes.same_label)),
            missed=int(spans @ ~outcomes.has_prediction),
            spurious=int(spans @ ~outcomes.has_gold),
            split=int(self._extra["splits"][0]),
            merge=int(self._extra["merges"][0]),
        )

    def _rates(
        self, earned_gold: Floats, earned_predicted: Floats, possible: Floats, actual: Floats
    ) -> dict[str, Floats]:
        """Precision, recall and F, in the shape of the arguments; NaN where there is no span."""
        precision = _divided(earned_predicted, actual)
        recall = _divided(earned_gold, possible)
        rates = {"precision": precision, "recall": recall}
        for each in self._beta:
            square = each * each
            rates[f"f{each:g}"] = _divided(
                (1 + square) * precision * recall, square * precision + recall
            )
        nothing = possible + actual == 0
        return {name: np.where(nothing, np.nan, rate) for name, rate in rates.items()}

    def _row(self, rates: Rates, counts: Mapping[str, int] | None = None) -> Row:
        one = {name: each[:, None] for name, each in rates.items()}
        return self._rows(one, {name: np.array([each]) for name, each in (counts or {}).items()})[0]

    def _rows(self, rates: Rates, counts: Mapping[str, NDArray[np.int64]]) -> list[Row]:
        """One row for each column of the rates."""
        values = np.stack(list(rates.values()), axis=-1)
        points = np.nan_to_num(values[0]).tolist()
        numbers = [each.tolist() for each in counts.values()]
        ends = intervals(values, self._level).tolist() if self._level else []
        return [
            Row(
                dict(zip(rates, point, strict=True)),
                dict(zip(counts, (each[index] for each in numbers), strict=True)),
                {name: (low, high) for name, (low, high) in zip(rates, ends[index], strict=True)}
                if ends
                else {},
            )
            for index, point in enumerate(points)
        ]


def _divided(part: Floats, whole: Floats) -> Floats:
    """Element by element; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part, np.float64), where=whole != 0)


def _mean(rates: Floats, weights: Floats) -> Floats:
    """Mean over the labels (axis 1) that are there; NaN where none is."""
    weights = np.where(np.isnan(rates), 0.0, weights)
    whole = weights.sum(axis=1)
    mean = _divided((np.nan_to_num(rates) * weights).sum(axis=1), whole)
    return np.where(whole == 0, np.nan, mean)
