"""Presidio-research `InputSample`: a JSON array of `{"full_text", "spans", "template_id"}`.

Offsets are code points, half-open; spans come in any order, often last first. Texts made from one
template differ in their values only, so `template_id` becomes `meta.group`: a split has to keep
it on one side. `masked` is ignored, since published files cut it short.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.base import Head, Rejected
from pii_sft.converters.records import read_objects
from pii_sft.errors import RecordError
from pii_sft.spans import Document, Span, checked


class _Span(msgspec.Struct):
    entity_type: str
    entity_value: str
    start_position: int
    end_position: int


class _Sample(msgspec.Struct):
    full_text: str
    spans: list[_Span]
    template_id: int | str | None = None
    metadata: dict[str, Any] | None = None


class PresidioReader:
    """Reads presidio-research data sets."""

    name = "presidio"

    def sniff(self, head: Head) -> float:
        """Certain of records with `full_text` and `spans`."""
        return 0.95 if {"full_text", "spans"} <= head.record.keys() else 0.0

    def read(self, path: Path) -> Iterator[Document | Rejected]:
        """Verify each span against its `entity_value`."""
        return read_objects(path, _document)


def _document(record: dict[str, Any], name: str) -> Document:
    try:
        sample = msgspec.convert(record, _Sample)
    except msgspec.ValidationError as error:
        raise RecordError("wrong shape", str(error)) from None
    for span in sample.spans:
        if sample.full_text[span.start_position : span.end_position] != span.entity_value:
            raise RecordError(
                "offsets",
                f"span {span.start_position}-{span.end_position} ({span.entity_type}) does not "
                "hold its entity_value",
                name,
            )
    meta = dict(sample.metadata or {})
    if sample.template_id is not None:
        meta["group"] = str(sample.template_id)
    spans = [
        Span(each.start_position, each.end_position, each.entity_type) for each in sample.spans
    ]
    return checked(name, sample.full_text, spans, meta)


READER = PresidioReader()
