"""Presidio-research `InputSample`: a JSON array of `{"full_text", "spans", "template_id"}`.

Offsets are code points, half-open; spans come in any order, often last first. Texts made from one
template differ in their values only, so `template_id` becomes `meta.group`: each template
stays in one split. `masked` is ignored, since published files cut it short.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import name_of, naming
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText


class _Sample(HoldsText, msgspec.Struct):
    full_text: str
    spans: list[dict[str, Any]]
    template_id: int | str | None = None
    metadata: dict[str, Any] | None = None


class PresidioReader:
    """Reads presidio-research data sets."""

    name = "presidio"

    def sniff(self, head: Head) -> float:
        """Certain of records with `full_text` and `spans`."""
        return CERTAIN if {"full_text", "spans"} <= head.record.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each span against its `entity_value`."""
        return settle(path, read_annotated(path, _annotated), CODE_POINTS)


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    try:
        sample = msgspec.convert(record, _Sample)
    except msgspec.ValidationError as error:
        raise RecordError("wrong shape", str(error), name) from None
    meta = dict(sample.metadata or {})
    id = name_of(meta, ("id",), name)
    meta.pop("id", None)
    if sample.template_id is not None:
        meta["group"] = str(sample.template_id)
    with naming(id):
        marks = read_marks(sample.spans)
    yield RawDocument(id, sample.full_text, marks, meta)


READER = PresidioReader()
