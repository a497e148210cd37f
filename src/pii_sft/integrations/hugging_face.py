"""Entities in the shape of Hugging Face's `token-classification` pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pii_sft.inference.detector import Detection, Detector


def token_classification(detection: Detection) -> list[dict[str, Any]]:
    """The entities of a text as `pipeline(..., aggregation_strategy="simple")` gives them."""
    return [
        {
            "entity_group": each.label,
            "score": 1.0 if each.score is None else each.score,
            "word": detection.surface(each),
            "start": each.start,
            "end": each.end,
        }
        for each in detection
    ]


class TokenClassifier:
    """A detector that is called as such a pipeline is.

    Args:
        detector: what finds entities.
    """

    task = "token-classification"

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def __call__(self, inputs: str | Sequence[str]) -> list[Any]:
        """Find the entities of one text, or of several."""
        texts = [inputs] if isinstance(inputs, str) else inputs
        found = [token_classification(each) for each in self._detector.detect_many(texts)]
        return found[0] if isinstance(inputs, str) else found
