"""gretelai gretel-pii-masking-en-v1: `text`, and `entities` as the string of a Python literal.

Each entity is `{'entity': 'a@example.com', 'types': ['email']}`, without offsets, so its string is
looked up in the text. An entity of several types is marked with each.

Documented shape: https://huggingface.co/datasets/gretelai/gretel-pii-masking-en-v1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_mentions
from pii_sft.converters.entities.string_search import Listed, LocatingOptions, read_listed
from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.stringified import annotation
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO


@dataclass(frozen=True)
class GretelMaskingReader:
    """Reads the masking data set of gretel."""

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "gretel_masking"

    def sniff(self, head: Head) -> float:
        """Certain of entities that are a string with types."""
        row = first_row(head)
        entities = row.get("entities")
        if not isinstance(entities, str) or "text" not in row:
            return NO
        return CERTAIN if "types" in entities or {"uid", "domain"} <= row.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Find each entity in its text; records with one that is not there are rejected."""
        return read_listed(path, _listed, self.options.occurrences, read_rows(path))


def _listed(record: dict[str, Any], name: str) -> Listed:
    id = name_of(record, ("uid", "id"), name)
    with naming(id):
        text = text_of(record, ("text",))
        mentions = read_mentions(annotation(record, "entities"), text)
    return Listed(id, text, mentions, known_meta(record, ("domain", "document_type")))


READER = GretelMaskingReader()
