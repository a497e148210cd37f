"""re3d: a folder with `documents.json` and `entities.json`, joined by `documentId`.

Entities are `{"begin", "end", "type", "value", "documentId", "confidence"}`; one of confidence 0
was put aside for another. `relations.json` is ignored.

Format: https://github.com/dstl/re3d
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.entities.json_fields import name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import object_of, read_annotated, read_records
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.spans import Document

DOCUMENTS, ENTITIES, RELATIONS = "documents.json", "entities.json", "relations.json"


class Re3dOptions(msgspec.Struct, frozen=True):
    """Policies for re3d.

    Attributes:
        unconfirmed: whether entities of confidence 0 are kept or left out.
    """

    unconfirmed: Literal["keep", "drop"] = "keep"


@dataclass(frozen=True)
class Re3dReader:
    """Reads a pair of files with documents and their entities."""

    options: Re3dOptions = field(default_factory=Re3dOptions)

    name = "re3d"

    def sniff(self, head: Head) -> float:
        """Certain of a folder with such a pair."""
        return CERTAIN if head.path.is_dir() and self.claims(head.path) else NO

    def claims(self, folder: Path) -> list[Path]:
        """Documents, entities and relations, if the first two are there and belong together."""
        found = [folder / name for name in (DOCUMENTS, ENTITIES, RELATIONS)]
        if not all(path.is_file() for path in found[:2]):
            return []
        first = next(read_records(found[1]), None)
        if first is None or not isinstance(first.value, dict) or "documentId" not in first.value:
            return []
        return [path for path in found if path.is_file()]

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each entity against its value; those of unknown documents are rejected.

        Raises:
            InputError: it is no folder of such files.
        """
        if not path.is_dir():
            reason = f"is not a folder with {DOCUMENTS} and {ENTITIES}"
            raise InputError([Problem("no folder", str(path), 0, None, reason)])
        entities = _Entities(self.options.unconfirmed)
        yield from entities.read(path / ENTITIES)
        documents = read_annotated(path / DOCUMENTS, entities.annotated)
        yield from settle(path / DOCUMENTS, documents, CODE_POINTS)
        yield from entities.leftovers(path / ENTITIES)


class _Entities:
    """The entities of a folder, by document."""

    def __init__(self, unconfirmed: str) -> None:
        self._drop = unconfirmed == "drop"
        self._of: dict[str, list[dict[str, Any]]] = {}
        self._unconfirmed = 0

    def read(self, path: Path) -> Iterator[Rejected]:
        """Remember what the file holds; what can't belong to any document is rejected."""
        for record in read_records(path):
            try:
                self._remember(object_of(record))
            except RecordError as error:
                yield rejected(error, path, record.line, record.raw)

    def _remember(self, entity: dict[str, Any]) -> None:
        document = name_of(entity, ("documentId",), "")
        if not document:
            raise RecordError("no document", "the entity names no document")
        unconfirmed = entity.get("confidence") == 0
        self._unconfirmed += unconfirmed
        found = self._of.setdefault(document, [])
        if not (unconfirmed and self._drop):
            found.append(entity)

    def annotated(self, record: dict[str, Any], name: str) -> Iterator[RawDocument | Document]:
        """A document with its entities."""
        id = name_of(record, ("_id", "id"), name)
        with naming(id):
            text, marks = text_of(record, ("text",)), read_marks(self._of.pop(id, []))
        source = name_of(record, ("sourceName",), "")
        yield RawDocument(id, text, marks, {"source": source} if source else {})

    def leftovers(self, path: Path) -> Iterator[ReadResult]:
        """Documents that have entities but are not there, and what became of doubtful ones."""
        for document, entities in self._of.items():
            reason = f"{len(entities)} entities are of a document that is not in {DOCUMENTS}"
            raw = b"\n".join(msgspec.json.encode(each) for each in entities)
            yield rejected(RecordError("no document", reason, document), path, 0, raw)
        if self._unconfirmed:
            done = "left out" if self._drop else "kept"
            chosen = "drop" if self._drop else "keep"
            yield Note(
                f"{self._unconfirmed} entities have confidence 0; {done} "
                f"(option unconfirmed={chosen})"
            )


READER = Re3dReader()
