"""Thresholds that a score has to reach, for pipelines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.evaluate import Report

DEFAULT_SCHEME = "strict"
AVERAGES = ("micro", "macro", "weighted")


class Missed(msgspec.Struct, frozen=True):
    """A threshold that was not reached."""

    name: str
    wanted: float
    reached: float

    def __str__(self) -> str:
        return f"{self.name} is {self.reached:.4f}, below {self.wanted:g}"


def missed(report: Report, thresholds: Iterable[str]) -> list[Missed]:
    """The thresholds that a report does not reach.

    Args:
        report: the scores.
        thresholds: `METRIC=VALUE`, `SCHEME.METRIC=VALUE` or `SCHEME.LABEL.METRIC=VALUE`; the
            scheme is `strict` and the row `micro` where they are not named. `LABEL` may also be
            `micro`, `macro` or `weighted`.

    Raises:
        UsageError: a threshold can't be read, or names what the report does not have.
    """
    scores = report.to_dict()["schemes"]
    found = []
    for threshold in thresholds:
        name, _, text = threshold.rpartition("=")
        try:
            wanted = float(text)
        except ValueError:
            raise UsageError(f"Can't read the threshold {threshold!r}: {_FORM}") from None
        reached = _value(scores, name)
        if reached < wanted:
            found.append(Missed(name, wanted, reached))
    return found


_FORM = "write recall=0.90, exact.recall=0.95 or strict.PERSON.f1=0.8."


def _value(scores: dict[str, Any], name: str) -> float:
    scheme, _, rest = name.partition(".") if "." in name else (DEFAULT_SCHEME, "", name)
    row, _, metric = rest.rpartition(".")
    try:
        rows = scores[scheme]
        chosen = rows[row or "micro"] if (row or "micro") in AVERAGES else rows["labels"][row]
        value = chosen[metric]
    except KeyError as error:
        raise UsageError(
            f"The scores have no {error.args[0]!r}, asked for by {name!r}: {_FORM}"
        ) from None
    return float(value)
