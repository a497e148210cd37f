"""The canonical form: one `{"id", "text", "spans": [{"start", "end", "label"}], "meta"}` a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.converters.files.arrow_tables import is_table
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import (
    Record,
    decoded_line,
    object_of,
    read_objects,
)
from pii_sft.converters.read_results import Rejected, rejected
from pii_sft.converters.reader import CERTAIN, IF_NO_OTHER, LIKELY, NO, POSSIBLE
from pii_sft.errors import RecordError
from pii_sft.files import STANDARD_STREAM, decode_document, encode, read_lines
from pii_sft.spans import Document

if TYPE_CHECKING:
    from pii_sft.span_columns import SpanColumns

_OWN_KEYS = {"id", "text", "spans", "meta"}
_SPAN_KEYS = {"start", "end", "label"}

_NEXT_OBJECT = re.compile(rb"\}\s*\{")
"""The separator of two objects on a line; a text may hold it, too."""


class DocumentsReader:
    """Reads what `convert --to documents` writes."""

    name = "documents"

    def sniff(self, head: Head) -> float:
        """Certain of records with a text and spans that have a start and a label."""
        spans = head.record.get("spans")
        if "text" not in head.record or not isinstance(spans, list):
            return IF_NO_OTHER if spans is None and "spans" in head.record else NO
        filled = next((each["spans"] for each in head.records if each.get("spans")), None)
        if filled is None:
            return LIKELY if head.record.keys() <= _OWN_KEYS else POSSIBLE
        first = filled[0] if isinstance(filled, list) else None
        return CERTAIN if isinstance(first, dict) and first.keys() == _SPAN_KEYS else NO

    def read(self, path: Path) -> Iterator[Document | Rejected]:
        """Verify each document; those that fail are rejected as they came."""
        if not self.by_line(path):
            yield from read_objects(path, _from_object)
            return
        for number, line in read_lines(path):
            yield self.read_line(line, number, path)

    def by_line(self, path: Path) -> bool:
        """True if documents stand one a line, as they should, and not in an array or indented."""
        if path == STANDARD_STREAM:
            return True
        _, first = next(read_lines(path), (0, b""))
        line = first.strip()
        if is_table(first):
            return False
        if line.startswith(b"["):
            return line[1:].lstrip()[:1] not in (b"", b"{")
        if _NEXT_OBJECT.search(line) and decoded_line(1, line).error:
            return False
        return not line.startswith(b"{") or line.endswith(b"}")

    def read_line(self, line: bytes, number: int, path: Path) -> Document | Rejected:
        """Verify one line."""
        name = f"{_stem(path)}-{number}"
        try:
            return decode_document(line, name)
        except RecordError as error:
            record = decoded_line(number, line)  # reads NaN, too, as nothing
            if error.kind == "broken line" and not record.error:
                return _remade(record, name, path)
            return rejected(error, path, number, line)

    def read_block(self, lines: bytes) -> SpanColumns | None:
        """Verify documents that stand as they should, one a line, each under a name of its own."""
        from pii_sft.span_columns import (
            SpanColumns,
        )  # brings numpy, which a format's name needs not

        number = _objects_one_a_line(lines)
        if not number:
            return None
        try:
            documents = _decode_lines(lines)
            if not all(document.spans for document in documents):
                _demand_spans(lines)
            return SpanColumns.checked(documents) if len(documents) == number else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
            return None
        except RecordError:
            return None


def _objects_one_a_line(lines: bytes) -> int:
    """Count the lines, if an object begins and ends with each; else 0."""
    import numpy as np

    data = np.frombuffer(lines.removesuffix(b"\n"), np.uint8)
    breaks = np.flatnonzero(data == ord("\n"))
    if not (len(data) and data[0] == ord("{") and data[-1] == ord("}")):
        return 0
    if np.any(data[breaks - 1] != ord("}")) or np.any(data[breaks + 1] != ord("{")):
        return 0
    return len(breaks) + 1


class _Annotated(msgspec.Struct, gc=False):
    spans: msgspec.Raw


_decode_lines = msgspec.json.Decoder(Document).decode_lines
_demand_spans = msgspec.json.Decoder(_Annotated).decode_lines


def _remade(record: Record, name: str, path: Path) -> Document | Rejected:
    try:
        return _from_object(object_of(record), name)
    except RecordError as error:
        return rejected(error, path, record.line, record.raw)


def _from_object(value: dict[str, Any], name: str) -> Document:
    return decode_document(encode(value), name)


@lru_cache(maxsize=8)
def _stem(path: Path) -> str:
    return path.stem


READER = DocumentsReader()
