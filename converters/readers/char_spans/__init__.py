"""Plain `{"text", "entities": [{"start", "end", "label"}]}`, in every spelling that is about.

The text may be called `content` or `sentence`, the entities `annotations`, `spans` or `NER`, and
each entity name its parts in all the ways of `converters/entities/mentions.py`. Published examples
are pii-bench-zh (`entities` with `type`), AmbientMeta (`annotations` with `entity_type`), the notes
of robust-deid (`spans`, `meta.note_id`) and lists of strings without offsets, which are looked up.

The input of robust-deid for prediction looks like annotation without a single span, so such a
file is refused unless an option says that it was reviewed. Test cases of detectors are partial
annotation at best, and refused too (`detector_cases.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_mentions
from pii_sft.converters.entities.string_search import Listed, LocatingOptions, read_listed
from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.stringified import annotation
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, IF_NO_OTHER, LIKELY, NO, POSSIBLE
from pii_sft.converters.readers.char_spans.detector_cases import Partial, case_mentions, is_case
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.spans import Document

_TEXT_KEYS = (
    *("text", "content", "sentence", "full_text", "source_text", "document", "passage", "body"),
    *("message", "raw_text", "input", "source"),
)
_SURE_KEYS = ("entities", "annotations", "ner", "NER", "entity_list", "named_entities")
_ENTITY_KEYS = (
    *_SURE_KEYS,
    *("spans", "mentions", "pii", "pii_entities", "pii_spans", "detections", "results", "entity"),
    *("labels", "label", "annotation"),
)
_NOTE = "note_id"
_ID_KEYS = ("id", "uid", "doc_id", "document_id", "_id")
_OF_OTHER_FORMATS = {
    *(
        "tokens",
        "output",
        "conversations",
        "messages",
        "schema",
        "data",
        "relations",
        "text_tagged",
    ),
    *(
        "_input_hash",
        "answer",
        "denotations",
        "tracks",
        "Comments",
        "comments",
        "trailing_whitespace",
    ),
    *("annotation_approver", "privacy_mask", "completions", "predictions", "instruction"),
}


class CharSpansOptions(LocatingOptions, frozen=True):
    """Policies for plain annotation files.

    Attributes:
        occurrences: which occurrences of strings are marked; see `LocatingOptions`.
        unmarked: whether notes of robust-deid, none of which has a span, are refused, or kept as
            reviewed.
        partial: whether test cases about one entity are refused, or taken as a whole annotation.
    """

    unmarked: Literal["refuse", "keep"] = "refuse"
    partial: Partial = "refuse"


@dataclass(frozen=True)
class CharSpansReader:
    """Reads texts with lists of entities."""

    options: CharSpansOptions = field(default_factory=CharSpansOptions)

    name = "char_spans"

    def sniff(self, head: Head) -> float:
        """Rather sure of entities with offsets, less of strings; foreign keys speak against it."""
        if _is_note(head.record) or is_case(head.record):
            return CERTAIN
        given = head.records or [first_row(head)]
        records = [record for record in given if _text_key(record) is not None]
        keys = [_entity_key(record) for record in records]
        found = [
            _certainty(record, key)
            for record, key in zip(records, keys, strict=True)
            if key is not None and record[key]
        ]
        if found.count(NO) * 2 > len(found):
            return IF_NO_OTHER if _may_be_entities(records[0], keys[0]) else NO
        certainty = max(found, default=POSSIBLE if keys and keys[0] in _SURE_KEYS else NO)
        return min(certainty, IF_NO_OTHER) if _OF_OTHER_FORMATS & head.record.keys() else certainty

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the offsets and look up strings; records where that fails are rejected."""
        spans, notes = 0, 0
        for reading in read_listed(path, self._listed, self.options.occurrences, read_rows(path)):
            if isinstance(reading, Document):
                spans += len(reading.spans)
                notes += _NOTE in reading.meta
            yield reading
        if notes and not spans and self.options.unmarked == "refuse":
            reason = (
                "none of the notes has a span, as in input for prediction; if they were reviewed "
                "and hold none, say so: --option unmarked=keep"
            )
            raise InputError([Problem("not annotated", str(path), 0, None, reason)])

    def _listed(self, record: dict[str, Any], name: str) -> Listed:
        meta = _meta(record)
        id = name_of(record, _ID_KEYS, "") or name_of(meta, (_NOTE,), name)
        with naming(id):
            text = text_of(record, _TEXT_KEYS)
            if is_case(record):
                return Listed(id, text, case_mentions(record, self.options.partial), meta)
            key = _entity_key(record)
            if key is None:
                raise RecordError("not annotated", "the record has no list of entities")
            return Listed(id, text, read_mentions(annotation(record, key), text), meta)


def _meta(record: Mapping[str, Any]) -> dict[str, Any]:
    given = record.get("meta")
    meta = {**(given if isinstance(given, dict) else {}), **known_meta(record)}
    if isinstance(record.get("lang"), str):
        meta.setdefault("language", record["lang"])
    patient = name_of(meta, ("patient_id",), "")
    return {"group": patient, **meta} if patient else meta


def _is_note(record: Mapping[str, Any]) -> bool:
    """True if a record is a note of robust-deid, which has its name in its metadata."""
    match record:
        case {"text": str(), "spans": list(), "meta": {"note_id": _}}:
            return "id" not in record
    return False


def _certainty(record: Mapping[str, Any], key: str) -> float:
    """Certainty by a record with entities; 0 if they can't be read."""
    try:
        text = text_of(record, _TEXT_KEYS)
        mentions = read_mentions(annotation(record, key), text)
    except RecordError:
        return NO
    objects = isinstance(record[key], list) and isinstance(record[key][0], dict)
    return LIKELY if objects and all(mention.place for mention in mentions) else POSSIBLE


def _may_be_entities(record: Mapping[str, Any], key: str | None) -> bool:
    """True for a list or object that can be nothing else, though it can't be read."""
    value = record.get(key or "")
    filled = isinstance(value, dict) or (
        isinstance(value, list) and all(isinstance(each, list | dict) for each in value)
    )
    return key in _SURE_KEYS or filled


def _text_key(record: Mapping[str, Any]) -> str | None:
    return next((key for key in _TEXT_KEYS if isinstance(record.get(key), str)), None)


def _entity_key(record: Mapping[str, Any]) -> str | None:
    """Value with the entities: the first list or object, or else the first string."""
    for kinds in (list | dict, str):
        for key in _ENTITY_KEYS:
            if isinstance(record.get(key), kinds):
                return key
    return None


READER = CharSpansReader()
