"""Documents to predict, annotated or not: files of any format, plain text, or a pipe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType

import msgspec

from pii_sft.converters.detect import ANY_FORMAT, read_annotations
from pii_sft.errors import SHOWN_PROBLEMS, InputError, Problem, RecordError, UsageError
from pii_sft.files import (
    STANDARD_STREAM,
    demand_record_size,
    digest,
    most_of_record,
    open_binary,
    read_lines,
)
from pii_sft.spans import Document, HoldsText, checked

_PLAIN = ".txt"
_LINES = (".jsonl", ".ndjson")


class _TextRow(HoldsText, msgspec.Struct):
    text: str
    id: str | int | None = None
    meta: dict[str, object] = {}


class _Spans(msgspec.Struct):
    spans: msgspec.Raw


class TextSource:
    """The documents of some files, which can be read several times.

    Args:
        paths: files of any format that a reader reads; rows of `{"id", "text"}`; `.txt` files, of
            one document each; folders; `-` is standard input, which is stored.
        source: name of the format, or `auto`.
    """

    def __init__(self, paths: Sequence[Path], source: str = ANY_FORMAT) -> None:
        self._paths = paths
        self._source = source

    def __enter__(self) -> TextSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__dict__.pop("_piped", None)

    @cached_property
    def sha256(self) -> str:
        """Digest of the file; of several, of their digests; of folders, of what is in them."""
        digests = [digest(each) for each in self._files() if each != STANDARD_STREAM]
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256(" ".join(digests).encode()).hexdigest()

    def _files(self) -> Iterator[Path]:
        for path in self._paths:
            if path.is_dir():
                yield from sorted(each for each in path.rglob("*") if each.is_file())
            else:
                yield path

    def documents(self) -> Iterator[Document]:
        """Every document.

        Raises:
            InputError: a record can't be read.
            UsageError: the format is not recognised.
        """
        for path in self._paths:
            yield from self._piped if path == STANDARD_STREAM else self._read(path)

    def ids(self) -> list[str]:
        """Ids of all documents, each once.

        Raises:
            InputError: two documents have one id, or a record can't be read.
        """
        ids: dict[str, None] = {}
        problems = []
        for number, document in enumerate(self.documents(), 1):
            if document.id in ids:
                reason = "has the id of an earlier document"
                name = ",".join(map(str, self._paths))
                problems.append(Problem("duplicate id", name, number, document.id, reason))
            ids[document.id] = None
        if problems:
            raise InputError(
                problems[:SHOWN_PROBLEMS],
                "Answers could not be told apart. Give every document an id of its own, or leave "
                "the ids out.",
            )
        return list(ids)

    @cached_property
    def _piped(self) -> list[Document]:
        return list(self._rows(STANDARD_STREAM))

    def _read(self, path: Path) -> Iterator[Document]:
        if self._source != ANY_FORMAT:
            return read_annotations([path], self._source)
        if path.suffix.lower() == _PLAIN:
            return iter([_plain(path, path.stem)])
        if path.is_dir() and _all_plain(path):
            return (_plain(each, str(each.relative_to(path))) for each in _inside(path))
        if path.suffix.lower() in _LINES and _first_is_text(path):
            return self._rows(path)
        return read_annotations([path])

    def _rows(self, path: Path) -> Iterator[Document]:
        """Documents of rows with a text; a line of standard input that is no row is a text."""
        for number, line in read_lines(path):
            name = "line" if path == STANDARD_STREAM else path.stem
            try:
                row = msgspec.json.decode(line, type=_TextRow)
            except (msgspec.DecodeError, UnicodeDecodeError):
                if path != STANDARD_STREAM or line.lstrip().startswith(b"{"):
                    reason = 'is no row of {"id": ..., "text": ...}'
                    raise InputError(
                        [Problem("no text", str(path), number, None, reason)]
                    ) from None
                row = _TextRow(line.decode(errors="replace"))
            id = f"{name}-{number}" if row.id is None else str(row.id)
            yield checked(id, row.text, (), dict(row.meta))


def _inside(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def _all_plain(folder: Path) -> bool:
    files = _inside(folder)
    return bool(files) and all(each.suffix.lower() == _PLAIN for each in files)


def _plain(path: Path, id: str) -> Document:
    """A file of plain text as one document.

    Raises:
        InputError: the file can't be read, or is larger than a record may be.
    """
    with open_binary(path) as stream:
        content = stream.read(most_of_record() + 1)
    try:
        demand_record_size(len(content))
        return checked(id, content.decode("utf-8-sig"), ())
    except UnicodeDecodeError:
        reason = "is not UTF-8; convert it first"
    except RecordError as error:
        reason = error.reason
    raise InputError([Problem("unreadable file", str(path), 0, None, reason)])


def _first_is_text(path: Path) -> bool:
    """True if the first row has a text and no spans; rows with spans are left to a reader."""
    for _, line in read_lines(path):
        try:
            msgspec.json.decode(line, type=_TextRow)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        try:
            msgspec.json.decode(line, type=_Spans)
        except msgspec.ValidationError:
            return set(msgspec.json.decode(line)) <= {"id", "text", "meta"}
        return False
    raise UsageError(f"{path} is empty.")
