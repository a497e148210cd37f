"""gretelai synthetic_pii_finance_multilingual: `generated_text`, and `pii_spans` as a JSON string.

Spans have no strings to be verified with. The generator left personal data unmarked, so a model's
precision against this annotation says little.

Documented shape: https://huggingface.co/datasets/gretelai/synthetic_pii_finance_multilingual
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import known_meta, naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.files.stringified import annotation
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO


class GretelFinanceReader:
    """Reads the financial documents of gretel."""

    name = "gretel_finance"

    def sniff(self, head: Head) -> float:
        """Certain of a generated text beside spans."""
        return CERTAIN if {"generated_text", "pii_spans"} <= first_row(head).keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets."""
        return settle(path, read_annotated(path, _annotated, read_rows(path)), CODE_POINTS)


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    with naming(name):
        text = text_of(record, ("generated_text",))
        marks = read_marks(annotation(record, "pii_spans"))
    yield RawDocument(name, text, marks, known_meta(record, ("domain", "document_type")))


READER = GretelFinanceReader()
