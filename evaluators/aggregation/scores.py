"""From counts to scores: the rows of every metric, with their counts and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.aggregation.count_arrays import Counts, Floats
from pii_sft.evaluators.aggregation.events import CORRECT, MERGING, SPLIT_GOLD
from pii_sft.evaluators.aggregation.rates import Rates, Totals, resampled
from pii_sft.evaluators.aggregation.results import (
    Confusion,
    LabelBlindScores,
    MentionScores,
    Row,
    SchemeScores,
    Scores,
)
from pii_sft.evaluators.coverage import EXPOSED, EXPOSED_ENTITY, STRAY
from pii_sft.evaluators.errors import ERROR_KINDS, ErrorCounts
from pii_sft.evaluators.options import Options
from pii_sft.evaluators.schemes import SCHEMES, Scheme
from pii_sft.evaluators.statistics.bootstrap import intervals

Integers = NDArray[np.int64]


def scores(counts: Counts, options: Options) -> Scores:
    """Score what was counted.

    Args:
        counts: of the documents.
        options: complete.
    """
    totals = _totals(counts, options)
    rows = _Rows(totals, options["ci"])
    return Scores(
        documents=len(counts),
        schemes=rows.schemes(options["schemes"]),
        characters=rows.characters(),
        documents_without_pii=rows.documents_without_pii(),
        errors=_errors(totals),
        error_kinds={name: _times(totals, name) for name in ERROR_KINDS},
        label_blind=rows.label_blind(),
        mentions=rows.mentions(),
        confusion=_confusion(totals),
    )


def scheme_scores(counts: Counts, options: Options) -> dict[str, SchemeScores]:
    """The scores of each scheme alone.

    Args:
        counts: of the documents.
        options: complete.
    """
    return _Rows(_totals(counts, options), options["ci"]).schemes(options["schemes"])


def _totals(counts: Counts, options: Options) -> Totals:
    resamples = options["resamples"] if options["ci"] else 0
    return resampled(counts, resamples, options["seed"], options["beta"])


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
            micro=self._row(rates.micro, {name: each.sum() for name, each in counts.items()}),
            macro=self._row(rates.macro),
            weighted=self._row(rates.weighted),
            labels=self._of_labels(rates.labels, {**counts, "support": counts["possible"]}),
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
            name: (self._totals.times[0] @ events.by_label(*each)).astype(np.int64)
            for name, each in counted.items()
        }

    def characters(self) -> Row:
        """Rates of characters."""
        gold, leaked, over_redacted = (
            self._totals.coverage[name][0] for name in ("gold", "leaked", "over_redacted")
        )
        counts = {"correct": gold - leaked, "leaked": leaked, "over_redacted": over_redacted}
        return self._row(self._totals.characters(), counts)

    def documents_without_pii(self) -> Row:
        """How many there are, and in which share of them something was predicted."""
        return self._row(
            self._totals.false_alarms(), {"count": self._totals.coverage["without_pii"][0]}
        )

    def label_blind(self) -> LabelBlindScores:
        """Rows without labels."""
        totals = self._totals
        possible, actual = totals.possible[0].sum(), totals.actual[0].sum()
        without, alarms, silence = (
            totals.coverage[name][0] for name in ("without_pii", "false_alarm", "silence")
        )
        with_pii = totals.documents - without
        hit = with_pii - silence
        exact = totals.times[0] @ totals.events.same_bounds
        overlap = totals.blind_pairs()[0]
        return LabelBlindScores(
            exact=self._row(totals.blind_exact(), _found(exact, possible, actual)),
            overlap=self._row(totals.blind_overlap(), _found(overlap, possible, actual)),
            documents=self._row(totals.blind_documents(), _found(hit, with_pii, hit + alarms)),
        )

    def mentions(self) -> MentionScores:
        """Rows of mentions and entities."""
        totals = self._totals
        mentions, entities, placed = totals.possible[:1], totals.entities()[:1], totals.placed()
        counts = {
            "mentions": mentions[0],
            "covered_mentions": (mentions - totals.happened(EXPOSED)[:1])[0],
            "predictions": placed[0],
            "stray_predictions": totals.happened(STRAY)[0],
            "entities": entities[0],
            "covered_entities": (entities - totals.happened(EXPOSED_ENTITY)[:1])[0],
        }
        return MentionScores(
            overall=self._row(
                totals.all_mentions(), {name: each.sum() for name, each in counts.items()}
            ),
            labels=self._of_labels(totals.mentions(), counts),
            identifiers={
                kind: self._row(
                    {"entity_recall": _recall(entities, exposed)},
                    {"entities": entities[0], "covered_entities": (entities - exposed)[0]},
                )
                for kind, (entities, exposed) in totals.identifiers().items()
            },
        )

    def _of_labels(self, rates: Rates, counts: Mapping[str, NDArray[Any]]) -> dict[str, Row]:
        """One row for each label that occurs, sorted by name."""
        totals = self._totals
        here = np.flatnonzero(totals.possible[0] + totals.actual[0])
        rows = self._rows(
            {name: each[:, here] for name, each in rates.items()},
            {name: each[here].astype(np.int64) for name, each in counts.items()},
        )
        return dict(zip((totals.events.labels[index] for index in here), rows, strict=True))

    def _row(self, rates: Rates, counts: Mapping[str, Any] | None = None) -> Row:
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


def _found(correct: Any, possible: Any, actual: Any) -> dict[str, Any]:
    return {
        "correct": correct,
        "missed": possible - correct,
        "spurious": actual - correct,
        "possible": possible,
        "actual": actual,
    }


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
    sides = events.has_gold | events.has_prediction
    np.add.at(
        table, (events.gold[sides], events.predicted[sides]), totals.times[0, sides].astype(int)
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
