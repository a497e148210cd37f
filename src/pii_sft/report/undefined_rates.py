"""Rates whose denominator is 0, which are shown as a dash and not as 0."""

from __future__ import annotations

from collections.abc import Mapping

from pii_sft.evaluators.aggregation.results import Row

_SPANS = {"precision": ("actual",), "recall": ("possible",)}
_CHARACTERS = {"precision": ("correct", "over_redacted"), "recall": ("correct", "leaked")}
"""The counts in the denominator of each rate; F needs any of all counts."""


def measured(row: Row, name: str) -> float | None:
    """A rate; None where its denominator is 0.

    Rows without counts, which are averages, are taken as they are.
    """
    if name not in row.rates or not defined(row.counts, name):
        return None
    return row.rates[name]


def defined(counts: Mapping[str, float], name: str) -> bool:
    """True if a rate has something to divide by."""
    parts = _CHARACTERS if "leaked" in counts else _SPANS
    needed = parts.get(name, tuple(each for part in parts.values() for each in part))
    known = [counts[each] for each in needed if each in counts]
    return not known or any(known)
