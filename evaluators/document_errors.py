"""The errors of a model in one document: ids, offsets and labels, never text."""

from __future__ import annotations

from typing import Any

import msgspec

from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.outcome import outcome
from pii_sft.evaluators.overlaps import NO_THRESHOLDS, Thresholds
from pii_sft.spans import Document

WORST_DOCUMENTS = 20
"""Most documents that a report names."""


class DocumentErrors(msgspec.Struct, frozen=True):
    """The errors of a prediction about one document.

    Attributes:
        id: of the document.
        errors: see `SpanError`; empty if the prediction is right.
        issues: what was wrong with the answer, names from `pii_sft.targets.ISSUES`.
    """

    id: str
    errors: tuple[SpanError, ...]
    issues: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        errors = [msgspec.to_builtins(error) for error in self.errors]
        return {"id": self.id, "errors": errors, "issues": list(self.issues)}


def errors_in(
    document: Document, prediction: Prediction, thresholds: Thresholds = NO_THRESHOLDS
) -> DocumentErrors:
    """Compare a prediction with its gold document.

    Args:
        document: the gold.
        prediction: what was found in it.
        thresholds: of pairs.
    """
    found = outcome(document.spans, prediction.spans, document.text, thresholds)
    return DocumentErrors(document.id, found.wrong.errors(prediction.unplaced), prediction.issues)
