"""When a run was evaluated: too rarely, not at the ends of cycles, for too long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding


def too_rare(evidence: Evidence) -> Iterator[Finding]:
    """One or two evaluations in a run of two epochs or 300 steps, or one that was to have some.

    A note where every epoch was evaluated, or as far as the log says a single one, as is usual.
    """
    log = evidence.log
    at = sorted({row.at for row in log.rows if row.evaluates})
    first, last = log.span
    planned = (evidence.settings or {}).get("eval_strategy") in ("steps", "epoch")
    begin, end = log.epoch_at(first), log.epoch_at(last)
    epochs = end - begin if begin is not None and end is not None else 0.0
    long_run = epochs > 1.9 or (log.unit == "step" and last >= 300)
    if len(at) > 2 or not long_run or not (at or planned):
        return
    every = max(1, round(last / 10))
    changes = {"eval_strategy": "steps", "eval_steps": every, "save_steps": every}
    yield Finding(
        "rare-evaluation",
        "note" if at and (epochs <= 1.9 or len(at) >= round(epochs)) else "warning",
        f"{len(at) or 'no'} evaluation{'' if len(at) == 1 else 's'} in {last:g} {log.unit}s: the "
        "best checkpoint can't be told, and overfitting would not be seen",
        f"evaluate ten times a run: eval_strategy: steps, eval_steps: {every}",
        changes if log.unit == "step" else {"eval_strategy": "epoch"},
        "Evaluated too rarely",
        {"evaluations": len(at), "steps": last, "every": every, "unit": log.unit},
        evidence.train(**changes) if log.unit == "step" else "",
    )


def cycle_ends(evidence: Evidence) -> Iterator[Finding]:
    """Cycles of the learning rate of which fewer than half were evaluated at their end.

    A checkpoint is best where the rate is lowest: an evaluation counts if it lies in the last 15 %
    of a cycle, or within two logged rows of its end.
    """
    restarts, log = evidence.restarts, evidence.log
    at = np.array(sorted({row.at for row in log.rows if row.evaluates}))
    if not len(restarts) or len(at) < 2:
        return
    rates = log.series("learning_rate").at
    every = float(np.median(np.diff(rates)))
    starts = np.concatenate([[rates[0]], restarts])
    lengths = np.diff(starts)
    reach = np.maximum(0.15 * lengths, 2 * every)
    seen = [
        bool(((at >= end - far - 1e-9) & (at <= end + 1e-9)).any())
        for end, far in zip(restarts, reach, strict=True)
    ]
    if sum(seen) * 2 >= len(seen):
        return
    cycle = round(float(np.median(lengths)))
    yield Finding(
        "cycle-ends-not-evaluated",
        "warning",
        f"the learning rate restarts {len(restarts)} times, about every {cycle} {log.unit}s, and "
        f"{sum(seen)} of these cycle ends were evaluated: the best checkpoints were never looked "
        "at",
        f"evaluate and save at the ends of cycles: eval_steps and save_steps of {cycle}, or a "
        "number that divides it",
        {"eval_strategy": "steps", "eval_steps": cycle, "save_steps": cycle},
        "Ends of cycles were not evaluated",
        {"restarts": len(restarts), "cycle": cycle, "seen": sum(seen), "unit": log.unit},
        evidence.train(eval_strategy="steps", eval_steps=cycle, save_steps=cycle),
    )


def long_pauses(evidence: Evidence) -> Iterator[Finding]:
    """Evaluations that take more than a third of the time of a run."""
    pauses = evidence.log.series("eval_runtime").finite()
    clock = evidence.log.series("seconds").finite()
    if len(pauses) < 2:
        return
    evaluating = float(pauses.values.sum())
    whole = float(clock.values.max()) if len(clock) else 0.0
    if whole <= 0 or evaluating < whole / 3:
        return
    yield Finding(
        "evaluation-pauses",
        "note",
        f"{len(pauses)} evaluations took {evaluating:.0f} of {whole:.0f} seconds "
        f"({evaluating / whole:.0%})",
        "evaluate on fewer documents (--eval-documents 50), in larger batches "
        "(per_device_eval_batch_size), or more rarely",
        {},
        "Evaluation takes much of the time",
        {
            "evaluations": len(pauses),
            "seconds": evaluating,
            "whole": whole,
            "share": evaluating / whole,
        },
        evidence.train("--eval-documents", "50"),
    )


DETECTORS = (too_rare, cycle_ends, long_pauses)
