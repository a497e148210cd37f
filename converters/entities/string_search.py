"""Documents from entities that come with offsets, with strings only, or with both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.align import occurrences
from pii_sft.converters.entities.json_fields import naming
from pii_sft.converters.entities.mentions import Mention, Occurrences, find_spans
from pii_sft.converters.files.json_records import Record, read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.spans import Document, HoldsText, checked
from pii_sft.terminal import counted


class LocatingOptions(msgspec.Struct, frozen=True):
    """Policies of readers that look strings up in a text.

    Attributes:
        occurrences: which occurrences of a string without offsets are marked: `all`, or as many
            of the `first` ones as the string is listed.
    """

    occurrences: Occurrences = "all"


class Listed(HoldsText, msgspec.Struct, frozen=True):
    """A text with its entities as its file lists them.

    Attributes:
        id: name of the document.
        text: its text.
        mentions: its entities.
        meta: free extra fields.
    """

    id: str
    text: str
    mentions: Sequence[Mention]
    meta: dict[str, Any] = {}


def read_listed(
    path: Path,
    convert: Callable[[dict[str, Any], str], Listed],
    which: Occurrences,
    records: Iterable[Record] | None = None,
) -> Iterator[ReadResult]:
    """Read JSON objects whose entities may or may not have offsets.

    Entities that all have offsets wait until those are settled, since only the file as a whole
    tells what they count. Otherwise strings are looked up, and offsets beside them count code
    points.

    Args:
        path: an array, JSON lines, or objects one after another.
        convert: finds text and entities in an object, given a name to use when it has none;
            raises RecordError for one that can't be used.
        which: which occurrences of a string without offsets are marked.
        records: of the file; None reads them as JSON.
    """
    locator = Locator(which)

    def made(record: dict[str, Any], name: str) -> Iterator[RawDocument | Document]:
        yield locator.made(convert(record, name))

    yield from settle(path, read_annotated(path, made, records), CODE_POINTS)
    yield from locator.notes()


class Locator:
    """Makes documents of the entities of a file, and counts what had to be looked up.

    Args:
        which: which occurrences of a string without offsets are marked.
    """

    def __init__(self, which: Occurrences) -> None:
        self._which = which
        self._documents = 0
        self._placed = 0
        self._strings = 0
        self._ambiguous = 0
        self._surplus = 0
        self._inexact = 0
        self._blank = 0

    def made(self, listed: Listed) -> RawDocument | Document:
        """A document, or what becomes one when its offsets are settled.

        Raises:
            RecordError: a string is not in the text, or an offset beside strings does not fit.
        """
        mentions = [each for each in listed.mentions if each.place or (each.surface or "").strip()]
        self._blank += len(listed.mentions) - len(mentions)
        places = [mention.place for mention in mentions if mention.place is not None]
        if mentions and len(places) == len(mentions):
            self._placed += 1
            marks = (
                RawSpan(*place, mention.label, mention.surface)
                for mention, place in zip(mentions, places, strict=True)
            )
            return RawDocument(listed.id, listed.text, tuple(marks), listed.meta)
        with naming(listed.id):
            spans = find_spans(listed.text, mentions, self._which)
            document = checked(listed.id, listed.text, spans, listed.meta)
        loose = [each for each in mentions if each.place is None and each.occurrence is None]
        self._placed += len(loose) < len(mentions)
        self._count(listed.text, [each.surface or "" for each in loose])
        return document

    def _count(self, text: str, strings: Sequence[str]) -> None:
        self._documents += 1
        self._strings += len(strings)
        for string in set(strings):
            listed, there = strings.count(string), len(occurrences(text, string))
            self._ambiguous += there > listed
            self._surplus += max(0, listed - there)
            self._inexact += string not in text

    def notes(self) -> Iterator[Note]:
        """Notes on strings that were looked up, or on a file without any entity."""
        if not self._strings and self._documents and not self._placed:
            yield Note(f"no spans in {counted(self._documents, 'document')}")
        if self._blank:
            yield Note(f"{self._blank} strings of white space alone were left out")
        if not self._strings:
            return
        parts = [f"{self._strings} strings without offsets were looked up and found"]
        if self._ambiguous:
            marked = "all are" if self._which == "all" else "the first ones are"
            parts.append(
                f"{self._ambiguous} stand in their text more often than they are listed, {marked} "
                f"marked (option occurrences={self._which})"
            )
        if self._surplus:
            parts.append(f"{self._surplus} were listed more often than they stand in their text")
        if self._inexact:
            parts.append(f"{self._inexact} stand there in another case or spacing")
        yield Note("; ".join(parts))
