"""GLiNER2 training rows: `{"input": ..., "output": {"entities": {label: [string, ...]}}}`.

The values have no offsets, so each is looked up in the text: as written, then without regard to
case and white space, as GLiNER2 itself compares them. Published files vary: the text under `text`,
the annotation under `schema`, `output` as a JSON string or as a bare list, and the entities in all
the layouts of `converters/entities/mentions.py`.

A row whose `output` has no entities was reviewed and holds none. A row without `output` was not
annotated and is refused. A label with `[]` was asked for and not found; it goes to
`meta.negative_labels`.

Format: https://github.com/fastino-ai/GLiNER2/blob/main/tutorial/8-train_data.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import META_KEYS, name_of, naming
from pii_sft.converters.entities.mentions import read_mentions
from pii_sft.converters.entities.string_search import Listed, LocatingOptions, read_listed
from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, IF_NO_OTHER, NO, POSSIBLE
from pii_sft.errors import RecordError

_ID_KEYS = ("id", "uid", "doc_id")
_OTHER_TASKS = {
    "entity_descriptions",
    "classifications",
    "json_structures",
    "json_descriptions",
    "relations",
}


@dataclass(frozen=True)
class GlinerReader:
    """Reads texts with the strings of their entities."""

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "gliner"

    def sniff(self, head: Head) -> float:
        """Certain of an input with `output.entities`, less so of looser shapes."""
        record = head.record
        if {"spans", "full_text"} & record.keys():
            return NO
        try:
            _text(record)
            output = _output(record)
        except RecordError:
            return NO
        if isinstance(output, dict) and "entities" in output:
            return CERTAIN
        return (
            POSSIBLE if isinstance(output, dict) and output.keys() & _OTHER_TASKS else IF_NO_OTHER
        )

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Find each value in its text; records with one that is not there are rejected."""
        yield from read_listed(path, _listed, self.options.occurrences)


def _listed(record: dict[str, Any], name: str) -> Listed:
    id = name_of(record, _ID_KEYS, name)
    with naming(id):
        text = _text(record)
        entities = _entities(_output(record))
        return Listed(id, text, read_mentions(entities, text), _meta(record, entities))


def _text(record: dict[str, Any]) -> str:
    for key in ("input", "text"):
        value = record.get(key)
        if isinstance(value, dict):
            value = value.get("text")
        if isinstance(value, str) and value:
            return value
    raise RecordError("no text", "neither `input` nor `text` holds a text")


def _output(record: dict[str, Any]) -> Any:
    """The annotation, decoded if it is a JSON string; never None."""
    asked = record.get("input")
    nested = asked.get("schema") if isinstance(asked, dict) else None
    for output in (record.get("output"), record.get("schema"), nested):
        value = _decoded(output, "output")
        if isinstance(value, dict | list):
            return value
        if value is not None:
            raise RecordError("wrong shape", "`output` is neither an object nor a list")
    raise RecordError("not annotated", "the record has no `output`")


def _entities(output: Any) -> Any:
    """The entities of an annotation; without that name, whatever belongs to no other task."""
    if not isinstance(output, dict):
        return output
    if "entities" in output:
        return _decoded(output["entities"], "entities")
    return {label: value for label, value in output.items() if label not in _OTHER_TASKS}


def _decoded(value: Any, key: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise RecordError("wrong shape", f"`{key}` is a string, but not of JSON") from None


def _meta(record: dict[str, Any], entities: Any) -> dict[str, Any]:
    given = record.get("meta")
    meta = dict(given) if isinstance(given, dict) else {}
    for key in META_KEYS:
        value = record.get(key)
        if isinstance(value, str | int):
            meta[key] = str(value)
        elif value is not None:
            raise RecordError("wrong shape", f"`{key}` is not a string")
    if isinstance(entities, dict):
        absent = [label for label, value in entities.items() if value == []]
        if absent:
            meta["negative_labels"] = absent
    return meta


READER = GlinerReader()
