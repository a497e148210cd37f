"""Calibration: a curve from scores to probabilities of being right, fitted on a development split.

A model that was fine-tuned for a few epochs is overconfident: of the entities it gives .9, fewer
than nine in ten are right. There are two kinds of curves: *temperature* scales the log-odds of the
score and shifts them (Platt, "Probabilistic Outputs for Support Vector Machines", 1999);
*isotonic* is the rising step function that fits best (Zadrozny and Elkan, KDD 2002), with lines
between its steps, so that no two scores become equal.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Literal

import msgspec

Method = Literal["none", "temperature", "isotonic"]

CLOSEST = 1e-6
"""Least distance of a score from 0 and 1, so that its log-odds are finite."""


def log_odds(share: float) -> float:
    """Logarithm of the odds of a probability."""
    kept = min(max(share, CLOSEST), 1 - CLOSEST)
    return math.log(kept / (1 - kept))


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


class Calibration(msgspec.Struct, frozen=True):
    """A rising curve from scores to probabilities of being right.

    Attributes:
        method: which curve.
        slope: of the log-odds; below 1 for a model that is overconfident.
        intercept: what is added to them.
        scores: of the isotonic curve, rising.
        confidences: what these become, rising.
    """

    method: Method = "none"
    slope: float = 1.0
    intercept: float = 0.0
    scores: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()

    def confidence(self, score: float) -> float:
        """The probability that an entity of this score is right."""
        if self.method == "temperature":
            return _probability(self.slope * log_odds(score) + self.intercept)
        if self.method == "isotonic":
            return _between(self.scores, self.confidences, score)
        return score

    def least_score(self, confidence: float) -> float:
        """The least score whose confidence reaches a threshold; above 1 where none does."""
        if confidence <= self.confidence(0.0):
            return 0.0
        if confidence > self.confidence(1.0):
            return math.inf
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self.confidence(middle) >= confidence:
                high = middle
            else:
                low = middle
        return high


_HALVINGS = 60
"""Halvings of an interval after which the remaining difference between floats does not matter."""


def _between(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    """Linear interpolation, flat outside."""
    at = bisect_right(xs, x)
    if at == 0:
        return ys[0]
    if at == len(xs):
        return ys[-1]
    part = (x - xs[at - 1]) / (xs[at] - xs[at - 1])
    return ys[at - 1] + part * (ys[at] - ys[at - 1])
