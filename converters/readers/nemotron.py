"""nvidia Nemotron-PII: `text`, and `spans` as the string of a Python literal.

Each span is `{'start': 3, 'end': 8, 'text': 'Jason', 'label': 'first_name'}`; those of published
rows that do not hold their text are rejected. `uid` repeats, so it is no name: it becomes
`meta.group`, which keeps its rows together in one split. `text_tagged` is ignored.

Documented shape: https://huggingface.co/datasets/nvidia/Nemotron-PII
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.files.stringified import annotation
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, LIKELY, NO

_META_KEYS = ("locale", "domain", "document_type", "document_format")


class NemotronReader:
    """Reads Nemotron-PII."""

    name = "nemotron"

    def sniff(self, head: Head) -> float:
        """Certain of a tagged text beside spans, nearly so of spans that are a string."""
        record = first_row(head)
        if "text" not in record or "spans" not in record:
            return NO
        if "text_tagged" in record:
            return CERTAIN
        return LIKELY if isinstance(record["spans"], str) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each span against its text."""
        return settle(path, read_annotated(path, _annotated, read_rows(path)), CODE_POINTS)


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    with naming(name):
        text, marks = text_of(record, ("text",)), read_marks(annotation(record, "spans"))
    meta = known_meta(record, _META_KEYS)
    group = name_of(record, ("uid",), "")
    yield RawDocument(name, text, marks, {**meta, "group": group} if group else meta)


READER = NemotronReader()
