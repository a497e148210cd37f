"""Reliability of confidences: how often predictions of each confidence are right.

Predictions are sorted into ten bins of equal width by their confidence. In each, the mean
confidence should be the share that is right; the expected calibration error is the mean difference,
each bin weighted by its predictions (Naeini, Cooper and Hauskrecht, AAAI 2015). Right is what the
strict scheme counts as correct: bounds and label of a gold span, each gold span once.

With few predictions, perfectly calibrated confidences have an error too, by chance. Its expected
value is reported beside the error: sqrt(2/pi) times the standard deviation, in each bin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.spans import Span

BINS = 10


class Bin(msgspec.Struct, frozen=True):
    """Predictions of like confidence.

    Attributes:
        low: least confidence of the bin.
        high: the one where the next bin begins.
        predictions: number of them.
        confidence: mean of them; 0 where there is none.
        right: share that is right; 0 where there is none.
    """

    low: float
    high: float
    predictions: int
    confidence: float
    right: float


class Reliability(msgspec.Struct, frozen=True):
    """Reliability of confidences.

    Attributes:
        predictions: number of those with a confidence.
        error: expected calibration error, from 0 to 1.
        by_chance: error to be expected of as many predictions if each were right with the
            probability that its confidence says.
        brier: mean squared difference of confidence and outcome.
        bins: by rising confidence.
    """

    predictions: int
    error: float
    by_chance: float
    brier: float
    bins: tuple[Bin, ...]


class Confidences:
    """Collects confidences and outcomes, document by document."""

    def __init__(self) -> None:
        self._number = [0] * BINS
        self._confidence = [0.0] * BINS
        self._right = [0] * BINS
        self._variance = [0.0] * BINS
        self._squares = 0.0

    def add(self, gold: Sequence[Span], prediction: Prediction) -> None:
        """Count the predictions of one document that have a confidence."""
        if prediction.scores.count(None) == len(prediction.scores):
            return
        left = set(gold)
        for span, score in zip(prediction.spans, prediction.scores, strict=True):
            right = span in left
            left.discard(span)
            if score is None:
                continue
            share = min(max(score, 0.0), 1.0)
            place = min(int(share * BINS), BINS - 1)
            self._number[place] += 1
            self._confidence[place] += share
            self._right[place] += right
            self._variance[place] += share * (1 - share)
            self._squares += (share - right) ** 2

    def result(self) -> Reliability | None:
        """The bins and the error; None where no prediction had a confidence."""
        total = sum(self._number)
        if not total:
            return None
        bins = [
            Bin(
                place / BINS,
                (place + 1) / BINS,
                number,
                self._confidence[place] / number if number else 0.0,
                self._right[place] / number if number else 0.0,
            )
            for place, number in enumerate(self._number)
        ]
        error = sum(each.predictions * abs(each.confidence - each.right) for each in bins) / total
        by_chance = sum(math.sqrt(2 * each / math.pi) for each in self._variance) / total
        return Reliability(total, error, by_chance, self._squares / total, tuple(bins))
