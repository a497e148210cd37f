"""A trained model as a recognizer of Presidio, beside Presidio's own.

from presidio_analyzer import AnalyzerEngine
from pii_sft.integrations.presidio import PiiSftRecognizer

engine = AnalyzerEngine()
engine.registry.add_recognizer(PiiSftRecognizer("runs/qwen1_5b"))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

from pii_sft.errors import UsageError
from pii_sft.inference.detector import Detector
from pii_sft.integrations.presidio_names import presidio_names


class PiiSftRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds entities with the model of a training run, under Presidio's names of them.

    Args:
        run: folder of the run, or a detector that is loaded already.
        supported_language: that Presidio may ask it for; a recognizer for each language can share
            one detector.
        settings: of `Detector.load`.

    Raises:
        UsageError: the run is not complete, or its model is not found.
    """

    def __init__(
        self, run: str | Path | Detector, *, supported_language: str = "en", **settings: Any
    ) -> None:
        self.detector = run if isinstance(run, Detector) else Detector.load(run, **settings)
        self._names = presidio_names(self.detector.labels)
        super().__init__(
            supported_entities=sorted(set(self._names.values())),
            supported_language=supported_language,
        )

    def load(self) -> None:
        """Nothing is left to load: Presidio calls this in the constructor."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """Find the entities of a text.

        Args:
            text: the text.
            entities: names to report; empty for all.
            nlp_artifacts: not needed.

        Raises:
            UsageError: the model gave no answer that can be read, so that nothing is known.
        """
        del nlp_artifacts
        results = []
        detection = self.detector.detect(text)
        if detection.failure:
            raise UsageError(f"The model's answer failed: {detection.failure}.")
        for found in detection:
            name = self._names.get(found.label, found.label)
            if entities and name not in entities:
                continue
            score = 1.0 if found.score is None else found.score
            explanation = AnalysisExplanation(
                recognizer=self.name,
                original_score=score,
                textual_explanation=f"Found by {found.source}",
            )
            results.append(RecognizerResult(name, found.start, found.end, score, explanation))
        return results
