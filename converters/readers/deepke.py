"""DeepKE, InstructKGC and IEPile: named entities as records, and as instructions.

Records are `{"text", "entity": [{"entity", "entity_type"}]}`. Instructions are `{"task": "NER",
"source", "instruction", "output"}`, of which the last two are JSON strings: the instruction holds
`schema` and `input`, the output maps each label of the schema to strings. A schema is asked for in
parts, so all instructions about a text are read together; labels with nothing found become
`meta.negative_labels`. Instructions of other tasks (RE, EE) are left out and counted.

Strings have no offsets and are looked up in the text.

Formats: https://github.com/zjunlp/DeepKE/tree/main/example/llm/InstructKGC,
https://github.com/zjunlp/IEPile
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.group_by_text import Gathered, read_gathered, with_negatives
from pii_sft.converters.entities.json_fields import known_meta, name_of, text_of
from pii_sft.converters.entities.mentions import Mention, read_mentions
from pii_sft.converters.entities.string_search import Listed, LocatingOptions
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.stringified import decoded
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.errors import RecordError

_ENTITIES = "entity"
_OWN_TASK = "NER"


@dataclass(frozen=True)
class DeepKeReader:
    """Reads the records and the instructions of the DeepKE family.

    Attributes:
        options: which occurrences of a string are marked.
    """

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "deepke"

    def sniff(self, head: Head) -> float:
        """Certain of an `entity` list with types, and of an instruction with a schema."""
        lists = [
            record[_ENTITIES]
            for record in head.records
            if "text" in record and isinstance(record.get(_ENTITIES), list)
        ]
        if lists:
            first: Any = next((each[0] for each in lists if each), None)
            if first is None:
                return POSSIBLE
            return CERTAIN if isinstance(first, dict) and "entity_type" in first else NO
        return CERTAIN if any(_has_schema(record) for record in head.records[:5]) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Look each string up in its text."""
        reading = _Reading()
        yield from read_gathered(path, _text_of, reading.listed, self.options.occurrences)
        yield from reading.notes()


def _has_schema(record: Mapping[str, Any]) -> bool:
    if "output" not in record:
        return False
    try:
        return {"schema", "input"} <= _instruction(record).keys()
    except RecordError:
        return False


def _instruction(record: Mapping[str, Any]) -> Mapping[str, Any]:
    value = decoded(record.get("instruction"), "instruction")
    if not isinstance(value, dict):
        raise RecordError("wrong shape", "`instruction` is no JSON object")
    return value


def _is_instruction(record: Mapping[str, Any]) -> bool:
    return "instruction" in record and _ENTITIES not in record


def _text_of(record: Mapping[str, Any]) -> str:
    if _is_instruction(record):
        return text_of(_instruction(record), ("input",))
    return text_of(record, ("text", "input"))


class _Reading:
    """One pass through a file."""

    def __init__(self) -> None:
        self._others = 0

    def listed(self, gathered: Gathered) -> Iterator[Listed]:
        """One document for each record, and one for all instructions about a text."""
        rows = [row for row in gathered.rows if row.get("task", _OWN_TASK) == _OWN_TASK]
        self._others += len(gathered.rows) - len(rows)
        instructions = [row for row in rows if _is_instruction(row)]
        if instructions:
            yield _instructed(instructions, gathered)
        for number, row in enumerate((row for row in rows if not _is_instruction(row)), 1):
            own = gathered.name if number == 1 else f"{gathered.name}-{number}"
            mentions = read_mentions(_entities(row), gathered.text)
            yield Listed(name_of(row, ("id",), own), gathered.text, mentions, known_meta(row))

    def notes(self) -> Iterator[Note]:
        """Notes on the parts that were left out."""
        if self._others:
            yield Note(f"{self._others} records are of other tasks than NER and were left out")


def _instructed(rows: list[dict[str, Any]], gathered: Gathered) -> Listed:
    asked: list[str] = []
    mentions: list[Mention] = []
    for row in rows:
        asked += _schema(_instruction(row).get("schema"))
        mentions += read_mentions(_output(row), gathered.text)
    id = name_of(rows[0], ("id",), gathered.name)
    meta = with_negatives(known_meta(rows[0]), asked, mentions)
    return Listed(id, gathered.text, mentions, meta)


def _entities(row: Mapping[str, Any]) -> list[Any]:
    entities = row.get(_ENTITIES)
    if not isinstance(entities, list):
        raise RecordError("not annotated", f"the record has no list `{_ENTITIES}`")
    return entities


def _schema(value: Any) -> list[str]:
    """Labels of a schema: a list, or the keys of a mapping to descriptions."""
    names = list(value) if isinstance(value, list | dict) else []
    return [name for name in names if isinstance(name, str)]


def _output(row: Mapping[str, Any]) -> dict[str, Any]:
    if row.get("output") is None:
        raise RecordError("not annotated", "the record has no `output`")
    output = decoded(row["output"], "output")
    if not isinstance(output, dict):
        raise RecordError("wrong shape", "`output` does not map labels to strings")
    return output


READER = DeepKeReader()
