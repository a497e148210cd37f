"""Gains from mending a kind of error, and the command that chooses an operating point."""

from __future__ import annotations

import shlex
from pathlib import Path

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.records.dataset_folder import DatasetFolder

BOUNDS = ("too_long", "too_short", "shifted", "split", "merge")
"""Kinds of error in which the label is right and the bounds are not."""


def f1_of(correct: float, possible: float, actual: float) -> float:
    """F1 from counts; 0 without spans."""
    return 2 * correct / (possible + actual) if possible + actual else 0.0


def tune(evidence: Evidence) -> str:
    """The command that chooses thresholds on the development split; empty without a run."""
    if not evidence.run:
        return ""
    goal = evidence.goals.get("recall", 0.9)
    data = (
        ["--data", str(DatasetFolder(Path(evidence.dataset)).gold("dev"))]
        if evidence.dataset
        else []
    )
    return shlex.join(
        ["pii-sft", "tune", "--run", evidence.run, *data, "--target-recall", f"{goal:g}"]
    )
