"""doccano, export and import: `{"text", "label": [[start, end, "LABEL"], ...]}` and its relatives.

Projects name their columns as they like; the text may be under `text`, `data`, `column_data` or
`content`. Offsets are those of the browser, UTF-16 units, and nothing is there to check them with
but the words. Exports of old versions mix several users and give labels as numbers.

An empty list of labels is read as reviewed, though doccano writes the same for a document that
nobody has opened yet; a record without the list is refused.

Format: https://github.com/doccano/doccano/blob/master/docs/tutorial.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.annotator_policy import Annotation, Choice
from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, whole_number
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import UTF_16, settle
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.errors import RecordError

_TEXT_KEYS = ("text", "data", "column_data", "content")
_LABEL_KEYS = ("label", "labels", "column_label", "entities", "annotations")


class DoccanoOptions(msgspec.Struct, frozen=True):
    """Policies for exports of doccano.

    Attributes:
        annotators: which user's labels are taken where an export mixes several; see `Choice`.
    """

    annotators: str = "first"


@dataclass(frozen=True)
class DoccanoReader:
    """Reads sequence labelling and relation projects of doccano."""

    options: DoccanoOptions = field(default_factory=DoccanoOptions)

    name = "doccano"

    def sniff(self, head: Head) -> float:
        """Certain of lists of `[start, end, label]` and of `start_offset`; not of empty lists."""
        texts = [record for record in head.records if _text(record) is not None]
        lists = [_labels(record) for record in texts]
        filled = next((each for each in lists if each), None)
        if filled is not None:
            return CERTAIN if _is_entity(filled[0]) else NO
        plain = not any({"spans", "tokens"} & record.keys() for record in texts)
        return POSSIBLE if [] in lists and plain else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets; records without text or without labels are rejected."""
        reading = _Reading(self.options)
        yield from settle(path, read_annotated(path, reading.annotated), UTF_16)
        yield from reading.notes()


class _Reading:
    """One pass through a file."""

    def __init__(self, options: DoccanoOptions) -> None:
        self._choice = Choice(options.annotators)
        self._numbered = 0
        self._empty = 0

    def annotated(self, record: dict[str, Any], name: str) -> Iterator[RawDocument]:
        """The documents of a record: one, unless each user makes one."""
        id = name_of(record, ("id",), name)
        text, entities = _text(record), _labels(record)
        if text is None:
            raise RecordError("no text", "the record has no text", id)
        if entities is None:
            raise RecordError("not annotated", "the record has no list of labels", id)
        users: dict[str, list[RawSpan]] = {}
        with naming(id):
            for at, entity in enumerate(entities, 1):
                user, mark = _marked(entity, at)
                users.setdefault(user, []).append(mark)
                self._numbered += mark.label.isdecimal()
        self._empty += not entities
        meta = record.get("meta")
        meta = {**(meta if isinstance(meta, dict) else {}), **known_meta(record)}
        annotations = [Annotation(tuple(marks), user) for user, marks in users.items()]
        chosen = self._choice.of(annotations or [Annotation(())])
        for number, each in enumerate(chosen, 1):
            own = f"{id}#{number}" if len(chosen) > 1 else id
            yield RawDocument(own, text, each.marks, meta)

    def notes(self) -> Iterator[Note]:
        """Notes on the file for the user."""
        yield from self._choice.notes()
        if self._numbered:
            yield Note(
                f"{self._numbered} labels are numbers, whose names are in another file; name them "
                "with --labels"
            )
        if self._empty:
            yield Note(
                f"{self._empty} documents have no labels; doccano does not tell those that were "
                "reviewed from those that were not opened"
            )


def _text(record: dict[str, Any]) -> str | None:
    """The text; None if there is none, or an empty one."""
    return next((record[key] for key in _TEXT_KEYS if _is_text(record.get(key))), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _labels(record: dict[str, Any]) -> list[Any] | None:
    """The list of entities; None if there is none."""
    lists = [record[key] for key in _LABEL_KEYS if isinstance(record.get(key), list)]
    return next((each for each in lists if each), lists[0] if lists else None)


def _is_entity(entity: Any) -> bool:
    match entity:
        case [int(), int(), str()] | {"start_offset": _, "end_offset": _, "label": _}:
            return True
    return False


def _marked(entity: Any, at: int) -> tuple[str, RawSpan]:
    """User who marked an entity, and its place; `at` counts from 1."""
    user = ""
    match entity:
        case [start, end, label]:
            pass
        case {"start_offset": start, "end_offset": end, "label": label}:
            user = name_of(entity, ("user",), "")
        case _:
            reason = f"label {at} is neither [start, end, label] nor an object with `start_offset`"
            raise RecordError("wrong shape", reason)
    if not isinstance(label, str | int) or isinstance(label, bool):
        raise RecordError("no label", f"label {at} has no name")
    place = (whole_number(start, f"the start of {at}"), whole_number(end, f"the end of {at}"))
    return user, RawSpan(*place, str(label))


READER = DoccanoReader()
