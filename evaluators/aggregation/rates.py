"""Rates of every metric, on all documents and on each bootstrap resample of them.

A rate whose denominator is 0 is 0: precision without predictions, recall without gold spans, F if
both are 0. If documents have neither gold nor predicted spans, the rate is NaN here and 0 in the
scores, and such resamples are left out of the intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pii_sft.evaluators.aggregation.count_arrays import COVERAGE, Counts, Events, Flags
from pii_sft.evaluators.aggregation.events import BLIND_PAIR
from pii_sft.evaluators.coverage import (
    EXPOSED,
    EXPOSED_ALONE,
    EXPOSED_ENTITY,
    EXPOSED_IDENTIFIED,
    IDENTIFIED,
    MENTION_OF_EXPOSED,
    REPEATED,
    STRAY,
)
from pii_sft.evaluators.schemes import PARTIAL_CREDIT, Scheme
from pii_sft.evaluators.statistics.bootstrap import resampled_totals
from pii_sft.evaluators.statistics.count_tables import Floats, Indices

Rates = Mapping[str, Floats]
"""Rates by name; along the first axis, on all documents, then on each resample."""


class SchemeRates(msgspec.Struct, frozen=True):
    """The rates of one scheme; those of `labels` have the labels along the second axis."""

    micro: Rates
    macro: Rates
    weighted: Rates
    labels: Rates


class Totals:
    """Totals over all documents, or over other sets of as many documents, one set a row.

    Args:
        documents: how many there are in each set.
        events: the different events.
        times: how often each event (columns) occurs in each set (rows).
        coverage: what is known of documents (columns) added up over each set (rows).
        beta: for which F scores.
        columns: names of the columns of `coverage`.

    Attributes:
        documents: how many there are in each set.
        events: the different events.
        times: how often each event (columns) occurs.
        coverage: totals by name, see `Counts.columns`.
    """

    def __init__(
        self,
        documents: int,
        events: Events,
        times: Floats,
        coverage: Floats,
        beta: Collection[float],
        columns: Sequence[str] = COVERAGE,
    ) -> None:
        self.documents = documents
        self.events = events
        self.times = times
        self.coverage = dict(zip(columns, coverage.T, strict=True))
        self._beta = beta
        self.possible = self.by_label(self.events.gold, self.events.has_gold)
        self.actual = self.by_label(self.events.predicted, self.events.has_prediction)

    def by_label(self, label_of: Indices, weight: Flags | Floats) -> Floats:
        """Weighted events by label (columns)."""
        return self.events.by_label(self.times, label_of, weight)

    def scheme(self, scheme: Scheme) -> SchemeRates:
        """All rates of a scheme.

        The recall of a label uses the credit of its gold spans, its precision the credit of its
        predictions. The two differ only if a wrong label earns credit (`exact` and `partial`); with
        one number for both, a rate could exceed 1.
        """
        credit = self.events.correct(scheme) + PARTIAL_CREDIT * self.events.partial(scheme)
        labels = self._rates(
            self.by_label(self.events.gold, credit),
            self.by_label(self.events.predicted, credit),
            self.possible,
            self.actual,
        )
        weights = np.ones_like(self.possible)
        return SchemeRates(
            micro=self._of_pairs(self.times @ credit),
            macro={name: _mean(rates, weights) for name, rates in labels.items()},
            weighted={name: _mean(rates, self.possible) for name, rates in labels.items()},
            labels=labels,
        )

    def characters(self) -> Rates:
        """Rates of characters."""
        gold = self.coverage["gold"]
        correct = gold - self.coverage["leaked"]
        return self._rates(correct, correct, gold, correct + self.coverage["over_redacted"])

    def character_counts(self) -> dict[str, Any]:
        """Numbers of characters, on all documents."""
        gold, leaked, over_redacted = (
            self.coverage[name][0] for name in ("gold", "leaked", "over_redacted")
        )
        return {"correct": gold - leaked, "leaked": leaked, "over_redacted": over_redacted}

    def share(self, part: str, whole: str) -> Floats:
        """Divide one total of `coverage` by another, given by name; NaN if the second is 0."""
        return _share(self.coverage[part], self.coverage[whole])

    def false_alarms(self) -> Rates:
        """Share of the documents without PII in which something was predicted."""
        alarms, without = self.coverage["false_alarm"], self.coverage["without_pii"]
        return {"false_alarm_rate": _share(alarms, without)}

    def blind_exact(self) -> Rates:
        """Rates of spans with the right bounds, whatever their label."""
        return self._of_pairs(self.times @ self.events.same_bounds)

    def blind_overlap(self) -> Rates:
        """Rates of spans that overlap, whatever their label."""
        return self._of_pairs(self.blind_pairs())

    def blind_pairs(self) -> Floats:
        """Number of pairs of a matching without labels."""
        pairs: Floats = self.times @ (self.events.paired | self.events.named(BLIND_PAIR))
        return pairs

    def blind_documents(self) -> Rates:
        """Rates of documents with at least one span."""
        with_pii = self.documents - self.coverage["without_pii"]
        hit = with_pii - self.coverage["silence"]
        return self._rates(hit, hit, with_pii, hit + self.coverage["false_alarm"])

    def blind_counts(self, correct: Floats) -> dict[str, Any]:
        """Numbers of spans, whatever their label, on all documents.

        Args:
            correct: how many are right in each set.
        """
        return _found(correct[0], self.possible[0].sum(), self.actual[0].sum())

    def blind_document_counts(self) -> dict[str, Any]:
        """Numbers of documents with a span, on all documents."""
        without, alarms, silence = (
            self.coverage[name][0] for name in ("without_pii", "false_alarm", "silence")
        )
        with_pii = self.documents - without
        hit = with_pii - silence
        return _found(hit, with_pii, hit + alarms)

    def mention_counts(self) -> dict[str, Floats]:
        """Numbers of mentions, predictions and entities by label, on all documents."""
        mentions, entities = self.possible[0], self.entities()[0]
        return {
            "mentions": mentions,
            "covered_mentions": mentions - self.happened(EXPOSED)[0],
            "predictions": self.placed()[0],
            "stray_predictions": self.happened(STRAY)[0],
            "entities": entities,
            "covered_entities": entities - self.happened(EXPOSED_ENTITY)[0],
        }

    def mentions(self) -> Rates:
        """Recall of mentions and entities, and precision of mentions, by label (columns)."""
        return self._of_mentions(lambda by_label: by_label)

    def all_mentions(self) -> Rates:
        """The same of all labels together."""
        return self._of_mentions(lambda by_label: by_label.sum(axis=1))

    def _of_mentions(self, grouped: Callable[[Floats], Floats]) -> Rates:
        mentions, entities = grouped(self.possible), grouped(self.entities())
        placed = grouped(self.placed())
        exposed, exposed_entities, mentions_of_exposed, strays = (
            grouped(self.happened(name))
            for name in (EXPOSED, EXPOSED_ENTITY, MENTION_OF_EXPOSED, STRAY)
        )
        return {
            "mention_recall": _share(mentions - exposed, mentions),
            "mention_precision": _share(placed - strays, placed),
            "entity_recall": _share(entities - exposed_entities, entities),
            "weighted_entity_recall": _share(mentions - mentions_of_exposed, mentions),
        }

    def placed(self) -> Floats:
        """Number of predictions that stand in the text, by label."""
        events = self.events
        return self.by_label(
            events.predicted, events.has_prediction & ~events.named("hallucinated")
        )

    def entities(self) -> Floats:
        """Number of entities by label."""
        return self.possible - self.happened(REPEATED)

    def happened(self, name: str) -> Floats:
        """Count an event by its label."""
        times = self.events.about(self.times, name)
        if name in (EXPOSED, EXPOSED_ENTITY, MENTION_OF_EXPOSED):
            times += self.events.about(self.times, EXPOSED_ALONE)
        return times

    def identifiers(self) -> dict[str, tuple[Floats, Floats]]:
        """By kind of identifier, number of entities, and of those that are exposed."""
        exposed = self.events.identifiers(EXPOSED_IDENTIFIED)
        none = np.zeros_like(self.events.has_gold)
        return {
            kind: (self.times @ flags, self.times @ exposed.get(kind, none))
            for kind, flags in self.events.identifiers(IDENTIFIED).items()
        }

    def _of_pairs(self, earned: Floats) -> Rates:
        return self._rates(earned, earned, self.possible.sum(axis=1), self.actual.sum(axis=1))

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


def resampled(counts: Counts, resamples: int, seed: int, beta: Collection[float]) -> Totals:
    """Totals over all documents (row 0) and over resamples of them (the other rows).

    Args:
        counts: of the documents.
        resamples: how many resamples; 0 for none.
        seed: of the resamples. Two sets of counts of as many documents, with the same seed, are
            resampled alike.
        beta: for which F scores.
    """
    drawn = resampled_totals(counts.tables, resamples, seed)
    times, coverage = (
        np.column_stack([table.totals(), total.T]).T  # so the sets of one event lie together
        for table, total in zip(counts.tables, drawn, strict=True)
    )
    return Totals(len(counts), counts.events, times, coverage, beta, counts.columns)


def _found(correct: Any, possible: Any, actual: Any) -> dict[str, Any]:
    return {
        "correct": correct,
        "missed": possible - correct,
        "spurious": actual - correct,
        "possible": possible,
        "actual": actual,
    }


def _share(part: Floats, whole: Floats) -> Floats:
    """Element by element; NaN where there is nothing to divide by."""
    return np.where(whole == 0, np.nan, _divided(part, whole))


def _divided(part: Floats, whole: Floats) -> Floats:
    """Element by element; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part, np.float64), where=whole != 0)


def _mean(rates: Floats, weights: Floats) -> Floats:
    """Mean over the labels (axis 1) that are there; NaN where none is."""
    weights = np.where(np.isnan(rates), 0.0, weights)
    whole = weights.sum(axis=1)
    mean = _divided((np.nan_to_num(rates) * weights).sum(axis=1), whole)
    return np.where(whole == 0, np.nan, mean)
