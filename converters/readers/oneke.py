"""OneKE (CrossNER and its own results): `{"sentence", "entity_list": [{"name", "type"}]}`.

There are no offsets; names are looked up in the sentence, which is made of tokens with spaces
between. Results of the system come without their sentence and are refused.

Format: https://github.com/zjunlp/OneKE
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_mentions
from pii_sft.converters.entities.string_search import Listed, LocatingOptions, read_listed
from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_TEXT_KEYS = ("sentence", "text")
_ENTITIES = "entity_list"


@dataclass(frozen=True)
class OneKeReader:
    """Reads sentences with a list of names and types.

    Attributes:
        options: which occurrences of a name are marked.
    """

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "oneke"

    def sniff(self, head: Head) -> float:
        """Certain of an `entity_list`."""
        return CERTAIN if isinstance(head.record.get(_ENTITIES), list) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Look each name up in its sentence."""
        return read_listed(path, _listed, self.options.occurrences)


def _listed(record: dict[str, Any], name: str) -> Listed:
    id = name_of(record, ("id",), name)
    with naming(id):
        text = text_of(record, _TEXT_KEYS)
        entities = record.get(_ENTITIES)
        if not isinstance(entities, list):
            raise RecordError("not annotated", f"the record has no list `{_ENTITIES}`")
        return Listed(id, text, read_mentions(entities, text), known_meta(record))


READER = OneKeReader()
