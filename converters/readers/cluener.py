"""CLUENER2020: `{"text", "label": {"name": {"王小明": [[0, 2], [23, 25]]}}}`.

Offsets are code points, and the last one is included. `test.json` of the task has no labels: its
rows are refused, not taken for texts without entities.

Format: https://github.com/CLUEbenchmark/CLUENER2020
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import (
    known_meta,
    name_of,
    naming,
    text_of,
    whole_number,
)
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS_INCLUSIVE, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.errors import RecordError


class CluenerReader:
    """Reads texts with label, string and offsets nested in each other."""

    name = "cluener"

    def sniff(self, head: Head) -> float:
        """Certain of offsets below a string below a label; not of an empty `label`."""
        labels = [
            record["label"]
            for record in head.records
            if isinstance(record.get("text"), str) and isinstance(record.get("label"), dict)
        ]
        filled = next(filter(None, labels), None)
        if filled is None:
            return POSSIBLE if labels else NO
        match next(iter(filled.values())):
            case dict() as strings if all(_are_pairs(value) for value in strings.values()):
                return CERTAIN
        return NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle what the offsets count; rows without `label` are rejected."""
        return settle(path, read_annotated(path, _annotated), CODE_POINTS_INCLUSIVE)


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in value
    )


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    id = name_of(record, ("id",), name)
    with naming(id):
        text = text_of(record, ("text",))
        labels = record.get("label")
        if not isinstance(labels, dict):
            raise RecordError("not annotated", "has no `label`, as in test.json: it is no gold")
        yield RawDocument(id, text, tuple(_marks(labels)), known_meta(record))


def _marks(labels: dict[str, Any]) -> Iterator[RawSpan]:
    for label, strings in labels.items():
        if strings is None:
            continue
        if not isinstance(strings, dict):
            raise RecordError("wrong shape", "a label does not map strings to offsets")
        for surface, places in strings.items():
            if places is None:
                continue
            if not _are_pairs(places):
                raise RecordError("wrong shape", "a string has no list of [first, last]")
            for first, last in places:
                start, end = whole_number(first, "an offset"), whole_number(last, "an offset")
                yield RawSpan(start, end, label, surface)


READER = CluenerReader()
