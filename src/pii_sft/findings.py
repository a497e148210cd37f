"""Findings of every check: of recipes, data sets, training runs and scores, in one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""

REMOVED = None
"""A change to this value takes the key out of a recipe."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. Holds ids, offsets, labels and figures, never text of a document.

    Attributes:
        id: stable name of the rule.
        severity: `error` ends the work or spoils its result, `warning` most likely is not what was
            meant, `note` could be better.
        evidence: the figures that show it, in a sentence.
        fix: what to do, in a sentence.
        changes: keys and values that mend the recipe; empty where only the user can.
        title: what is wrong, in a few words; empty where the evidence says it all.
        figures: the numbers behind the evidence by name, for programs and for other languages.
        command: a command that addresses it, ready to be typed; empty where there is none.
        examples: ids of documents that show it.
        gain: the most that mending it can add to strict F1, from 0 to 1, as a bound from the
            counts; 0 where that can't be said.
    """

    id: str
    severity: Severity
    evidence: str
    fix: str
    changes: dict[str, Any] = {}
    title: str = ""
    figures: dict[str, Any] = {}
    command: str = ""
    examples: tuple[str, ...] = ()
    gain: float = 0.0


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by severity, then by gain; equals stay in the order in which they came."""
    return sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), -each.gain))
