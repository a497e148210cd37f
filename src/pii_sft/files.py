"""The one way to read and write files: streaming JSONL, atomic and private."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

import jsonlines
import msgspec

from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.spans import Document, Span, with_checked_spans

T = TypeVar("T")

STANDARD_STREAM = Path("-")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_AT_ONCE = 1 << 17

encode = msgspec.json.Encoder().encode


def make_private(folder: Path) -> list[Path]:
    """Create `folder` and its missing parents with mode 0700.

    Returns:
        The folders that were created, innermost first.
    """
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)
    return missing


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Stop before work is done whose output could not be stored.

    Raises:
        UsageError: `path` exists and `overwrite` is false.
    """
    if path != STANDARD_STREAM and path.exists() and not overwrite:
        raise UsageError(f"{path} exists. Use --overwrite to replace it.")


class _Staged(msgspec.Struct):
    stream: IO[bytes]
    temporary: Path
    final: Path


class Staging:
    """A set of files that appear together, or not at all.

    Each file is written to a temporary name in its own folder (mode 0600), flushed to disk, and
    renamed when the `with` block ends without an exception; otherwise all are deleted, and so are
    the folders that were made for them.

    Args:
        overwrite: whether files that exist may be replaced.
    """

    def __init__(self, overwrite: bool = False) -> None:
        self._overwrite = overwrite
        self._files: list[_Staged] = []
        self._folders: list[Path] = []
        self._leftovers: list[Path] = []

    def __enter__(self) -> Staging:
        return self

    def open(self, path: Path) -> IO[bytes]:
        """Open the file that becomes `path`, for writing bytes.

        Raises:
            UsageError: `path` exists and may not be replaced.
        """
        refuse_existing(path, self._overwrite)
        self._folders = make_private(path.parent) + self._folders
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        stream = os.fdopen(handle, "wb", _AT_ONCE)
        self._files.append(_Staged(stream, Path(name), path))
        return stream

    def jsonl(self, path: Path) -> jsonlines.Writer:
        """Open the file that becomes `path`, for writing one JSON value a line."""
        return jsonl_writer(self.open(path))

    def remove(self, path: Path) -> None:
        """Delete `path` when the others appear, unless it is one of them."""
        self._leftovers.append(path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for file in self._files:
                    file.stream.flush()
                    os.fsync(file.stream.fileno())
                for file in self._files:
                    file.stream.close()
                    file.temporary.replace(file.final)
                for path in set(self._leftovers) - {file.final for file in self._files}:
                    path.unlink(missing_ok=True)
        finally:
            for file in self._files:
                file.stream.close()
                file.temporary.unlink(missing_ok=True)
            for folder in self._folders:
                if not any(folder.iterdir()):
                    folder.rmdir()


def jsonl_writer(stream: IO[bytes]) -> jsonlines.Writer:
    """A writer of one compact UTF-8 JSON value a line into an open binary stream."""
    return jsonlines.Writer(stream, dumps=encode)


def write_bytes(path: Path, content: bytes, overwrite: bool = False) -> None:
    """Write one file, atomically and privately; `-` is standard output.

    Raises:
        UsageError: the file exists and `overwrite` is false.
    """
    if path == STANDARD_STREAM:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    with Staging(overwrite) as staging:
        staging.open(path).write(content)


def indented(value: object) -> bytes:
    """A value as JSON for people to read, ending in a line break."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def write_json(path: Path, value: object, overwrite: bool = False) -> None:
    """Write one indented JSON value, atomically and privately; `-` is standard output."""
    write_bytes(path, indented(value), overwrite)


def read_json(path: Path, type: Callable[..., T]) -> T:
    """Read one JSON file as a value of `type` (a msgspec-compatible type).

    Raises:
        InputError: the file is missing, is not JSON, or does not have that shape.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=type)  # type: ignore[no-any-return]
    except FileNotFoundError:
        raise InputError([Problem("no such file", str(path), 0, None, "is missing")]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = Problem("unreadable JSON", str(path), 0, None, str(error))
        raise InputError([problem]) from None


_meters: list[Callable[[int], None]] = []


@contextmanager
def metered(on_bytes: Callable[[int], None]) -> Iterator[None]:
    """Call `on_bytes` with the number of bytes of every read, while the block runs.

    It counts what is read through `open_binary`, standard input apart.
    """
    _meters.append(on_bytes)
    try:
        yield
    finally:
        _meters.remove(on_bytes)


class _Metered(io.FileIO):
    """A file that reports how much of it has been read."""

    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer) or 0
        for on_bytes in _meters:
            on_bytes(count)
        return count


def open_binary(path: Path) -> IO[bytes]:
    """Open a file for reading bytes; `-` is standard input.

    Raises:
        InputError: the file is missing, is a folder, or may not be read.
    """
    if path == STANDARD_STREAM:
        return sys.stdin.buffer
    try:
        return io.BufferedReader(_Metered(path), _AT_ONCE) if _meters else path.open("rb")
    except OSError as error:
        reason = error.strerror or "can't be opened"
        raise InputError([Problem("unreadable file", str(path), 0, None, reason)]) from None


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold anything, with their numbers, counted from 1.

    A byte-order mark is removed; line ends are kept off the lines.
    """
    with open_binary(path) as stream:
        for number, raw in enumerate(stream, 1):
            line = (raw.removeprefix(BYTE_ORDER_MARK) if number == 1 else raw).rstrip(b"\r\n")
            if line.strip():
                yield number, line


class _DocumentRow(msgspec.Struct, gc=False):
    text: str
    spans: tuple[Span, ...]
    id: str | int | None = None
    meta: dict[str, Any] | None = None


_decode_row = msgspec.json.Decoder(_DocumentRow).decode


def decode_document(line: bytes, fallback_id: str) -> Document:
    """Turn one line of Documents JSONL into a verified Document.

    Args:
        line: UTF-8 JSON.
        fallback_id: name for a document that has none.

    Raises:
        RecordError: the line is no JSON, lacks a column, or a span does not fit its text.
    """
    try:
        row = _decode_row(line)
    except msgspec.ValidationError as error:
        raise RecordError("wrong shape", str(error)) from None
    except UnicodeDecodeError:
        raise RecordError("broken line", "is not UTF-8; save it in that encoding") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordError("broken line", str(error)) from None
    id = fallback_id if row.id is None else str(row.id)
    return with_checked_spans(id, row.text, row.spans, row.meta)


def read_documents(path: Path) -> Iterator[Document]:
    """Stream the Documents of a canonical JSONL file.

    Raises:
        InputError: at the first line that is not a valid Document.
    """
    for number, line in read_lines(path):
        try:
            yield decode_document(line, f"{path.stem}-{number}")
        except RecordError as error:
            problem = Problem(error.kind, str(path), number, error.id, error.reason)
            raise InputError([problem]) from None


def write_documents(path: Path, documents: Iterable[Document], overwrite: bool = False) -> None:
    """Write Documents JSONL, streaming, atomically and privately; `-` is standard output.

    Raises:
        UsageError: the file exists and `overwrite` is false.
    """
    if path == STANDARD_STREAM:
        jsonl_writer(sys.stdout.buffer).write_all(documents)
        sys.stdout.buffer.flush()
        return
    with Staging(overwrite) as staging:
        staging.jsonl(path).write_all(documents)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    state = hashlib.sha256()
    with open_binary(path) as stream:
        while block := stream.read(1 << 20):
            state.update(block)
    return state.hexdigest()
