"""Thresholds that scores have to meet, for use in pipelines."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, nan

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.aggregation.results import Row, Scores
from pii_sft.evaluators.scoring import Report

DEFAULT_SCHEME = "strict"
DEFAULT_ROW = "micro"
AVERAGES = ("micro", "macro", "weighted")


class Missed(msgspec.Struct, frozen=True):
    """A threshold that was not kept.

    Attributes:
        name: of the metric, as it was written.
        wanted: the threshold.
        reached: the value.
        ceiling: whether the threshold is an upper bound.
    """

    name: str
    wanted: float
    reached: float
    ceiling: bool = False

    def __str__(self) -> str:
        relation = "above" if self.ceiling else "below"
        return f"{self.name} is {self.reached:.4f}, {relation} {self.wanted:g}"


def unmet_thresholds(
    report: Report, floors: Iterable[str], ceilings: Iterable[str] = ()
) -> list[Missed]:
    """The thresholds that a report does not keep.

    Args:
        report: the scores.
        floors: what must not be less: `METRIC=VALUE`, `SCHEME.METRIC=VALUE` or
            `SCHEME.LABEL.METRIC=VALUE`; the scheme is `strict` and the row `micro` where they are
            not named. `LABEL` may also be `micro`, `macro` or `weighted`. Measures are named
            as in the JSON: `characters.recall`, `mentions.entity_recall`,
            `mentions.LABEL.entity_recall`, `label_blind.overlap.recall`,
            `documents_without_pii.false_alarm_rate`.
        ceilings: what must not be more, named alike.

    Raises:
        UsageError: a threshold can't be read, or names what the report does not have.
    """
    scores = report.scores
    found = [_threshold(scores, each, ceiling=False) for each in floors]
    found += [_threshold(scores, each, ceiling=True) for each in ceilings]
    return [
        each
        for each in found
        if (each.reached > each.wanted if each.ceiling else each.reached < each.wanted)
    ]


_SHARES = ("precision", "recall", "f1", "f2", "rate")
"""The last words of the names of what is never above 1."""

_FORM = "write recall=0.90, exact.recall=0.95, strict.PERSON.f1=0.8 or characters.recall=0.99."


def _threshold(scores: Scores, written: str, *, ceiling: bool) -> Missed:
    name, _, text = written.rpartition("=")
    try:
        wanted = float(text)
    except ValueError:
        wanted = nan
    if not isfinite(wanted):  # nothing is below or above what is no number, so it would be kept
        raise UsageError(f"Can't read the threshold {written!r}: {_FORM}")
    reached = _value(scores, name)
    if wanted > 1 and name.rpartition(".")[2].rpartition("_")[2] in _SHARES:
        raise UsageError(f"{name} is a share from 0 to 1: write {name}={wanted / 100:g}.")
    return Missed(name, wanted, reached, ceiling)


def _value(scores: Scores, name: str) -> float:
    way, _, column = name.rpartition(".")
    try:
        row = _row(scores, way)
        return float({**row.rates, **row.counts}[column])
    except KeyError as error:
        raise UsageError(
            f"The scores have no {error.args[0]!r}, asked for by {name!r}: {_FORM}"
        ) from None


def _row(scores: Scores, way: str) -> Row:
    """The row of a measure or label, by what stands before the column's name."""
    if way in scores.rows:
        return scores.rows[way]
    block, _, rest = way.partition(".")
    if block in scores.labels:
        return scores.labels[block][rest]
    scheme, name = scores.schemes[block or DEFAULT_SCHEME], rest or DEFAULT_ROW
    of_average: Row = getattr(scheme, name) if name in AVERAGES else scheme.labels[name]
    return of_average
