"""Detectors on the learning rate: zero, no warm-up, a short warm-up, no restarts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding

HARMLESS_PEAK = 1e-4
"""Peak rate below which a start without warm-up is a note and not a warning."""


def zero(evidence: Evidence) -> Iterator[Finding]:
    """A learning rate of 0 in half of the rows or more."""
    rates = evidence.log.series("learning_rate").finite()
    none = int((rates.values <= 0).sum())
    if len(rates) < 4 or none < 0.5 * len(rates):
        return
    yield Finding(
        "learning-rate-zero",
        "error",
        f"the learning rate is 0 in {none} of {len(rates)} logged rows: nothing is learnt there",
        "set learning_rate, and check max_steps and warmup_steps: a schedule shorter than the run "
        "ends at 0",
        {"learning_rate": 2e-4},
        "The learning rate is zero",
        {"none": none, "rows": len(rates)},
        evidence.train(learning_rate=2e-4),
    )


def no_warmup(evidence: Evidence) -> Iterator[Finding]:
    """The peak of the learning rate at the first step.

    A warning from 1e-4 on or where the first rows are unsteady, a note below. A log whose first row
    comes later, at step 2 of less than 100 or behind it, shows it only together with settings that
    have no warm-up.
    """
    rates = evidence.log.series("learning_rate").finite()
    if len(rates) < 4 or evidence.log.unit != "step" or evidence.log.resumed:
        return
    late = rates.at[0] > max(1.0, min(2.0, 0.02 * evidence.end))
    if late and (evidence.settings is None or _planned_share(evidence) > 0):
        return
    peak = float(rates.values.max())
    if peak <= 0 or rates.values[0] < 0.99 * peak:
        return
    shaken = _shaken(evidence, float(rates.at[0]))
    yield Finding(
        "no-warmup",
        "warning" if peak >= HARMLESS_PEAK or shaken else "note",
        f"the learning rate is at its peak of {peak:.3g} at {evidence.place(float(rates.at[0]))}"
        + (f"; {shaken}" if shaken else ""),
        "warm up for a twentieth of the run: Adam knows nothing of the gradient's size in its "
        "first steps",
        {"warmup_steps": 0.05},
        "No warm-up",
        {"peak": peak, "at": float(rates.at[0]), "unit": evidence.log.unit},
        evidence.train(warmup_steps=0.05),
    )


def short_warmup(evidence: Evidence) -> Iterator[Finding]:
    """A warm-up of under 1 % of a run, or under an epoch by its settings.

    A warning where the first rows after it are unsteady. Without that, a note, and only where
    epochs are counted: many recipes warm up briefly and do well.
    """
    rates = evidence.log.series("learning_rate").finite()
    if len(rates) < 4:
        return
    peak = int(np.argmax(rates.values >= 0.99 * rates.values.max()))
    if peak == 0 and evidence.log.unit == "step":
        return
    share = _planned_share(evidence)
    epochs = evidence.setting("num_train_epochs", 0.0)
    if evidence.log.unit == "epoch" and 0 < share * epochs < 1:
        yield _short(
            evidence,
            "note",
            f"the warm-up is {share:g} of {epochs:g} epochs, {share * epochs:.2g} epochs: under "
            "one",
            {"share": share, "epochs": share * epochs},
        )
        return
    at, first = float(rates.at[peak]), float(rates.at[0])
    brief = (at - min(first, 1)) / (evidence.end or 1.0)
    shaken = _shaken(evidence, at)
    if (
        evidence.log.unit == "step"
        and brief < 0.01
        and shaken
        and rates.values[0] < 0.9 * rates.values[peak]
    ):
        yield _short(
            evidence,
            "warning",
            f"the learning rate reaches its peak at {evidence.place(at)} of {evidence.end:g} "
            f"({brief:.1%} of the run); {shaken}",
            {"share": brief, "at": at},
        )


def _short(evidence: Evidence, severity: str, shown: str, figures: dict[str, float]) -> Finding:
    return Finding(
        "short-warmup",
        "warning" if severity == "warning" else "note",
        shown,
        "warm up for a twentieth of the run",
        {"warmup_steps": 0.05},
        "A short warm-up",
        {**figures, "unit": evidence.log.unit},
        evidence.train(warmup_steps=0.05),
    )


def _planned_share(evidence: Evidence) -> float:
    """The share of the run that its settings give to the warm-up; 0 where they do not say."""
    steps = evidence.setting("warmup_steps", 0.0)
    if steps > 0:
        return steps if steps < 1 else steps / max(steps, evidence.end or steps)
    return evidence.setting("warmup_ratio", evidence.setting("pct_start", 0.0))


def _shaken(evidence: Evidence, since: float) -> str:
    """Describe the unsteadiness in the rows after the peak, in words; empty if nothing was.

    Gradients of three rows on end five times as large as later on, or a loss that rises a tenth
    above where it began.
    """
    norms, loss = (
        each.finite().since(since) for each in (evidence.log.series("grad_norm"), evidence.log.loss)
    )
    early = max(5, len(norms) // 20)
    if len(norms) >= 4 * early:
        level = float(np.median(norms.values[early:]))
        high = np.flatnonzero(norms.values[1:early] > 5 * level)
        if level > 0 and len(high) >= 3:
            top = float(norms.values[1:early].max())
            return f"gradients of up to {top:.3g} follow, {top / level:.0f} times those later on"
    early = max(5, len(loss) // 20)
    if len(loss) >= 4 * early and loss.values[0] > 0:
        top = float(np.median(np.sort(loss.values[1:early])[-3:]))
        if top > 1.1 * float(loss.values[0]) and top > 1.1 * float(np.median(loss.values[early:])):
            return f"the loss then rises from {loss.values[0]:.4g} to {top:.4g}"
    return ""


def never_restarts(evidence: Evidence) -> Iterator[Finding]:
    """A schedule with restarts in the settings, and none in six tenths of the run."""
    if (evidence.settings or {}).get("lr_scheduler_type") != "cosine_with_restarts":
        return
    rates = evidence.log.series("learning_rate").finite()
    if len(rates) < 8 or len(evidence.restarts) or rates.at[-1] < 0.6 * evidence.end:
        return
    yield Finding(
        "restarts-never",
        "warning",
        f"lr_scheduler_type is cosine_with_restarts, but the learning rate falls from "
        f"{rates.values.max():.3g} to {rates.values[-1]:.3g} in {rates.at[-1]:g} "
        f"{evidence.log.unit}s and never restarts",
        "set lr_scheduler_kwargs.num_cycles to the number of cycles, or take cosine",
        {"lr_scheduler_kwargs": {"num_cycles": 2}},
        "The learning rate never restarts",
        {
            "peak": float(rates.values.max()),
            "end": float(rates.values[-1]),
            "steps": float(rates.at[-1]),
            "unit": evidence.log.unit,
        },
        evidence.train(**{"lr_scheduler_kwargs.num_cycles": 2}),
    )


DETECTORS = (zero, no_warmup, short_warmup, never_restarts)
