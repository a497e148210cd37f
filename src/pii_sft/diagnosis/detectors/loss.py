"""Detectors on the training loss: no number, zero, spikes, divergence, oscillation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.robust_statistics import (
    ends,
    median_before,
    noise,
    resolution,
    smoothed,
    spread,
    wave,
)
from pii_sft.diagnosis.training_log import Floats
from pii_sft.findings import Finding

Integers = NDArray[np.int64]

FEWEST_ROWS = 12
"""Rows below which a curve is checked for values that are no numbers, and for nothing else."""

FEWEST_WAVES = 4

SORTED_STEPS = 50
"""Steps whose rows transformers sorts by length together, the longest first: the loss of an answer
depends on its length, and swings as often. It is a quarter of an epoch where that is shorter
(`transformers.trainer_pt_utils.get_length_grouped_indices`).
"""

NEAR_ZERO = 0.01
"""Nats a token: the answer is known with 99 %; measured at .002 where rows were learnt by heart."""


def not_a_number(evidence: Evidence) -> Iterator[Finding]:
    """A loss that is no number, or gradients that are none for three rows in a row.

    One or two such gradients are the loss scaler of fp16 finding its scale.
    """
    log = evidence.log
    losses = [(name, log.series(name)) for name in ("loss", "plain_loss", "eval_loss")]
    bad = [(name, s.at[~np.isfinite(s.values)]) for name, s in losses]
    bad = [(name, at) for name, at in bad if len(at)]
    gradients = log.series("grad_norm")
    at = _lasting(gradients.at, ~np.isfinite(gradients.values), 3)
    if len(at):
        bad.append(("grad_norm", at))
    if not bad:
        return
    name, first = min(((name, float(at[0])) for name, at in bad), key=lambda each: each[1])
    half = evidence.says("fp16")
    changes = {"bf16": True, "fp16": False} if half else {"learning_rate": evidence.rate / 4}
    yield Finding(
        "loss-not-a-number",
        "error",
        f"{name} is no number from {evidence.place(first)} on, "
        f"{sum(len(at) for _, at in bad)} rows in all; what was trained after that is lost",
        (
            "fp16 overflows: train in bf16, or in fp32"
            if half
            else "lower the learning rate to a "
            "quarter, keep max_grad_norm at 1, and train in bf16 instead of fp16"
        )
        + "; go on from the last checkpoint before it",
        changes if half or evidence.rate else {},
        "The loss is no number",
        {"name": name, "at": first, "rows": sum(len(at) for _, at in bad), "unit": log.unit},
        evidence.train(**changes) if half or evidence.rate else "",
    )


def zero_loss(evidence: Evidence) -> Iterator[Finding]:
    """A loss of exactly 0 for three rows: a hidden overflow, or no token to learn from.

    No cross-entropy of a real model is 0 to the last digit that is logged, unless it was learnt by
    heart, in which case it fell there step by step.
    """
    loss = evidence.log.loss.finite()
    at = _lasting(loss.at, loss.values == 0, 3)
    if not len(at):
        return
    before = loss.values[loss.at < at[0]]
    if len(before) and 0 < np.median(before[-5:]) < NEAR_ZERO:
        return
    yield Finding(
        "loss-zero",
        "error",
        f"the loss is exactly 0 from {evidence.place(float(at[0]))} on ({len(at)} rows)",
        "an overflow that the trainer hides (set logging_nan_inf_filter: false to see it), or rows "
        "whose answer was cut off: 'pii-sft recipes check RECIPE --tokenizer MODEL' counts them",
        {"logging_nan_inf_filter": False},
        "The loss is exactly zero",
        {"at": float(at[0]), "rows": len(at), "unit": evidence.log.unit},
        evidence.train(logging_nan_inf_filter=False),
    )


def spike(evidence: Evidence) -> Iterator[Finding]:
    """Losses far above the median of the 15 rows before them, that come down again.

    Far: 5 times the noise of the curve, twice the level (or what was learnt, where losses are
    negative), and 1.5 times the farthest that a value lies below the running median, since noise
    has two sides and a spike has one. Right after a restart of the learning rate it takes three
    times the level.
    """
    loss = evidence.log.loss.finite()
    if len(loss) < FEWEST_ROWS:
        return
    curve, unit = _comparable(loss.values)
    before = median_before(curve, 15)
    rise = curve - before
    below = (smoothed(curve, 9) - curve)[3:].max(initial=0.0)
    limit = max(5 * _jitter(curve), unit, 1.5 * below)
    far = np.flatnonzero(rise > limit)
    events = [run for run in _runs(far) if _comes_down(curve, before, run, limit)]
    events = [
        run
        for run in events
        if rise[run].max() > 1.6 * unit or not _after_restart(evidence, loss.at[run[0]])
    ]
    if not events:
        return
    tops = [int(run[np.argmax(loss.values[run])]) for run in events]
    worst = max(tops, key=lambda at: rise[at])
    base = float(np.median(loss.values[max(0, worst - 15) : worst]))
    yield Finding(
        "loss-spike",
        "warning",
        f"the loss jumps {len(events)} time{'' if len(events) == 1 else 's'}, most at "
        f"{evidence.place(float(loss.at[worst]))}: {loss.values[worst]:.4g} after {base:.4g}",
        "clip gradients (max_grad_norm: 1.0), halve the learning rate if spikes go on, and look at "
        "the rows of that batch: overlong or wrongly annotated ones do this",
        _gentler(evidence, 2),
        "The loss jumps",
        {
            "events": len(events),
            "at": float(loss.at[worst]),
            "peak": float(loss.values[worst]),
            "before": base,
            "unit": evidence.log.unit,
        },
        evidence.train(**_gentler(evidence, 2)),
    )


def divergence(evidence: Evidence) -> Iterator[Finding]:
    """A loss that ends with more than half of what it had gained lost again, or above its start.

    Levels are medians of 5 % of the rows and the lowest running median. The loss has to end higher
    than its best by 6 times the noise of that median too. After a restart of the learning rate it
    has to lose everything.
    """
    loss = evidence.log.loss.finite()
    if len(loss) < FEWEST_ROWS:
        return
    width = max(3, len(loss) // 20)
    smooth = smoothed(loss.values, width)
    start, end = ends(loss.values)
    lowest = int(smooth.argmin())
    best = float(smooth[lowest])
    rise, gained = end - best, max(start - best, 0.0)
    error = noise(loss.values) / np.sqrt(width)
    share = 0.9 if _after_restart(evidence, loss.at[-1], 0.25) else 0.5
    lost = max(share * gained, 0.15 * abs(best), 6 * error, resolution(loss.values))
    if rise <= lost or best == end:
        return
    onset = _onset(smooth, lowest, best + 0.25 * rise)
    yield Finding(
        "loss-diverges",
        "error",
        f"the loss falls to {best:.4g} at {evidence.place(float(loss.at[lowest]))}, rises from "
        f"{evidence.place(float(loss.at[onset]))} on and ends at {end:.4g} (it began at "
        f"{start:.4g})",
        "lower the learning rate to a quarter and warm up longer; take the last checkpoint before "
        "the rise; 'pii-sft lr-range' measures which rates the recipe bears",
        _gentler(evidence, 4),
        "Training diverges",
        {
            "best": best,
            "best_at": float(loss.at[lowest]),
            "onset": float(loss.at[onset]),
            "end": end,
            "start": start,
            "unit": evidence.log.unit,
        },
        f"pii-sft lr-range {evidence.recipe}",
    )


def oscillation(evidence: Evidence) -> Iterator[Finding]:
    """A loss that swings in a wave, or whose noise grows while it is being trained.

    A wave: one frequency of at least four periods that is stronger than white noise allows
    (Fisher's g test, p < 0.001) with an amplitude of a tenth of the level. Waves of the learning
    rate, of the epoch and of rows that are grouped by length are those of the schedule and of the
    data, and do not count. Growing noise: in the last third twice that of the middle third and a
    fifth of the level.
    """
    loss = evidence.log.loss.finite()
    if len(loss) < 2 * FEWEST_ROWS:
        return
    size = max(abs(float(np.median(loss.values[len(loss) // 4 :]))), 10 * resolution(loss.values))
    positive = bool((loss.values > 0).all())
    curve = (np.log(loss.values) if positive else loss.values / size)[len(loss) // 6 :]
    rest = curve - smoothed(curve, max(9, len(curve) // 3))
    found = wave(np.clip(rest, *np.percentile(rest, [2, 98])), FEWEST_WAVES)
    if found is not None and found.p < 0.001 and found.amplitude > 0.1:
        length = found.period * float(np.median(np.diff(loss.at)))
        if not _scheduled(evidence, length):
            yield _swings(
                evidence,
                f"the loss swings by {found.amplitude:.0%} about {size:.3g}, every {length:.3g} "
                f"{evidence.log.unit}s (p = {found.p:.1g})",
                {"amplitude": found.amplitude, "level": size, "period": length, "p": found.p},
            )
            return
    thirds = np.array_split(loss.values, 3)
    middle, last = noise(thirds[1]), noise(thirds[2])
    if last > 2 * middle > 0 and last > 0.2 * size and size > NEAR_ZERO:
        yield _swings(
            evidence,
            f"the noise of the loss grows from {middle:.3g} to {last:.3g} at a level of {size:.3g}",
            {"amplitude": last, "level": size, "before": middle},
        )


def _swings(evidence: Evidence, shown: str, figures: dict[str, float]) -> Finding:
    return Finding(
        "loss-oscillates",
        "warning",
        shown,
        "halve the learning rate, or double gradient_accumulation_steps: swings come from steps "
        "that are too long, or from batches that are too small",
        _gentler(evidence, 2),
        "The loss swings",
        {**figures, "unit": evidence.log.unit},
        evidence.train(**_gentler(evidence, 2)),
    )


DETECTORS = (not_a_number, zero_loss, divergence, spike, oscillation)


def _comparable(values: Floats) -> tuple[Floats, float]:
    """A curve in which equal distances mean equally much, and a large distance.

    That is the logarithm and a factor of 2, where there is one; else the values, and what
    was learnt.
    """
    if (values > 0).all():
        return np.log(values), float(np.log(2))
    start, end = ends(values)
    return values, max(abs(start - end), spread(values), resolution(values) * 10)


def _jitter(curve: Floats) -> float:
    """The noise from first differences, which long waves do not touch."""
    return spread(np.diff(curve)) / float(np.sqrt(2))


def _runs(indices: Integers) -> list[Integers]:
    """Indices as stretches without gaps."""
    return [run for run in np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1) if len(run)]


def _comes_down(curve: Floats, before: Floats, run: Integers, limit: float) -> bool:
    """True if the curve falls back by half of the jump, or ends with the jump."""
    after = curve[run[-1] + 1 :]
    top = curve[run].max()
    base = before[run[0]]
    return len(after) < 3 or bool((after < base + 0.5 * max(top - base, limit)).any())


def _lasting(at: Floats, true: NDArray[np.bool_], fewest: int) -> Floats:
    """Where something is true for some rows on end; empty if it never is."""
    runs = [run for run in _runs(np.flatnonzero(true)) if len(run) >= fewest]
    return at[np.concatenate(runs)] if runs else at[:0]


def _onset(smooth: Floats, lowest: int, limit: float) -> int:
    """From where on a curve stays above a limit."""
    below = np.flatnonzero(smooth[lowest:] <= limit)
    return min(lowest + int(below[-1]) + 1, len(smooth) - 1)


def _after_restart(evidence: Evidence, at: float, share: float = 0.05) -> bool:
    """True if the learning rate restarted within a share of the run before a step."""
    first, last = evidence.log.span
    return any(0 <= at - each <= share * (last - first) for each in evidence.restarts)


def _scheduled(evidence: Evidence, length: float) -> bool:
    """True if waves are as long as cycles of the rate, an epoch, or a round of sorted rows."""
    restarts = evidence.restarts
    natural = [float(np.median(np.diff(restarts)))] if len(restarts) > 1 else []
    first, last = evidence.log.span
    if len(restarts) == 1:
        natural.append((last - first) / 2)
    if evidence.log.unit == "step":
        begin, end = evidence.log.epoch_at(first), evidence.log.epoch_at(last)
        epoch = np.inf
        if begin is not None and end is not None and end > begin:
            epoch = (last - first) / (end - begin)
            natural.append(epoch)
        if _grouped(evidence):
            natural.append(min(epoch // 4, SORTED_STEPS))
    return any(abs(length / each - 1) < 0.15 for each in natural if each > 0)


def _grouped(evidence: Evidence) -> bool:
    """True if rows are grouped by length; transformers before 5 had a switch for it."""
    strategy = (evidence.settings or {}).get("train_sampling_strategy")
    return strategy == "group_by_length" or evidence.says("group_by_length")


def _gentler(evidence: Evidence, times: float) -> dict[str, float]:
    return {"learning_rate": float(f"{evidence.rate / times:.2g}")} if evidence.rate else {}
