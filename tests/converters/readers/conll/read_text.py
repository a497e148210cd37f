"""Documents, rejected records and notes that the reader makes of CoNLL lines."""

from __future__ import annotations

from pathlib import Path

from pii_sft.converters import Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.conll import READER
from pii_sft.spans import Document
from tests.converters.reading import by_kind

Found = list[tuple[str, list[tuple[str, str]]]]


def read(
    folder: Path, content: str | bytes, name: str = "rows.conll", **options: str
) -> tuple[list[Document], list[Rejected], list[str]]:
    return by_kind(configured(READER, options), folder / name, content)


def found(documents: list[Document]) -> Found:
    return [
        (each.text, [(each.surface(span), span.label) for span in each.spans]) for each in documents
    ]


def begun(tags: list[str]) -> list[str]:
    return [tag[2:] for tag in tags if tag.startswith("B-")]
