"""Where a model went wrong, document by document: ids, offsets and labels, never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pii_sft.evaluators.errors import SpanError, classified, cuts
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.matching import Matching, match
from pii_sft.spans import Document

WORST_DOCUMENTS = 20
"""How many documents a report names."""


class Case(msgspec.Struct, frozen=True):
    """A document in which something is wrong.

    Attributes:
        id: of the document.
        errors: see `classified`; empty for a document without an error.
        issues: what was wrong with the answer, names from `pii_sft.targets.ISSUES`.
    """

    id: str
    errors: tuple[SpanError, ...]
    issues: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        errors = [msgspec.to_builtins(error) for error in self.errors]
        return {"id": self.id, "errors": errors, "issues": list(self.issues)}


def case(document: Document, prediction: Prediction, matching: Matching) -> Case:
    """The errors of a prediction.

    Args:
        document: the gold.
        prediction: what was found in it.
        matching: of the spans of both.
    """
    found = cuts(document.spans, prediction.spans)
    return Case(
        document.id, tuple(classified(matching, found, prediction.unplaced)), prediction.issues
    )


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
    for document, prediction in pairs:
        matching = match(document.spans, prediction.spans, min_overlap, min_iou)
        found = case(document, prediction, matching)
        if found.errors:
            yield found
