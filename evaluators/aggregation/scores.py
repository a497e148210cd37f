"""From counts to scores: the rows of every metric, with their counts and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.aggregation.count_arrays import Counts
from pii_sft.evaluators.aggregation.events import CORRECT, MERGING, SPLIT_GOLD
from pii_sft.evaluators.aggregation.measures import chosen_measures
from pii_sft.evaluators.aggregation.rates import Rates, Totals, resampled
from pii_sft.evaluators.aggregation.results import Confusion, Row, SchemeScores, Scores
from pii_sft.evaluators.errors import ERROR_KINDS, ErrorCounts
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.evaluators.schemes import SCHEMES, Scheme
from pii_sft.evaluators.statistics.bootstrap import intervals
from pii_sft.evaluators.statistics.count_tables import Floats

Integers = NDArray[np.int64]


def scores(counts: Counts, options: ScoreOptions) -> Scores:
    """Score what was counted.

    Args:
        counts: of the documents.
        options: complete.
    """
    totals = _totals(counts, options)
    rows = _Rows(totals, options.ci)
    measures = chosen_measures(options.measures)
    return Scores(
        documents=len(counts),
        schemes=rows.schemes(options.schemes),
        rows={each.name: rows.row(each.rates(totals), each.counts_of(totals)) for each in measures},
        labels={
            each.name: rows.of_labels(each.by_label(totals), each.counts_by_label(totals))
            for each in measures
            if each.by_label and each.counts_by_label
        },
        identifiers=rows.identifiers(),
        errors=_errors(totals),
        error_kinds={name: _times(totals, name) for name in ERROR_KINDS},
        confusion=_confusion(totals),
    )


def scheme_scores(counts: Counts, options: ScoreOptions) -> dict[str, SchemeScores]:
    """The scores of each scheme alone.

    Args:
        counts: of the documents.
        options: complete.
    """
    return _Rows(_totals(counts, options), options.ci).schemes(options.schemes)


def _totals(counts: Counts, options: ScoreOptions) -> Totals:
    resamples = options.resamples if options.ci else 0
    return resampled(counts, resamples, options.seed, options.beta)


class _Rows:
    """Makes rows of rates: values, counts, and intervals of a level; 0 for none."""

    def __init__(self, totals: Totals, level: float) -> None:
        self._totals = totals
        self._level = level

    def schemes(self, names: Iterable[str]) -> dict[str, SchemeScores]:
        """All rows of some schemes."""
        return {name: self.scheme(SCHEMES[name]) for name in names}

    def scheme(self, scheme: Scheme) -> SchemeScores:
        """All rows of a scheme."""
        totals = self._totals
        rates = totals.scheme(scheme)
        counts = self._counts(scheme)
        return SchemeScores(
            micro=self.row(rates.micro, {name: each.sum() for name, each in counts.items()}),
            macro=self.row(rates.macro),
            weighted=self.row(rates.weighted),
            labels=self.of_labels(rates.labels, {**counts, "support": counts["possible"]}),
        )

    def _counts(self, scheme: Scheme) -> dict[str, Integers]:
        """Counts by label. What concerns a pair counts under the label of its gold span."""
        events = self._totals.events
        correct, partial = events.correct(scheme), events.partial(scheme)
        counted = {
            "correct": (events.gold, correct),
            "incorrect": (events.gold, events.paired & ~correct & ~partial),
            "partial": (events.gold, partial),
            "missed": (events.gold, events.has_gold & ~events.has_prediction),
            "spurious": (events.predicted, events.has_prediction & ~events.has_gold),
            "possible": (events.gold, events.has_gold),
            "actual": (events.predicted, events.has_prediction),
        }
        return {
            name: events.by_label(self._totals.times[:1], *each)[0].astype(np.int64)
            for name, each in counted.items()
        }

    def identifiers(self) -> dict[str, Row]:
        """Entity recall by kind of identifier."""
        return {
            kind: self.row(
                {"entity_recall": _recall(entities, exposed)},
                {"entities": entities[0], "covered_entities": (entities - exposed)[0]},
            )
            for kind, (entities, exposed) in self._totals.identifiers().items()
        }

    def of_labels(self, rates: Rates, counts: Mapping[str, NDArray[Any]]) -> dict[str, Row]:
        """One row for each label that occurs, sorted by name."""
        totals = self._totals
        here = np.flatnonzero(totals.possible[0] + totals.actual[0])
        rows = self._rows(
            {name: each[:, here] for name, each in rates.items()},
            {name: each[here].astype(np.int64) for name, each in counts.items()},
        )
        return dict(zip((totals.events.labels[index] for index in here), rows, strict=True))

    def row(self, rates: Rates, counts: Mapping[str, Any] | None = None) -> Row:
        """Rates of all labels together."""
        one = {name: each[:, None] for name, each in rates.items()}
        whole = {name: np.array([each], np.int64) for name, each in (counts or {}).items()}
        return self._rows(one, whole)[0]

    def _rows(self, rates: Rates, counts: Mapping[str, Integers]) -> list[Row]:
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


def _recall(entities: Floats, exposed: Floats) -> Floats:
    recall: Floats = np.where(entities == 0, np.nan, 1 - exposed / np.maximum(entities, 1))
    return recall


def _times(totals: Totals, name: str) -> int:
    return int(totals.times[0] @ totals.events.named(name))


def _errors(totals: Totals) -> ErrorCounts:
    """The coarse kinds of error."""
    events, times = totals.events, totals.times[0]
    return ErrorCounts(
        boundary=int(times @ (events.same_label & ~events.named(CORRECT))),
        label=int(times @ (events.paired & ~events.same_label)),
        missed=int(times @ (events.has_gold & ~events.has_prediction)),
        spurious=int(times @ (events.has_prediction & ~events.has_gold)),
        split=_times(totals, SPLIT_GOLD),
        merge=_times(totals, MERGING),
    )


def _confusion(totals: Totals) -> Confusion:
    """Labels against labels, sorted by name."""
    events, labels = totals.events, totals.events.labels
    size = len(labels) + 1
    table = np.zeros((size, size), np.int64)
    spans = events.has_gold | events.has_prediction
    np.add.at(
        table, (events.gold[spans], events.predicted[spans]), totals.times[0, spans].astype(int)
    )
    return Confusion(
        pairs={
            label: found
            for row, label in enumerate(labels)
            if (found := _named(labels, table[row]))
        },
        missed=_named(labels, table[:, -1]),
        spurious=_named(labels, table[-1]),
    )


def _named(labels: list[str], counts: Integers) -> dict[str, int]:
    """The counts that are not 0, by label."""
    return {label: count for label, count in zip(labels, counts.tolist(), strict=False) if count}
