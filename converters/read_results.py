"""Records as readers give them: documents, records refused, and notes about a whole file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from pii_sft.errors import Problem, RecordError
from pii_sft.files import demand_record_size, most_of_record
from pii_sft.spans import Document, HoldsText


class Rejected(HoldsText, msgspec.Struct, frozen=True):
    """A record that can't be turned into a document.

    Attributes:
        problem: where and why.
        raw: the bytes of the record; never shown.
    """

    problem: Problem
    raw: bytes


class Note(msgspec.Struct, frozen=True):
    """Something a reader decided about a whole file; shown to the user and kept in the manifest.

    Attributes:
        text: one sentence, with counts and without document text, such as "offsets count UTF-16
            units, ends excluded (verified on 312 spans)".
    """

    text: str


ReadResult = Document | Rejected | Note
"""A record, good or bad, or a note about the whole."""


def within_record_size(readings: Iterable[ReadResult], path: Path) -> Iterator[ReadResult]:
    """Readings, in which a document whose text alone is larger than a record may be is rejected."""
    most = most_of_record()
    for reading in readings:
        try:
            if isinstance(reading, Document) and len(reading.text) * _MOST_BYTES > most:
                demand_record_size(len(reading.text.encode(errors="surrogatepass")), reading.id)
        except RecordError as error:
            yield rejected(error, path, 0, b"")
        else:
            yield reading


_MOST_BYTES = 4
"""Bytes of a code point in UTF-8."""


def rejected(
    error: RecordError, path: Path, line: int, raw: bytes, id: str | None = None
) -> Rejected:
    """A record of `path` refused with `error`, under its own id where one is given."""
    return Rejected(Problem(error.kind, str(path), line, id or error.id, error.reason), raw)
