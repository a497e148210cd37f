"""What a metric is, and the metrics that come with the program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.spans import Document


class Score(msgspec.Struct, frozen=True):
    """The outcome of a metric, each from 0 to 1.

    Attributes:
        precision: how much of what was predicted is right; 0 without predictions.
        recall: how much of the gold was found; 0 without gold.
        f1: harmonic mean of both; 0 where both are 0.
    """

    precision: float
    recall: float
    f1: float


class Metric(Protocol):
    """One way to compare predictions with gold, boiled down to one `Score`."""

    name: str

    def score(self, pairs: Iterable[tuple[Document, Prediction]]) -> Score:
        """Score a stream of gold documents with their predictions, in any order."""


class SchemeMetric:
    """The micro average of a SemEval-2013 scheme.

    Args:
        name: key of `pii_sft.evaluators.schemes.SCHEMES`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def score(self, pairs: Iterable[tuple[Document, Prediction]]) -> Score:
        """All spans of all documents together."""
        scorer = Scorer()
        for document, prediction in pairs:
            scorer.add(document.spans, prediction.spans, prediction.unplaced)
        result = scorer.result(schemes=(self.name,), beta=(1.0,), ci=0.0)
        return Score(**result.schemes[self.name].micro.rates)


class CharacterMetric:
    """Characters covered, whatever their label."""

    name = "characters"

    def score(self, pairs: Iterable[tuple[Document, Prediction]]) -> Score:
        """All characters of all documents together."""
        scorer = Scorer()
        for document, prediction in pairs:
            scorer.add(document.spans, prediction.spans, prediction.unplaced)
        result = scorer.result(schemes=(), beta=(1.0,), ci=0.0)
        return Score(**result.characters.rates)


STRICT = SchemeMetric("strict")
EXACT = SchemeMetric("exact")
PARTIAL = SchemeMetric("partial")
TYPE = SchemeMetric("type")
CHARACTERS = CharacterMetric()
