"""Vertex AI and AutoML, entity extraction: `{"textContent", "textSegmentAnnotations"}` a line.

Older exports of AutoML have `text_snippet.content`, and `annotations` with a `text_segment`. Lines
that hold the address of a text instead of the text are refused.

Documented shape: https://cloud.google.com/vertex-ai/docs/text-data/entity-extraction/prepare-data
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import naming
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, LIKELY, NO
from pii_sft.errors import RecordError


class VertexReader:
    """Reads import and export files of entity extraction."""

    name = "vertex"

    def sniff(self, head: Head) -> float:
        """Certain of text segments."""
        record = head.record
        if "textSegmentAnnotations" in record:
            return CERTAIN
        return LIKELY if {"text_snippet", "annotations"} <= record.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets."""
        return settle(path, read_annotated(path, _annotated), CODE_POINTS)


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    with naming(name):
        match record:
            case {"textContent": str(text), "textSegmentAnnotations": list(segments)} if text:
                yield RawDocument(name, text, read_marks(segments))
            case {"text_snippet": {"content": str(text)}, "annotations": list(annotations)} if text:
                yield RawDocument(name, text, read_marks([_flat(each) for each in annotations]))
            case {"textContent": str(text)} | {"text_snippet": {"content": str(text)}} if text:
                raise RecordError("not annotated", "the line has a text, but no annotations")
            case _:
                raise RecordError("no text", "the line holds no text, or only its address")


def _flat(annotation: Any) -> Any:
    match annotation:
        case {"text_extraction": {"text_segment": dict(segment)}, "display_name": label}:
            return {**segment, "label": label}
    raise RecordError("wrong shape", "an annotation has no `text_segment`")


READER = VertexReader()
