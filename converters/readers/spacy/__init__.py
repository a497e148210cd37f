"""spaCy's training data: version 2 as JSON or Python, and the binary corpora of version 3.

- `["text", {"entities": [[start, end, "LABEL"], ...]}]`, in an array, one a line, or as tuples in
  a Python file, which is read without running it; ner-annotator wraps them in
  `{"classes", "annotations"}`.
- `{"paragraphs": [{"raw", "sentences": [{"tokens": [{"orth", "ner"}]}]}]}`, tagged BILUO.
- `When|WRB|O Sebastian|NNP|B-PERSON`, a sentence a line (`.iob`).
- DocBin (`.spacy`): `doc.ents`, or one of `doc.spans`. Needs spaCy.

Offsets are code points, half-open. Overlapping spans can be in groups of spans only, which
`spans=KEY` asks for. Entries that are null are left out and counted; texts without `entities`, and
with tokens whose tag is missing (`-`), are refused.

Formats: https://v2.spacy.io/api/annotation#training and https://spacy.io/api/docbin
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.files.json_records import Record, decoded_line, read_records
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, LIKELY, NO
from pii_sft.converters.readers.spacy.docbin import is_doc_bin, read_doc_bin
from pii_sft.converters.readers.spacy.iob import is_sentence_a_line, read_sentences
from pii_sft.converters.readers.spacy.python_literals import list_items
from pii_sft.converters.readers.spacy.training_json import has_paragraphs, read_paragraphs
from pii_sft.errors import RecordError
from pii_sft.files import encode, open_binary, read_lines, read_whole

_TUPLE = re.compile(r"""\(\s*+[rRuU]?["']""")
_A_LINE = re.compile(r"""\s*\[\s*\"""")
_ANNOTATED = re.compile(r"""["'](?:entities|spans)["']\s*:""")
_ENTITIES = "entities"


class SpacyOptions(msgspec.Struct, frozen=True):
    """Policies for spaCy's formats.

    Attributes:
        spans: key of the group of spans that is read; empty for the entities.
    """

    spans: str = ""


@dataclass(frozen=True)
class SpacyReader:
    """Reads training data of spaCy."""

    options: SpacyOptions = field(default_factory=SpacyOptions)

    name = "spacy"

    def sniff(self, head: Head) -> float:
        """Certain of a text beside its entities, of tagged paragraphs, and of a DocBin."""
        if is_doc_bin(head.data):
            return CERTAIN
        if has_paragraphs(head.record) or _is_wrapped(head.record):
            return CERTAIN
        if any(_is_pair(value) for value in head.values):
            return CERTAIN
        if head.looks_like_json:
            return NO
        return LIKELY if is_sentence_a_line(head.text) or _is_python(head.text) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Read a file of any of the shapes; broken entries are rejected."""
        head = read_head(path)
        if is_doc_bin(head.data):
            yield from read_doc_bin(path, self.options.spans)
        elif has_paragraphs(head.record):
            yield from read_paragraphs(path)
        elif is_sentence_a_line(head.text):
            yield from read_sentences(path)
        else:
            pairs = _Pairs(path, self.options.spans)
            yield from settle(path, pairs.annotated(_records(path, head)), CODE_POINTS)
            yield from pairs.notes()


def _is_python(text: str) -> bool:
    """True if a text that is no JSON holds texts beside entities, as tuples."""
    return _TUPLE.search(text) is not None and _ANNOTATED.search(text) is not None


def _records(path: Path, head: Head) -> Iterator[Record]:
    """The entries of a file, whichever way they are written."""
    if not head.looks_like_json and (path.suffix == ".py" or _is_python(head.text)):
        with open_binary(path) as stream:
            source = read_whole(stream, str(path)).decode("utf-8-sig", errors="surrogateescape")
        return list_items(source, _ANNOTATED)
    if _A_LINE.match(head.text):
        return (decoded_line(number, line) for number, line in read_lines(path))
    return read_records(path)


class _Pairs:
    """One pass through a file of texts beside their entities."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._nulls = 0

    def annotated(self, records: Iterable[Record]) -> Iterator[RawDocument | Rejected]:
        """The documents of the entries that are not null."""
        entries = chain.from_iterable(map(_unwrapped, records))
        for number, entry in enumerate(entries, 1):
            if entry.value is None and not entry.error:
                self._nulls += 1
                continue
            id = f"{self._path.stem}-{number}"
            try:
                text, marks = _read_pair(entry, self._key)
            except RecordError as error:
                yield rejected(error, self._path, entry.line, entry.raw, id)
                continue
            yield RawDocument(id, text, marks, {}, entry.line, entry.raw)

    def notes(self) -> Iterator[Note]:
        """Note on the number of entries that were left out."""
        if self._nulls:
            yield Note(f"{self._nulls} entries are null; left out")


def _is_wrapped(record: dict[str, Any]) -> bool:
    """True if a record is what ner-annotator writes."""
    annotations = record.get("annotations")
    return isinstance(record.get("classes"), list) and isinstance(annotations, list)


def _unwrapped(record: Record) -> Iterator[Record]:
    """The entries of a record: itself, or those that ner-annotator wraps."""
    if not isinstance(record.value, dict) or not _is_wrapped(record.value):
        yield record
        return
    for entry in record.value["annotations"]:
        yield Record(record.line, entry, encode(entry))


def _is_pair(value: Any) -> bool:
    match value:
        case [str(), dict() as annotations, *_]:
            return _ENTITIES in annotations or "spans" in annotations
    return False


def _read_pair(entry: Record, key: str) -> tuple[str, tuple[RawSpan, ...]]:
    if entry.error:
        raise RecordError("broken line", entry.error)
    match entry.value:
        case [str(text), dict() as annotations, *_] | (str(text), dict() as annotations):
            groups = annotations.get("spans")
            own = groups if key and isinstance(groups, dict) else annotations
            entities = own.get(key or _ENTITIES)
        case _:
            raise RecordError("wrong shape", "the entry is not a text beside its annotations")
    if not text:
        raise RecordError("no text", "the text of the entry is empty")
    if not isinstance(entities, list | tuple):
        what = "no such group of spans" if key else "no list of entities"
        raise RecordError("not annotated", f"the entry has {what}")
    return text, tuple(_mark(entity, at) for at, entity in enumerate(entities, 1))


def _mark(entity: Any, at: int) -> RawSpan:
    match entity:
        case [start, end, str(label), *_]:
            pass
        case {"start": start, "end": end, "label": str(label)}:
            pass
        case _:
            raise RecordError("wrong shape", f"entity {at} is not [start, end, label]")
    first = whole_number(start, f"the start of entity {at}")
    return RawSpan(first, whole_number(end, f"the end of entity {at}"), label)


READER = SpacyReader()
