"""Attempts of a run that were interrupted, and continued or begun again."""

from __future__ import annotations

from collections.abc import Iterator

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding


def resumed(evidence: Evidence) -> Iterator[Finding]:
    """Report a step count that goes back, as in a run that was resumed or restarted."""
    log = evidence.log
    if not log.resumed:
        return
    last = log.resumed[-1]
    lost = sum(max(0.0, each.reached - each.begun) for each in log.resumed)
    yield Finding(
        "run-resumed",
        "note",
        f"the log goes back {_times(len(log.resumed))}, at last from "
        f"{evidence.place(last.reached)} to {evidence.place(last.begun)}: the run was "
        f"continued, or begun again, and about {lost:g} {log.unit}s were done twice; only what "
        "counts in the end is judged here",
        "nothing, if that was meant; save more often if much was lost, and keep the logs of other "
        "runs in folders of their own",
        {},
        "The run was interrupted and went on",
        {
            "times": len(log.resumed),
            "at": last.begun,
            "reached": last.reached,
            "lost": lost,
            "unit": log.unit,
        },
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


DETECTORS = (resumed,)
