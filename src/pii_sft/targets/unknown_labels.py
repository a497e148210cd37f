"""Masking of labels that the data set does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from pii_sft.spans import Span, reading_order
from pii_sft.targets.base import Parsed
from pii_sft.targets.status import Issue

UNKNOWN_LABEL = "(unknown)"
"""Shown in place of every label that the data set does not have.

A model may write anything as a label, even text of the document, so its word is shown only in the
answer itself.
"""


def masked_label(label: str, known: Collection[str]) -> str:
    """The label if the data set has it, else `UNKNOWN_LABEL`."""
    return label if label in known else UNKNOWN_LABEL


def masked_spans(spans: Iterable[Span], known: Collection[str]) -> tuple[Span, ...]:
    """The spans in the same order, unknown labels replaced."""
    return tuple(
        span if span.label in known else Span(span.start, span.end, UNKNOWN_LABEL) for span in spans
    )


def masked(parsed: Parsed, known: Collection[str]) -> Parsed:
    """An answer with unknown labels replaced, each counted as an `unknown_label` issue.

    Entities keep their places; those that differed only in their unknown labels stay several.

    Args:
        parsed: what an answer says.
        known: labels of the data set; best a set.
    """
    labels = [*(found.span.label for found in parsed.found), *parsed.unplaced]
    unknown = sum(label not in known for label in labels)
    if not unknown:
        return parsed
    spans = masked_spans(parsed.spans, known)
    found = [
        each if each.span is span else msgspec.structs.replace(each, span=span)
        for each, span in zip(parsed.found, spans, strict=True)
    ]
    issues: list[Issue] = ["unknown_label"] * unknown
    return Parsed(
        tuple(sorted(found, key=lambda each: reading_order(each.span))),
        (*parsed.issues, *issues),
        tuple(masked_label(label, known) for label in parsed.unplaced),
    )
