"""Detectors on the norm of the gradients: exploding, vanishing, neither clipped nor logged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.robust_statistics import ends, median_so_far, smoothed
from pii_sft.findings import Finding

TIMES = 10
"""A rule of thumb: gradients of ten times their usual norm can undo what was learnt."""


def explosion(evidence: Evidence) -> Iterator[Finding]:
    """Gradients above ten times the median of the rows around them, or a level that grew so much.

    Single ones are harmless where they are clipped; then three on end or a twentieth of all rows
    count. The first twentieth of a run, where gradients are large by nature, is left out. The level
    is a running median, compared with the median of the run so far.
    """
    norms = evidence.log.series("grad_norm").finite()
    if len(norms) < 12:
        return
    skipped = max(3, len(norms) // 20)
    values, at = norms.values[skipped:], norms.at[skipped:]
    around = np.maximum(smoothed(values, max(21, len(values) // 10)), 1e-12)
    high = values > TIMES * around
    smooth = smoothed(values, 5)
    so_far = median_so_far(values)
    grown = smooth > TIMES * np.maximum(so_far, 1e-12)
    grown &= np.arange(len(values)) >= 5
    clipped = evidence.settings is not None and evidence.setting("max_grad_norm", 1.0) > 0
    few = clipped and high.sum() < max(3, 0.05 * len(values))
    either = grown if few else high | grown
    if not either.any():
        return
    worst = int(np.argmax(np.where(either, values, 0)))
    usual = float(np.median(values))
    off = evidence.settings is not None and not clipped
    yield Finding(
        "gradient-explosion",
        "error" if grown.any() and grown[-1] else "warning",
        f"{int(either.sum())} rows have gradients above {TIMES} times their usual norm, most at "
        f"{evidence.place(float(at[worst]))}: {values[worst]:.3g} against a median of {usual:.3g}"
        + ("; they are not clipped" if off else ""),
        "clip gradients (max_grad_norm: 1.0) and halve the learning rate",
        {"max_grad_norm": 1.0, **({"learning_rate": evidence.rate / 2} if evidence.rate else {})},
        "Gradients explode",
        {
            "rows": int(either.sum()),
            "at": float(at[worst]),
            "norm": float(values[worst]),
            "median": usual,
            "times": TIMES,
            "unit": evidence.log.unit,
        },
        evidence.train(max_grad_norm=1.0),
    )


def vanishing(evidence: Evidence) -> Iterator[Finding]:
    """Gradients that fell to a hundredth, or to nothing, while much of the loss is left.

    Much is three tenths; where a ten thousandth of the gradients is left, a twentieth, since no
    loss that was learnt leaves so little of them before it is gone itself.
    """
    norms = evidence.log.series("grad_norm").finite()
    if len(norms) < 12:
        return
    begin, end = ends(norms.values, 0.1)
    loss = evidence.log.loss.finite()
    start, last = ends(loss.values) if len(loss) > 3 else (1.0, 1.0)
    gone = end < 1e-4 * begin or end < 1e-7
    if last < (0.05 if gone else 0.3) * start or not (gone or end < 0.01 * begin):
        return
    yield Finding(
        "gradients-vanish",
        "error",
        f"the norm of the gradients falls from {begin:.3g} to {end:.3g} while the loss is still "
        f"{last:.4g} of {start:.4g}: the weights no longer move",
        "train in bf16 instead of fp16, check that layers to be trained are not frozen, and that "
        "rows hold an answer after cutoff_len",
        {"bf16": True},
        "Gradients vanish",
        {"begin": begin, "end": end, "loss": last, "start": start},
        f"pii-sft recipes check {evidence.recipe}",
    )


def unwatched(evidence: Evidence) -> Iterator[Finding]:
    """Clipping turned off, and no norm of the gradients in the log."""
    if evidence.settings is None or evidence.setting("max_grad_norm", 1.0) > 0:
        return
    if len(evidence.log.series("grad_norm")):
        return
    yield Finding(
        "gradients-unwatched",
        "warning",
        "gradients are not clipped, and their norm was never logged: an explosion would not be "
        "seen",
        "clip gradients (max_grad_norm: 1.0); 'pii-sft train' and trainer_state.json log their "
        "norm",
        {"max_grad_norm": 1.0},
        "Nobody watches the gradients",
        {},
        evidence.train(max_grad_norm=1.0),
    )


DETECTORS = (explosion, vanishing, unwatched)
