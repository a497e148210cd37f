"""Mistakes of a model, document by document: ids, offsets and labels, never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.matching import checked_thresholds
from pii_sft.evaluators.outcome import outcome
from pii_sft.evaluators.overlaps import NO_THRESHOLDS, Thresholds
from pii_sft.spans import Document

WORST_DOCUMENTS = 20
"""Most documents that a report names."""


class Case(msgspec.Struct, frozen=True):
    """A document in which something is wrong.

    Attributes:
        id: of the document.
        errors: see `Wrong`; empty for a document without an error.
        issues: what was wrong with the answer, names from `pii_sft.targets.ISSUES`.
    """

    id: str
    errors: tuple[SpanError, ...]
    issues: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        errors = [msgspec.to_builtins(error) for error in self.errors]
        return {"id": self.id, "errors": errors, "issues": list(self.issues)}


def case(
    document: Document, prediction: Prediction, thresholds: Thresholds = NO_THRESHOLDS
) -> Case:
    """The errors of a prediction.

    Args:
        document: the gold.
        prediction: what was found in it.
        thresholds: of pairs.
    """
    found = outcome(document.spans, prediction.spans, document.text, thresholds)
    return Case(document.id, found.wrong.errors(prediction.unplaced), prediction.issues)


def cases(
    pairs: Iterable[tuple[Document, Prediction]],
    *,
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
) -> Iterator[Case]:
    """Stream the documents in which something is wrong, in the order in which they come.

    Args:
        pairs: each gold document with what was predicted for it.
        min_overlap: see `match`.
        min_iou: see `match`.

    Raises:
        UsageError: a threshold is not between 0 and 1.
    """
    thresholds = checked_thresholds(min_overlap, min_iou)
    for document, prediction in pairs:
        found = case(document, prediction, thresholds)
        if found.errors:
            yield found
