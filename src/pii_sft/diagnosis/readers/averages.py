"""Conversion of figures that were printed as averages since the start of an epoch.

An average over all batches so far hides single events: a stall of the machine looks like a slow
decline, a jump of the loss like a small step. So the values of the single batches are computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np

from pii_sft.diagnosis.robust_statistics import resolution, spread
from pii_sft.diagnosis.training_log import Floats

ELAPSED, DONE = "elapsed of bar", "step of bar"
"""The clock of a bar, and its own count: kept by the reader for this alone."""

FEWEST_ROWS = 10
"""Rows of an epoch whose halves show how noise shrinks; and rows that show a speed."""
AGREEING = 0.9
"""Share of the rows in which a speed is that of the whole bar, within the second of its clock."""

Row = dict[str, float]


def without_averages(rows: Sequence[Row], restarts: Sequence[int]) -> list[Row]:
    """Rows with speeds and losses of their own, where those that were printed are averages.

    Args:
        rows: of a console log, with `DONE`, and `ELAPSED` where a bar shows a clock.
        restarts: at which rows an epoch begins, the first apart.
    """
    bounds = [0, *restarts, len(rows)]
    epochs = [list(rows[low:high]) for low, high in pairwise(bounds)]
    if _are_mean_speeds(rows):
        _set_clocks(epochs)
    if _are_mean_losses(epochs):
        for epoch in epochs:
            _turn_back(epoch)
    hidden = (ELAPSED, DONE)
    return [{k: v for k, v in row.items() if k not in hidden} for row in rows]


def _are_mean_speeds(rows: Sequence[Row]) -> bool:
    """True if a speed is no more than what the clock of its bar says."""
    timed = [row for row in rows if row.get(ELAPSED, 0) >= 5 and "steps_per_second" in row]
    agree = 0
    for row in timed:
        mean = row[DONE] / row[ELAPSED]
        agree += abs(row["steps_per_second"] - mean) <= mean * (0.01 + 1 / row[ELAPSED])
    return len(timed) >= FEWEST_ROWS and agree >= AGREEING * len(timed)


def _set_clocks(epochs: Sequence[Sequence[Row]]) -> None:
    """Give rows the time since the start of the run instead of a speed."""
    before = 0.0
    for epoch in epochs:
        latest = 0.0
        for row in epoch:
            row.pop("steps_per_second", None)
            if ELAPSED in row:
                latest = row[ELAPSED]
                row["seconds"] = before + latest
        before += latest


def _are_mean_losses(epochs: Sequence[Sequence[Row]]) -> bool:
    """True if the noise of losses shrinks in an epoch, and would not if they were turned back.

    The noise of a mean over k batches is a k-th of a batch's; a loss of its own that were turned
    back like a mean would have k times its noise. One of the two is steady.
    """
    judged = [(done, losses) for done, losses in map(_losses, epochs) if len(done) >= FEWEST_ROWS]
    if len(judged) < 2:
        return False
    growth = _growth([losses for _, losses in judged])
    return growth + _growth([_alone(*each) for each in judged]) < 0 and _stay_above(epochs)


def _growth(epochs: Sequence[Floats]) -> float:
    """The logarithm of how much more noise second halves have than first; 0 without noise."""
    first, second = (
        spread(np.concatenate([_bends(np.array_split(each, 2)[half]) for each in epochs]))
        for half in (0, 1)
    )
    return log(second / first) if first > 0 and second > 0 else 0.0


def _bends(values: Floats) -> Floats:
    """Second differences, which a trend has none of, against the level."""
    return np.diff(values, 2) / (abs(float(np.median(values))) or 1.0)


def _stay_above(epochs: Sequence[Sequence[Row]]) -> bool:
    """True if the losses of single batches would be possible ones, and no rounding error alone."""
    for epoch in epochs:
        done, losses = _losses(epoch)
        if len(losses) < 2:
            continue
        alone = _alone(done, losses)
        steps = float(np.median(np.diff(done)))
        error = resolution(losses) * float(done.max()) / max(steps, 1.0)
        if (losses > 0).all() and (alone <= 0).any():
            return False
        if error > 0.1 * abs(float(np.median(losses))):
            return False
    return True


def _losses(epoch: Sequence[Row]) -> tuple[Floats, Floats]:
    """Counts within an epoch and losses, of the rows that have both, ascending."""
    found = {row[DONE]: row["loss"] for row in epoch if DONE in row and "loss" in row}
    done = sorted(found)
    first = 1.0 if done and done[0] == 0 else 0.0  # some count batches from 0
    return np.array(done, float) + first, np.array([found[each] for each in done], float)


def _alone(done: Floats, losses: Floats) -> Floats:
    """The mean of the batches since the row before, from means of all batches so far."""
    sums = done * losses
    return np.diff(sums, prepend=0.0) / np.diff(done, prepend=0.0)


def _turn_back(epoch: Sequence[Row]) -> None:
    rows = {row[DONE]: row for row in epoch if DONE in row and "loss" in row}
    for at, loss in zip(sorted(rows), _alone(*_losses(epoch)).tolist(), strict=True):
        rows[at]["loss"] = loss
