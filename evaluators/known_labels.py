"""Hiding of labels that a model made up, since they may hold text of a document."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from pii_sft.evaluators.document_errors import DocumentErrors
from pii_sft.evaluators.errors import SpanError
from pii_sft.spans import Span
from pii_sft.targets.unknown_labels import UNKNOWN_LABEL, masked_label


def shown(label: str, known: Collection[str] | None) -> str:
    """A label as tables and files show it: by name, but `UNKNOWN` if it is not known."""
    return label if known is None else masked_label(label, known)


def with_known_labels(case: DocumentErrors, known: Collection[str] | None) -> DocumentErrors:
    """The case without labels that the model made up."""
    if known is None:
        return case
    return msgspec.structs.replace(
        case, errors=tuple(_shown_error(error, known) for error in case.errors)
    )


def _shown_error(error: SpanError, known: Collection[str]) -> SpanError:
    return msgspec.structs.replace(
        error,
        gold=_shown_span(error.gold, known),
        predicted=_shown_span(error.predicted, known),
        named=None if error.named is None else shown(error.named, known),
    )


def _shown_span(span: Span | None, known: Collection[str]) -> Span | None:
    return span and Span(span.start, span.end, shown(span.label, known))


UNKNOWN = UNKNOWN_LABEL
"""Shown in place of a label that only the model uses."""
