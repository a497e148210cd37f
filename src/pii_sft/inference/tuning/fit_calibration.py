"""Fitting of a calibration curve; cross-validation chooses which kind of curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.inference.calibration import Calibration, log_odds

Floats = NDArray[np.float64]

FOLDS = 5

FEWEST_FOR_ISOTONIC = 1000
"""With fewer entities an isotonic curve overfits (Niculescu-Mizil and Caruana, ICML 2005, find
about a thousand)."""

_SURE = 1e-3
"""Least distance of a probability from 0 and 1 when curves are compared."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """An entity of a development split.

    Attributes:
        score: that the model gave it.
        right: whether the annotation has it.
        group: number of its group, such as the template of its document. Entities of a group are
            all in one fold of the cross-validation, as later documents are of other groups.
    """

    score: float
    right: bool
    group: int


def fit_calibration(judged: Sequence[Judged]) -> Calibration:
    """The curve that predicts best how often entities of a score are right.

    Args:
        judged: entities of a development split.

    Returns:
        No curve if none can be fitted: without entities, or if all or none of them are right.
    """
    if len({each.right for each in judged}) < 2:
        return Calibration()
    scores = np.array([each.score for each in judged])
    right = np.array([each.right for each in judged], np.float64)
    if len(judged) < FEWEST_FOR_ISOTONIC:
        return _temperature(scores, right)
    folds = np.array([each.group % FOLDS for each in judged])
    losses = [_held_out_loss(fit, scores, right, folds) for fit in (_temperature, _isotonic)]
    return (_temperature if losses[0] <= losses[1] else _isotonic)(scores, right)


def _held_out_loss(
    fit: Callable[[Floats, Floats], Calibration],
    scores: Floats,
    right: Floats,
    folds: NDArray[np.int_],
) -> float:
    losses = []
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any() or held.all():
            continue
        curve = fit(scores[~held], right[~held])
        share = np.array([curve.confidence(each) for each in scores[held]])
        share = np.clip(share, _SURE, 1 - _SURE)
        losses.extend(-np.log(np.where(right[held] > 0, share, 1 - share)))
    return float(np.mean(losses))


def _temperature(scores: Floats, right: Floats) -> Calibration:
    """Slope and intercept of the log-odds by Newton's method.

    The targets are those of Platt, a little inside of 0 and 1, so that the slope stays finite even
    if the scores separate right from wrong perfectly.
    """
    odds = np.array([log_odds(each) for each in scores])
    positive, negative = right.sum(), len(right) - right.sum()
    target = np.where(right > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.stack([odds, np.ones_like(odds)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        share = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (share - target)
        hessian = (design * (share * (1 - share))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    if weights[0] <= 0:  # the scores say nothing; a falling curve would turn the ranking round
        return Calibration("temperature", 0.0, log_odds(float(right.mean())))
    return Calibration("temperature", float(weights[0]), float(weights[1]))


def _isotonic(scores: Floats, right: Floats) -> Calibration:
    """The rising step function of least squares, a knot in the middle of each step.

    By pooling adjacent violators: a step that would fall becomes one with the step before it.
    """
    order = np.argsort(scores, kind="stable")
    steps: list[_Step] = []
    for score, outcome in zip(scores[order].tolist(), right[order].tolist(), strict=True):
        steps.append(_Step(score, outcome, 1))
        while len(steps) > 1 and steps[-2].height >= steps[-1].height:
            last = steps.pop()
            steps[-1] = steps[-1].joined(last)
    xs: list[float] = []
    ys: list[float] = []
    for each in steps:
        x = round(each.scores / each.count, 6)
        y = round((each.right + 0.5) / (each.count + 1), 6)
        if not xs or x > xs[-1]:
            xs.append(x)
            ys.append(max(y, ys[-1] if ys else 0.0))
    return Calibration("isotonic", scores=tuple(xs), confidences=tuple(ys))


class _Step(msgspec.Struct, frozen=True, gc=False):
    """Entities of neighbouring scores: sum of the scores, number of right ones, and of all."""

    scores: float
    right: float
    count: int

    @property
    def height(self) -> float:
        return self.right / self.count

    def joined(self, other: _Step) -> _Step:
        return _Step(self.scores + other.scores, self.right + other.right, self.count + other.count)
