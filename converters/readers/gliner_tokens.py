"""GLiNER training data: `{"tokenized_text": [...], "ner": [[first, last, label], ...]}`.

Indices count tokens, and the last one is included. The text is made of the tokens, and marked by
`meta.text`. Labels that were asked for in vain (`ner_negatives`) become `meta.negative_labels`.

Format: https://github.com/urchade/GLiNER/blob/main/examples/sample_data.json
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.group_by_text import NEGATIVE_LABELS
from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, whole_number
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import object_of, read_records
from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.converters.tokens.detokenize import REBUILT, Join, TextMaker, are_characters, covered
from pii_sft.errors import RecordError
from pii_sft.spans import Document, checked

ROWS_TO_LOOK_AT = 1000

_TOKENS = "tokenized_text"
_ENTITIES = "ner"
_NEGATIVES = "ner_negatives"


class GlinerTokensOptions(msgspec.Struct, frozen=True):
    """Options of tokenized texts.

    Attributes:
        join: what is put between tokens.
    """

    join: Join = "auto"


@dataclass(frozen=True)
class GlinerTokensReader:
    """Reads tokenized texts with spans of tokens.

    Attributes:
        options: see `GlinerTokensOptions`.
    """

    options: GlinerTokensOptions = field(default_factory=GlinerTokensOptions)

    name = "gliner_tokens"

    def sniff(self, head: Head) -> float:
        """Certain of a `tokenized_text`."""
        return CERTAIN if isinstance(head.record.get(_TOKENS), list) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Make a document of each row; rows without `ner` are rejected."""
        records = read_records(path)
        head = list(islice(records, ROWS_TO_LOOK_AT))
        rows = [record.value for record in head if isinstance(record.value, dict)]
        tokens = list(chain.from_iterable(_strings(row.get(_TOKENS)) for row in rows))
        texts = TextMaker(self.options.join, are_characters(tokens))
        for number, record in enumerate(chain(head, records), 1):
            try:
                yield _document(object_of(record), f"{path.stem}-{number}", texts)
            except RecordError as error:
                yield rejected(error, path, record.line, record.raw)
        yield from map(Note, texts.notes())


def _strings(value: Any) -> list[str]:
    """A list of strings; empty if it is none."""
    whole = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return value if whole else []


def _document(row: Mapping[str, Any], name: str, texts: TextMaker) -> Document:
    id = name_of(row, ("id",), name)
    with naming(id):
        tokens, entities = _strings(row.get(_TOKENS)), row.get(_ENTITIES)
        if not tokens:
            raise RecordError("no text", f"`{_TOKENS}` is no list of strings")
        if not isinstance(entities, list):
            raise RecordError("not annotated", f"the row has no list `{_ENTITIES}`")
        found = [_entity(each, at, len(tokens)) for at, each in enumerate(entities, 1)]
        text, places = texts.make(tokens)
        return checked(id, text, covered(found, places), _meta(row))


def _meta(row: Mapping[str, Any]) -> dict[str, Any]:
    meta = {**known_meta(row), "text": REBUILT}
    negatives = _strings(row.get(_NEGATIVES))
    if negatives:
        meta[NEGATIVE_LABELS] = negatives
    return meta


def _entity(entity: Any, at: int, length: int) -> tuple[int, int, str]:
    """First token, the one after the last, and label."""
    match entity:
        case [first, last, str(label)]:
            start = whole_number(first, f"the first token of entity {at}")
            end = whole_number(last, f"the last token of entity {at}") + 1
        case _:
            raise RecordError("wrong shape", f"entity {at} is not [first, last, label]")
    if not 0 <= start < end <= length:
        reason = f"entity {at}, tokens {start} to {end - 1}, does not fit {length} tokens"
        raise RecordError("offsets", reason)
    return start, end, _unquoted(label)


def _unquoted(label: str) -> str:
    """A label without the quotes that some dumps left inside the string."""
    quoted = len(label) > 2 and label[0] == label[-1] == '"'
    return label[1:-1] if quoted else label


READER = GlinerTokensReader()
