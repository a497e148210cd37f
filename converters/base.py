"""What a reader and a writer are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from pii_sft.converters.head import Head
from pii_sft.errors import Problem, RecordError
from pii_sft.spans import Document


class Rejected(msgspec.Struct, frozen=True):
    """A record that can't become a document, as it came.

    Attributes:
        problem: where and why.
        raw: the bytes of the record; never shown.
    """

    problem: Problem
    raw: bytes

    def __repr__(self) -> str:
        return f"Rejected({self.problem!r}, bytes={len(self.raw)})"


class Note(msgspec.Struct, frozen=True):
    """Something a reader decided about a whole file; shown to the user and kept in the manifest.

    Attributes:
        text: one sentence, with counts and without document text, such as "offsets count UTF-16
            units, ends excluded (verified on 312 spans)".
    """

    text: str


Reading = Document | Rejected | Note
"""What a reader yields."""


def rejected(error: RecordError, path: Path, line: int, raw: bytes) -> Rejected:
    """A record of `path` refused with `error`."""
    return Rejected(Problem(error.kind, str(path), line, error.id, error.reason), raw)


class Reader(Protocol):
    """Reads one annotation format.

    A reader with policies is a frozen dataclass with a field `options`, a msgspec Struct of them.
    A reader of folders has a method `claims`.
    """

    name: str

    def sniff(self, head: Head) -> float:
        """How sure it is that an input is of this format, from 0 (no) to 1 (no other)."""

    def read(self, path: Path) -> Iterator[Reading]:
        """Stream the records of an input, good and bad, in file order, and notes about the whole.

        Raises:
            InputError: the input as a whole can't be read.
        """


@runtime_checkable
class FolderReader(Reader, Protocol):
    """Reads formats that put one document into several files, or each into one of its own."""

    def claims(self, folder: Path) -> list[Path]:
        """The files of a folder that are read together, as one input; empty if it is not for it."""


@runtime_checkable
class LineReader(Reader, Protocol):
    """Reads formats in which every line is a record, so that several processes can share a file."""

    def by_line(self, path: Path) -> bool:
        """Whether this file is one of lines; the format may have other layouts, too."""

    def read_line(self, line: bytes, number: int, path: Path) -> Document | Rejected:
        """Turn one line that is not blank into a document.

        Args:
            line: without its line break; without a byte-order mark.
            number: of the line, counted from 1.
            path: of the file.
        """
