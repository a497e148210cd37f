"""Spans and characters compared, with every count, average and interval; one idea a file."""

from __future__ import annotations

from typing import Any

from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.results import Scores
from pii_sft.evaluators.inputs.pair_with_gold import read_pairs
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.matching import Matching, match
from pii_sft.evaluators.metrics import Metric, Score
from pii_sft.evaluators.options import Options
from pii_sft.evaluators.schemes import SCHEMES
from pii_sft.evaluators.scoring import Report, evaluate_pairs, score_files
from pii_sft.registry import Registry

METRICS: Registry[Metric] = Registry(
    "metric",
    "pii_sft.metrics",
    {
        "characters": "pii_sft.evaluators.metrics:CHARACTERS",
        "exact": "pii_sft.evaluators.metrics:EXACT",
        "partial": "pii_sft.evaluators.metrics:PARTIAL",
        "strict": "pii_sft.evaluators.metrics:STRICT",
        "type": "pii_sft.evaluators.metrics:TYPE",
    },
)

__all__ = [
    "METRICS",
    "SCHEMES",
    "Matching",
    "Metric",
    "Options",
    "Prediction",
    "Report",
    "Score",
    "Scorer",
    "Scores",
    "evaluate_pairs",
    "match",
    "read_pairs",
    "score_files",
]


def __getattr__(name: str) -> Any:
    """Give `evaluate`, as `evaluate_pairs` was called before, so that old calls go on."""
    if name == "evaluate":
        return evaluate_pairs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
