"""Significance of differences between two systems: intervals and p-values of every measure.

Sources: see `pii_sft.evaluators.comparison.compare`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.count_arrays import Counts, counted
from pii_sft.evaluators.aggregation.measures import BUILT_IN
from pii_sft.evaluators.aggregation.rates import Totals, resampled
from pii_sft.evaluators.comparison.results import Difference, Settings
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.evaluators.schemes import SCHEMES
from pii_sft.evaluators.statistics.bootstrap import intervals
from pii_sft.evaluators.statistics.count_tables import DenseTable, more_in
from pii_sft.evaluators.statistics.multiple_testing import CORRECTIONS
from pii_sft.evaluators.statistics.randomization_test import as_large, exchanged, p_value

Floats = NDArray[Any]

Name = tuple[str, str, str | None]
"""Scheme or other group, measure, and label; None for what concerns all labels."""

Differences = dict[str, dict[str, Difference]]


def differences(
    first: Scorer,
    second: Scorer,
    known: Collection[str] | None,
    options: ScoreOptions,
    settings: Settings,
) -> tuple[Differences, Differences]:
    """Test every difference between two systems.

    Args:
        first: counts of one system.
        second: of the other, on the same documents, in the same order, with the same numbers.
        known: labels to show by name; None for all.
        options: complete; F1 among the F scores.
        settings: of the tests.

    Returns:
        The differences in overall measures, by group and measure, and those in F1 by scheme and
        label.
    """
    ours, theirs = counted(first, known), counted(second, known)
    resamples = settings.resamples if settings.ci else 0
    systems = [
        _Measured(resampled(each, resamples, settings.seed, options.beta), options.schemes)
        for each in (ours, theirs)
    ]
    found = dict(
        zip(systems[0].names, _tested(systems, ours, theirs, options, settings), strict=True)
    )
    measures: Differences = {}
    labels: Differences = {name: {} for name in options.schemes}
    for (group, measure, label), difference in found.items():
        if label is None:
            measures.setdefault(group, {})[measure] = difference
        else:
            labels[group][label] = difference
    return measures, {name: _corrected(each, settings) for name, each in labels.items()}


class _Measured:
    """Every measure of one system, one a column; sets of documents in rows; NaN without a value.

    Args:
        totals: of the sets of documents.
        schemes: to measure by.

    Attributes:
        names: of the columns.
        values: the measures.
    """

    def __init__(self, totals: Totals, schemes: Iterable[str]) -> None:
        columns: dict[Name, Floats] = {}
        labels = totals.events.labels
        for scheme in schemes:
            rates = totals.scheme(SCHEMES[scheme])
            columns |= {(scheme, name, None): each for name, each in rates.micro.items()}
            columns[scheme, "macro_f1", None] = rates.macro["f1"]
            of_labels = zip(labels, rates.labels["f1"].T, strict=True)
            columns |= {(scheme, "f1", label): each for label, each in of_labels}
        for measure in BUILT_IN:
            if measure.compared:
                rows = measure.rates(totals)
                columns |= {(measure.name, name, None): each for name, each in rows.items()}
        self.names = list(columns)
        self.values: Floats = np.stack(list(columns.values()), axis=1)


def _tested(
    systems: list[_Measured],
    ours: Counts,
    theirs: Counts,
    options: ScoreOptions,
    settings: Settings,
) -> Iterator[Difference]:
    """The difference in each measure, with its interval and p-values."""
    one, other = (system.values for system in systems)
    points = [np.nan_to_num(system[0]) for system in (one, other)]
    observed = points[1] - points[0]
    resampled = other - one
    resampled[0] = observed
    ends = intervals(resampled, settings.ci).tolist() if settings.ci else []
    trials = np.count_nonzero(~np.isnan(resampled[1:]), axis=0)
    far = as_large(observed, resampled[1:] - observed)
    extreme = np.zeros(len(observed), np.int64)
    for randomised in _randomised(ours, theirs, options, settings):
        extreme += as_large(observed, randomised)
    for at, difference in enumerate(observed.tolist()):
        yield Difference(
            a=float(points[0][at]),
            b=float(points[1][at]),
            difference=difference,
            ci=(ends[at][0], ends[at][1]) if ends else None,
            p=p_value(int(extreme[at]), settings.randomisations),
            p_bootstrap=p_value(int(far[at]), int(trials[at])) if ends else None,
        )


def _randomised(
    ours: Counts, theirs: Counts, options: ScoreOptions, settings: Settings
) -> Iterator[Floats]:
    """Differences in each measure (columns) after random exchanges (rows), in blocks."""
    times = more_in(ours.times, theirs.times)
    coverage = theirs.coverage.cells.astype(np.float64) - ours.coverage.cells
    changed = np.flatnonzero(times.lengths + np.abs(coverage).sum(axis=1))
    sums = [
        (one.totals(), other.totals())
        for one, other in zip(ours.tables, theirs.tables, strict=True)
    ]
    differing = (times.of(changed), DenseTable(coverage[changed]))
    for grown in exchanged(differing, settings.randomisations, settings.seed):
        values = []
        for system, sign in ((0, 1.0), (1, -1.0)):
            totals = [pair[system] + sign * each for pair, each in zip(sums, grown, strict=True)]
            measured = _Measured(
                Totals(len(ours), ours.events, totals[0], totals[1], options.beta),
                options.schemes,
            )
            values.append(np.nan_to_num(measured.values))
        yield values[1] - values[0]


def _corrected(labels: dict[str, Difference], settings: Settings) -> dict[str, Difference]:
    adjusted = CORRECTIONS[settings.correction]([each.p for each in labels.values()])
    return {
        label: msgspec.structs.replace(each, p_adjusted=p)
        for (label, each), p in zip(labels.items(), adjusted, strict=True)
    }
