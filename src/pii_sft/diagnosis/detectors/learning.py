"""Detectors on what was learnt: plateau, underfitting, memorisation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pii_sft.diagnosis.detectors.loss import NEAR_ZERO
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.robust_statistics import blocks, ends, noise, resolution, smoothed, trend
from pii_sft.findings import Finding


def plateau(evidence: Evidence) -> Iterator[Finding]:
    """A loss that stands still for the last six tenths of a run, far from zero.

    Still: the medians of 20 stretches stay within 2 % of what was gained, or within their noise,
    and there is no fall of 3 % that Mann and Kendall's test finds at 1 %. A loss that ends below a
    tenth of its start has converged.
    """
    loss = evidence.log.loss.finite()
    if len(loss) < 30 or _began_late(evidence):
        return
    curve = blocks(loss.values, min(20, len(loss) // 3))
    start, _ = ends(loss.values)
    end = float(np.median(curve[-max(1, len(curve) // 4) :]))
    gained = start - end
    error = max(noise(loss.values) / np.sqrt(len(loss) / len(curve)), resolution(loss.values))
    if gained <= 5 * error or (start > 0 and end < 0.1 * start) or _barely_learns(start, end):
        return
    still = int(np.argmax(curve <= end + max(0.02 * gained, error)))
    tail = loss.values[len(loss) * still // len(curve) :]
    if len(tail) < 8:
        return
    fall = float(np.median(tail[: len(tail) // 4]) - np.median(tail[-(len(tail) // 4) :]))
    falls = trend(blocks(tail, 12)) < 0.01 and fall > 0.03 * gained
    if still > 0.4 * len(curve) or falls:
        return
    at = float(loss.at[len(loss) * still // len(curve)])
    yield Finding(
        "loss-plateau",
        "warning",
        f"the loss stands at {end:.4g} since {evidence.place(at)}, after {start:.4g} at the start: "
        f"{1 - still / len(curve):.0%} of the run bring nothing",
        "end the run there; to get lower, try a higher learning rate ('pii-sft lr-range'), a "
        "larger lora_rank, or clean the data ('pii-sft audit'): what "
        "contradicts itself can't be learnt",
        {},
        "Training stands still",
        {
            "level": end,
            "at": at,
            "start": start,
            "share": 1 - still / len(curve),
            "unit": evidence.log.unit,
        },
        f"pii-sft lr-range {evidence.recipe}",
    )


def underfit(evidence: Evidence) -> Iterator[Finding]:
    """A loss that has lost less than a fifth of where it began, after 20 rows or more."""
    loss = evidence.log.loss.finite()
    if len(loss) < 20 or _began_late(evidence):
        return
    start, end = ends(loss.values)
    if not _barely_learns(start, end):
        return
    higher = {"learning_rate": 4 * evidence.rate} if 0 < evidence.rate < 5e-5 else {}
    yield Finding(
        "underfit",
        "warning",
        f"the loss goes from {start:.4g} to {end:.4g} in {len(loss)} logged rows: "
        f"{1 - end / start:.0%} of it was learnt",
        "raise the learning rate (LoRA wants 1e-4 to 5e-4; 'pii-sft lr-range' measures it), train "
        "longer, raise lora_rank, and check that the template fits the model",
        higher,
        "The model hardly learns",
        {"start": start, "end": end, "rows": len(loss), "rate": evidence.rate},
        f"pii-sft lr-range {evidence.recipe}",
    )


def memorisation(evidence: Evidence) -> Iterator[Finding]:
    """A loss under 0.01 for an epoch or more, while the development loss is not.

    Losses that go below zero are no cross-entropy, and say nothing of this.
    """
    loss = evidence.log.loss.finite()
    if len(loss) < 3 or (loss.values < 0).any() or (loss.values == 0).all():
        return
    smooth = smoothed(loss.values, 5)
    above = np.flatnonzero(smooth >= NEAR_ZERO)
    first = int(above[-1]) + 1 if len(above) else 0
    if len(loss) - first < 3:
        return
    begin, end = (evidence.log.epoch_at(float(at)) for at in (loss.at[first], loss.at[-1]))
    epochs = end - begin if begin is not None and end is not None else None
    if (epochs is not None and epochs < 1) or (
        epochs is None and len(loss) - first < 0.3 * len(loss)
    ):
        return
    held_out = evidence.log.eval_loss.finite()
    if len(held_out) and held_out.values[-1] < 2 * NEAR_ZERO:
        return
    known = (
        "" if not len(held_out) else f", that of the development split {held_out.values[-1]:.4g}"
    )
    stretch = "" if epochs is None else f" for {epochs:.2g} epochs"
    yield Finding(
        "memorisation",
        "warning",
        f"the training loss is under {NEAR_ZERO} from {evidence.place(float(loss.at[first]))} on"
        f"{stretch} (median {np.median(loss.values[first:]):.2g}{known}): the rows are known by "
        "heart, and more epochs teach nothing",
        "train fewer epochs, stop early, and add data rather than epochs ('pii-sft synth')",
        {"num_train_epochs": max(1.0, float(round(begin)))} if begin else {},
        "Rows are learnt by heart",
        {
            "at": float(loss.at[first]),
            "level": float(np.median(loss.values[first:])),
            "epochs": epochs or 0.0,
            "unit": evidence.log.unit,
            "limit": NEAR_ZERO,
        },
        evidence.train("--early-stop", "3"),
    )


DETECTORS = (underfit, plateau, memorisation)


def _barely_learns(start: float, end: float) -> bool:
    return start > 0 and 0.8 * start < end <= 1.15 * start


def _began_late(evidence: Evidence) -> bool:
    """True for the log of a part of a run, which begins after a tenth of it."""
    first, last = evidence.log.span
    return evidence.log.unit != "row" and first > 0.1 * last
