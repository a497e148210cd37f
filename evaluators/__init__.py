"""Evaluation: gold and predicted spans compared, with counts, averages and intervals."""

from __future__ import annotations

from typing import Any

from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.measures import BUILT_IN, MEASURES, Measure
from pii_sft.evaluators.aggregation.results import Scores
from pii_sft.evaluators.inputs.pair_with_gold import read_pairs
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.matching import Matching, match
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.evaluators.schemes import SCHEMES
from pii_sft.evaluators.scoring import Report, evaluate_pairs, score_files

__all__ = [
    "BUILT_IN",
    "MEASURES",
    "SCHEMES",
    "Matching",
    "Measure",
    "Prediction",
    "Report",
    "ScoreOptions",
    "Scorer",
    "Scores",
    "evaluate_pairs",
    "match",
    "read_pairs",
    "score_files",
]


def __getattr__(name: str) -> Any:
    """Give `evaluate`, the former name of `evaluate_pairs`, so that old calls still work."""
    if name == "evaluate":
        return evaluate_pairs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
