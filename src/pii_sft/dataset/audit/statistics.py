"""Figures from counts that say how far they can be trusted."""

from __future__ import annotations

from math import erf, log, sqrt
from statistics import NormalDist

_Z = 1.96
"""Standard deviations of a two-sided interval of 95 %."""


def wilson_lower(successes: float, trials: float) -> float:
    """Lower end of the 95 % Wilson interval of a share (Wilson, 1927); 0 without trials."""
    if trials <= 0:
        return 0.0
    share = successes / trials
    centre = share + _Z * _Z / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + _Z * _Z / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + _Z * _Z / trials))


def two_shares(one: int, of_one: int, other: int, of_other: int) -> float:
    """Two-sided p value of the z test that two shares are the same; 1 where nothing varies."""
    if not of_one or not of_other:
        return 1.0
    pooled = (one + other) / (of_one + of_other)
    spread = sqrt(pooled * (1 - pooled) * (1 / of_one + 1 / of_other))
    if spread == 0:
        return 1.0
    return 1 - erf(abs(one / of_one - other / of_other) / spread / sqrt(2))


def cost_of_shift(trained: float, tested: float, accuracy: float) -> float:
    """Macro F1 that is lost where the share of positives differs between training and test.

    The classifier is the textbook one: scores of positives and negatives are normal with equal
    variance, and it decides where both classes are equally likely at the share it was trained on,
    not at that of the test (Green and Swets, "Signal detection theory", 1966; Saerens et al.,
    "Adjusting the outputs of a classifier to new a priori probabilities", 2002).

    Args:
        trained: share of positives in training, above 0 and below 1.
        tested: likewise in the test.
        accuracy: of the same classifier on balanced classes, above 0.5.

    Returns:
        Macro F1 at the threshold of the test, less that at the threshold of the training.
    """
    normal = NormalDist()
    apart = 2 * normal.inv_cdf(accuracy)

    def macro(share: float) -> float:
        shift = log(share / (1 - share)) / apart
        hits, alarms = normal.cdf(apart / 2 + shift), normal.cdf(-apart / 2 + shift)
        right, wrong = tested * hits, (1 - tested) * alarms
        missed, passed = tested * (1 - hits), (1 - tested) * (1 - alarms)
        positive = 2 * right / (2 * right + wrong + missed)
        negative = 2 * passed / (2 * passed + wrong + missed)
        return (positive + negative) / 2

    return macro(tested) - macro(trained)
