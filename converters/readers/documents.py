"""The canonical form: one `{"id", "text", "spans": [{"start", "end", "label"}], "meta"}` a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pii_sft.converters.base import Head, Rejected, rejected
from pii_sft.errors import RecordError
from pii_sft.files import decode_document, read_lines
from pii_sft.spans import Document


class DocumentsReader:
    """Reads what `convert --to documents` writes."""

    name = "documents"

    def sniff(self, head: Head) -> float:
        """Certain of records with a text and spans that have a start and a label."""
        spans = head.record.get("spans")
        if "text" not in head.record or not isinstance(spans, list):
            return 0.0
        if not spans:
            return 0.8
        keys = spans[0].keys() if isinstance(spans[0], dict) else set()
        foreign = keys - {"start", "end", "label"}
        return 0.95 if {"start", "end", "label"} <= keys and not foreign else 0.0

    def read(self, path: Path) -> Iterator[Document | Rejected]:
        """Verify each line; lines that fail are rejected as they came."""
        for number, line in read_lines(path):
            try:
                yield decode_document(line, f"{path.stem}-{number}")
            except RecordError as error:
                yield rejected(error, path, number, line)


READER = DocumentsReader()
