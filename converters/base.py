"""What a reader and a writer are."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol, get_args, get_type_hints, runtime_checkable

import msgspec

from pii_sft.converters.arrow import is_table, table_rows
from pii_sft.errors import Problem, RecordError, UsageError
from pii_sft.files import STANDARD_STREAM, Staging, encode, open_binary
from pii_sft.manifest import Manifest
from pii_sft.prompt import Message
from pii_sft.spans import Document

_decoder = json.JSONDecoder()
_MOST_VALUES = 50
_SEPARATOR = re.compile(r"[\s,]*+(?=[\[{])")
_FIRST_VALUE = re.compile(r"\s*+(?:\[\s*+)?(?=[\[{])")


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
    """The beginning of an input, for guessing its format.

    Args:
        path: where it is; a folder is guessed by what it holds.
        data: the first bytes of a file, enough for the first record; empty for a folder.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        self.text = data.decode("utf-8-sig", errors="replace")

    @property
    def looks_like_json(self) -> bool:
        """Whether it begins as a JSON array or object does."""
        return _FIRST_VALUE.match(self.text) is not None

    @cached_property
    def values(self) -> list[Any]:
        """The first values: items of a JSON array, JSON one after another, or rows of a table."""
        if is_table(self.data):
            return list(islice(table_rows(self.path), _MOST_VALUES))
        match = _FIRST_VALUE.match(self.text)
        found: list[Any] = []
        while match is not None and len(found) < _MOST_VALUES:
            try:
                value, end = _decoder.raw_decode(self.text, match.end())
            except (ValueError, RecursionError):
                break
            found.append(value)
            match = _SEPARATOR.match(self.text, end)
        return found

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The first objects of a JSON array or of JSON lines."""
        return [value for value in self.values if isinstance(value, dict)]

    @cached_property
    def record(self) -> dict[str, Any]:
        """The first value of a JSON array or of JSON lines, if it is an object; else empty."""
        return self.values[0] if self.values and isinstance(self.values[0], dict) else {}


HEAD_BYTES = 1 << 18
MOST_HEAD_BYTES = 1 << 26


def read_head(path: Path) -> Head:
    """As much of a file as its first JSON value takes, but at least `HEAD_BYTES`.

    Standard input can be read only once, so its head is empty, like that of a folder.

    Raises:
        InputError: the file can't be opened.
    """
    if path == STANDARD_STREAM or path.is_dir():
        return Head(path, b"")
    size = HEAD_BYTES
    with open_binary(path) as stream:
        data = stream.read(size)
        head = Head(path, data)
        while head.looks_like_json and not head.values and size < MOST_HEAD_BYTES:
            more = stream.read(size)
            if not more:
                break
            data, size = data + more, size * 2
            head = Head(path, data)
    return head


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


def configured(reader: Reader, settings: Mapping[str, str]) -> Reader:
    """A reader with some of its options set.

    Args:
        reader: a reader, with or without options.
        settings: option to value, as written on a command line.

    Raises:
        UsageError: the reader has no such option, or the value is none of its choices.
    """
    for name, value in settings.items():
        reader = _with_option(reader, name, value)
    return reader


_VALUES = {bool: ("true", "false"), int: ("a whole number",)}


def _with_option(reader: Any, name: str, value: str) -> Reader:
    options = getattr(reader, "options", None)
    if not isinstance(options, msgspec.Struct):
        raise UsageError(f"The {reader.name} reader has no options.")
    kinds = get_type_hints(type(options))
    if name not in kinds:
        close = difflib.get_close_matches(name, kinds, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        known = ", ".join(sorted(kinds))
        raise UsageError(f"The {reader.name} reader has no option {name!r}.{hint} Known: {known}.")
    given = {**msgspec.structs.asdict(options), name: value}
    try:
        changed = msgspec.convert(given, type(options), strict=False)
    except msgspec.ValidationError:
        choices = " or ".join(map(str, get_args(kinds[name]) or _VALUES[kinds[name]]))
        raise UsageError(f"Option {name} of the {reader.name} reader takes {choices}.") from None
    made: Reader = dataclasses.replace(reader, options=changed)
    return made


class Row(msgspec.Struct, frozen=True, gc=False):
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


class LineFiles(msgspec.Struct, frozen=True):
    """The open files of a split.

    Attributes:
        rows: takes what `LineWriter.line` makes of each row.
        gold: takes the documents, one a line; None where the data set has no gold beside its rows.
    """

    rows: IO[bytes]
    gold: IO[bytes] | None = None


@runtime_checkable
class LineWriter(Writer, Protocol):
    """A writer of one line a row, which can be encoded before the split of the row is known."""

    def line(self, row: Row) -> bytes:
        """The row as a line, with its line break; its split is not known yet and empty."""

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open the files of each split of the manifest, and write all others of the data set."""


def write_lines(
    writer: LineWriter,
    rows: Iterable[Row],
    directory: Path,
    manifest: Manifest,
    staging: Staging,
) -> None:
    """`Writer.write` for a writer of lines."""
    files = writer.files(directory, manifest, staging)
    for row in rows:
        into = files[row.split]
        into.rows.write(writer.line(row))
        if into.gold is not None:
            into.gold.write(encode(row.document) + b"\n")
