"""Detectors on the development split: overfitting, gaps, standstill, missing early stopping."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.robust_statistics import noise, resolution, smoothed
from pii_sft.diagnosis.training_log import Floats, Series
from pii_sft.findings import Finding

WIDE_GAP = 0.2
"""Of practice: the development loss should not lie farther above the training loss."""

PATIENCE = 5
"""Evaluations without improvement after which early stopping ends a run by default."""


class Course(msgspec.Struct, frozen=True):
    """The course of a development figure, with its sign changed if needed so that lower is better.

    Attributes:
        name: of the figure.
        series: its values, lower is better.
        sign: 1 where lower is better, -1 where higher is.
        best: index of the best evaluation.
        reached: index of the first evaluation that is as good, within rounding and noise.
        tolerance: the difference that rounding and noise explain.
    """

    name: str
    series: Series
    sign: float
    best: int
    reached: int
    tolerance: float

    @property
    def rise(self) -> float:
        """Give the distance of the end, the better of the last two values, from the best."""
        last = self.series.values[max(self.best + 1, len(self.series) - 2) :]
        return float(last.min() - self.series.values[self.best]) if len(last) else 0.0

    def shown(self, index: int) -> float:
        """A value as it was logged."""
        return float(self.sign * self.series.values[index])


def course(evidence: Evidence, *, loss: bool = False) -> Course | None:
    """Give the figure that chooses checkpoints: the metric of the settings, span F1, or the loss.

    Args:
        evidence: of the run.
        loss: take the loss in any case.

    Returns:
        None for fewer than three evaluations. A metric that never moves, such as the span F1 of a
        model that finds nothing yet, decides nothing.
    """
    metric = "" if loss else str((evidence.settings or {}).get("metric_for_best_model") or "")
    named = metric if metric.startswith("eval_") or not metric else f"eval_{metric}"
    names = [named, "eval_loss"] if loss or named else ["eval_span_f1", "eval_loss", "eval_f1"]
    for name in filter(None, names):
        series = evidence.log.series(name).finite()
        if len(series) > 2 and (name.endswith("loss") or np.ptp(series.values) > 0):
            sign = 1.0 if name.endswith("loss") else -1.0
            return _course(name, Series(series.at, sign * series.values), sign)
    return None


def _course(name: str, series: Series, sign: float) -> Course:
    values = series.values
    best = int(values.argmin())
    rounding = 1.9 * resolution(values)  # less than one unit of the last digit
    jitter = noise(values[len(values) // 3 :]) if len(values) > 8 else 0.0
    tolerance = max(rounding, 0.01 * float(values[0] - values[best]), jitter)
    reached = int(np.argmax(values <= values[best] + tolerance))
    return Course(name, series, sign, best, reached, tolerance)


def _worsens(found: Course) -> bool:
    """True if evaluations after the best one are worse, beyond noise.

    The end lies above the best by three times the noise, 3 % of the value and a tenth of what was
    gained; where one evaluation follows, by a tenth of the value.
    """
    values = found.series.values
    after = len(values) - 1 - found.best
    if after < 1:
        return False
    best, gained = float(values[found.best]), float(values[0] - values[found.best])
    jitter = 3 * noise(values) if len(values) > 6 else 0.0
    least = (0.1 if after == 1 else 0.03) * abs(best)
    return found.rise > max(jitter, least, 0.1 * gained, 2 * resolution(values))


def overfit(evidence: Evidence) -> Iterator[Finding]:
    """A development loss that rises while the training loss falls or stands."""
    found = course(evidence, loss=True)
    if found is None or not _worsens(found):
        return
    at = float(found.series.at[found.best])
    trained = evidence.log.loss.finite()
    known = len(trained) > 3
    if known:
        smooth = smoothed(trained.values, max(3, len(trained) // 20))
        then, end = float(np.interp(at, trained.at, smooth)), float(smooth[-1])
        if end > then + 0.1 * abs(then):
            return  # both rise: that is divergence
    last = len(found.series) - 1
    other = course(evidence)
    spared = other is not None and other.name != "eval_loss" and not _worsens(other)
    epoch = evidence.log.epoch_at(at)
    changes = {"num_train_epochs": max(1.0, float(np.ceil(epoch)))} if epoch else {}
    gap = f", the training loss falls from {then:.4g} to {end:.4g}" if known else ""
    yield Finding(
        "overfitting",
        "note" if spared else "warning",
        f"the development loss is lowest at {evidence.place(at)} ({found.shown(found.best):.4g}) "
        f"and ends at {found.shown(last):.4g}{gap}"
        + (f"; {other.name} has not fallen, so it costs nothing yet" if spared and other else ""),
        f"take the checkpoint of {evidence.place(at)}, stop early, and next time add data, lower "
        "the learning rate or add lora_dropout",
        changes,
        "Overfitting",
        {
            "at": at,
            "best": found.shown(found.best),
            "end": found.shown(last),
            "rise": found.rise,
            "train_then": then if known else 0.0,
            "train_end": end if known else 0.0,
            "unit": evidence.log.unit,
        },
        evidence.train("--early-stop", "3", **changes),
    )


def wide_gap(evidence: Evidence) -> Iterator[Finding]:
    """A development loss that ends 0.2, and a quarter of itself, above the training loss.

    Losses below zero are no cross-entropy; the rule of practice says nothing about them.
    """
    held_out, trained = evidence.log.eval_loss.finite(), evidence.log.loss.finite()
    if not len(held_out) or len(trained) < 3 or (trained.values < 0).any():
        return
    end = float(held_out.values[-1])
    near = trained.values[trained.at <= held_out.at[-1]]
    train = float(np.median(near[-max(3, len(near) // 20) :])) if len(near) else end
    gap = end - train
    if gap <= WIDE_GAP or gap <= 0.25 * abs(end):
        return
    yield Finding(
        "wide-gap",
        "warning",
        f"the development loss ends {gap:.3f} above the training loss ({end:.4g} against "
        f"{train:.4g}); of practice it should stay under {WIDE_GAP}",
        "add data or regularise (lora_dropout: 0.1, fewer epochs); check that both splits come "
        "from the same source: 'pii-sft audit' compares them",
        {"lora_dropout": 0.1},
        "A wide gap between training and development",
        {"gap": gap, "eval_loss": end, "train_loss": train, "limit": WIDE_GAP},
        evidence.train(lora_dropout=0.1),
    )


def standstill(evidence: Evidence) -> Iterator[Finding]:
    """No improvement beyond rounding, noise and 1 % for three evaluations and half of the run."""
    found = course(evidence)
    if found is None or len(found.series) < 5 or _worsens(found):
        return
    count = len(found.series) - 1
    still = count - found.reached
    if still < 3 or still < 0.5 * count:
        return
    at, last = float(found.series.at[found.reached]), float(found.series.at[-1])
    yield Finding(
        "development-plateau",
        "warning",
        f"{found.name} is {found.shown(found.reached):.4g} at {evidence.place(at)} and "
        f"{found.shown(count):.4g} at {evidence.place(last)}: within {found.tolerance:.1g} for "
        f"{still} evaluations",
        "end such runs early; to get further change the data or the model, not the number of "
        "epochs",
        {},
        "The development split stands still",
        {
            "name": found.name,
            "at": at,
            "value": found.shown(found.reached),
            "last": last,
            "end": found.shown(count),
            "evaluations": still,
            "tolerance": found.tolerance,
            "unit": evidence.log.unit,
        },
        evidence.train("--early-stop", "3"),
    )


def best_early(evidence: Evidence) -> Iterator[Finding]:
    """The best checkpoint in the first six tenths of a run, three evaluations before its end."""
    found = course(evidence)
    if found is None:
        return
    worse = _worsens(found)
    index = found.best if worse else found.reached
    first, last = evidence.log.span
    at = float(found.series.at[index])
    done = (at - first) / (last - first) if last > first else 1.0
    stands = worse or (len(found.series) - 1 - found.reached >= 0.5 * (len(found.series) - 1))
    if done > 0.6 or len(found.series) - 1 - index < 3 or not stands:
        return
    yield Finding(
        "best-checkpoint-early",
        "warning",
        f"no evaluation after {evidence.place(at)} is better ({found.name} "
        f"{found.shown(index):.4g}): the best checkpoint was there after {done:.0%} of what was "
        "trained",
        f"use the checkpoint of {evidence.place(at)}, not the last one"
        + ("" if evidence.says("load_best_model_at_end") else " (load_best_model_at_end: true)"),
        {} if evidence.says("load_best_model_at_end") else {"load_best_model_at_end": True},
        "The best checkpoint came early",
        {
            "at": at,
            "name": found.name,
            "value": found.shown(index),
            "share": done,
            "unit": evidence.log.unit,
        },
        f"pii-sft sweep {evidence.run}" if evidence.run else "",
    )


def no_early_stopping(evidence: Evidence) -> Iterator[Finding]:
    """A run without early stopping that goes on past where a patience of 5 would have ended it."""
    found = course(evidence)
    if found is None or evidence.says("early_stopping_steps"):
        return
    stop = _stopped(found.series.values, found.tolerance)
    if stop is None or not (_worsens(found) or stop < len(found.series) - 2):
        return
    at, first = float(found.series.at[stop]), evidence.log.span[0]
    saved = (evidence.end - at) / (evidence.end - min(first, at) or 1.0)
    if saved < 0.1:
        return
    yield Finding(
        "no-early-stopping",
        "warning",
        f"early stopping with a patience of {PATIENCE} evaluations would have ended the run at "
        f"{evidence.place(at)} of {evidence.end:g} and saved {saved:.0%} of its time",
        "stop early: with LLaMA-Factory early_stopping_steps (counted in evaluations), with "
        "'pii-sft train' --early-stop",
        {"early_stopping_steps": PATIENCE, "load_best_model_at_end": True},
        "Early stopping is missing",
        {
            "patience": PATIENCE,
            "at": at,
            "end": evidence.end,
            "saved": saved,
            "unit": evidence.log.unit,
        },
        evidence.train("--early-stop", str(PATIENCE)),
    )


def _stopped(values: Floats, tolerance: float) -> int | None:
    """At which evaluation a patience of 5 ends a run; None if it does not."""
    best, since = values[0], 0
    for index, value in enumerate(values[1:], 1):
        improved = value < best - tolerance / 2
        best, since = (value, 0) if improved else (best, since + 1)
        if since == PATIENCE and index < len(values) - 1:
            return index
    return None


DETECTORS = (overfit, wide_gap, standstill, best_early, no_early_stopping)
