"""What a reader and a writer are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec

from pii_sft.errors import Problem, RecordError
from pii_sft.files import Staging
from pii_sft.manifest import Manifest
from pii_sft.prompt import Message
from pii_sft.spans import Document

_decoder = json.JSONDecoder()


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


class Head:
    """The first bytes of a file, for guessing its format.

    Args:
        path: where it is.
        data: its first bytes, enough for the first record.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.text = data.decode("utf-8-sig", errors="replace")

    @cached_property
    def record(self) -> dict[str, Any]:
        """The first object of a JSON array or of JSON lines; empty if there is none."""
        start = self.text.find("{")
        if start < 0 or self.text[:start].strip() not in ("", "["):
            return {}
        try:
            value, _ = _decoder.raw_decode(self.text, start)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class Reader(Protocol):
    """Reads one annotation format."""

    name: str

    def sniff(self, head: Head) -> float:
        """How sure it is that a file is of this format, from 0 (no) to 1 (it can't be another)."""

    def read(self, path: Path) -> Iterator[Reading]:
        """Stream the records of a file, good and bad, in file order, and notes about the whole.

        Raises:
            InputError: the file as a whole can't be read.
        """


class Row(msgspec.Struct, frozen=True):
    """One example on its way to a trainer.

    Attributes:
        split: `train`, `dev`, `test`, or empty where the data set is not split.
        document: the annotated document.
        prompt: the turns the model reads.
        answer: what it has to write.
    """

    split: str
    document: Document
    prompt: list[Message]
    answer: str

    def __repr__(self) -> str:
        return f"Row(split={self.split!r}, document={self.document!r})"


class Writer(Protocol):
    """Writes one trainer's data set format."""

    name: str

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """Write the rows, in order, into `directory`.

        Args:
            rows: the examples; the manifest's counts are complete once they are exhausted.
            directory: folder of the data set.
            manifest: what the data set is.
            staging: through which every file is opened, so that all appear together.
        """
