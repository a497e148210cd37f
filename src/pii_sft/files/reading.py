"""Reading of files and pipes, streaming and in constant memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.files.read_once import is_read_once, pipe, standard_input
from pii_sft.files.size_limits import demand_size, most_of_record, read_whole, shown_size
from pii_sft.files.staging import STANDARD_STREAM
from pii_sft.spans import Document, HoldsText, Span, with_checked_spans
from pii_sft.terminal import printable

T = TypeVar("T")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_AT_ONCE = 1 << 17


def read_json(path: Path, type: Callable[..., T]) -> T:
    """Read one JSON file as a value of `type` (a msgspec-compatible type).

    Raises:
        InputError: the file is missing, can't be read, is not JSON, or does not have that shape.
    """
    if not path.exists():
        raise InputError([Problem("no such file", str(path), 0, None, "is missing")])
    with open_binary(path) as stream:
        content = read_whole(stream, str(path))
    try:
        return msgspec.json.decode(content, type=type)  # type: ignore[no-any-return]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError([Problem("unreadable JSON", str(path), 0, None, reason)]) from None


def read_yaml(source: Path | Traversable, type: Callable[..., T], kind: str) -> T:
    """Read one YAML file as a value of `type` (a msgspec-compatible type).

    Args:
        source: the user's, or one that comes with the package.
        type: a msgspec-compatible type.
        kind: what the file is, such as `label file`, for messages.

    Raises:
        UsageError: the file can't be read, is not YAML, or does not have that shape.
    """
    import yaml

    shown = printable(str(source))
    try:
        value: T = msgspec.convert(yaml.safe_load(source.read_text("utf-8")), type)
    except msgspec.ValidationError as error:
        reason = f": {error}"
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark is not None else ""
        reason = f" is not valid YAML{place}."
    except RecursionError:
        reason = f" is nested too deeply to be a {kind}."
    except OSError as error:
        reason = f", a {kind}, can't be read: {error.strerror or error.__class__.__name__}."
    except UnicodeDecodeError:
        reason = " is not UTF-8; save it in that encoding."
    else:
        return value
    raise UsageError(f"{shown}{reason}")


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

    Standard input, and pipes while `reading_once` runs, can be opened again and again: what came
    through them is kept in a file without a name.

    Raises:
        InputError: the file is missing, is a folder or larger than it may be, or may not be read.
    """
    try:
        if path == STANDARD_STREAM:
            return standard_input()
        if is_read_once(path):
            return pipe(path)
        demand_size(path.stat().st_size, str(path))
        return io.BufferedReader(_Metered(path), _AT_ONCE) if _meters else path.open("rb")
    except OSError as error:
        reason = error.strerror or "can't be opened"
        raise InputError([Problem("unreadable file", str(path), 0, None, reason)]) from None


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold anything, with their numbers, counted from 1.

    A byte-order mark is removed; line ends are kept off the lines.

    Raises:
        InputError: a line is longer than a record may be.
    """
    with open_binary(path) as stream:
        for number, raw in enumerate(bounded_lines(stream, path), 1):
            line = (raw.removeprefix(BYTE_ORDER_MARK) if number == 1 else raw).rstrip(b"\r\n")
            if line.strip():
                yield number, line


def bounded_lines(stream: IO[bytes], path: Path) -> Iterator[bytes]:
    """The lines of a stream, with their line breaks.

    Args:
        stream: of a file.
        path: of the file, for messages.

    Raises:
        InputError: a line is longer than a record may be.
    """
    for number, raw in enumerate(lines_within(stream, most_of_record()), 1):
        if raw is None:
            raise InputError([too_long(path, number)])
        yield raw


def lines_within(stream: IO[bytes], most: int, begun: bytes = b"") -> Iterator[bytes | None]:
    """The lines of a stream, with their line breaks; None for one of more bytes without its break.

    No more of such a line is held than of others.

    Args:
        stream: of a file.
        most: bytes of a line.
        begun: beginning of the first line.
    """
    longest = most + len(b"\r\n")
    while raw := begun + stream.readline(longest):
        begun = b""
        if len(raw) > most and len(raw.rstrip(b"\r\n")) > most:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(_AT_ONCE)
            yield None
        else:
            yield raw


def too_long(path: Path, number: int) -> Problem:
    """The problem of a line that is longer than a record may be."""
    reason = f"has more than {shown_size(most_of_record())}; --max-record-size allows more"
    return Problem("too large", str(path), number, None, reason)


class _DocumentRow(HoldsText, msgspec.Struct, gc=False):
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
    stem = path.stem
    for number, line in read_lines(path):
        try:
            yield decode_document(line, f"{stem}-{number}")
        except RecordError as error:
            problem = Problem(error.kind, str(path), number, error.id, error.reason)
            raise InputError([problem]) from None


@contextmanager
def unchanged(inputs: Iterable[Path]) -> Iterator[None]:
    """Refuse files that others write to, replace or remove while the block reads them.

    Args:
        inputs: files, and folders for all files in them; pipes are read once, and never change.

    Raises:
        InputError: some have changed.
    """
    before = {path: _state(path) for each in inputs for path in files_in(each)}
    try:
        yield
    except InputError:
        # what is wrong with records may come of it
        _refuse_changed(before)
        raise
    _refuse_changed(before)


def _refuse_changed(before: Mapping[Path, tuple[int, ...]]) -> None:
    changed = [path for path, state in before.items() if _state(path) != state]
    if changed:
        reason = "changed while it was read"
        raise InputError(
            [Problem("not at rest", str(path), 0, None, reason) for path in changed],
            "Run this again when nothing writes to them any more.",
        )


def files_in(path: Path) -> list[Path]:
    """The regular files of a folder, or the file itself; none for a pipe or standard input."""
    if path == STANDARD_STREAM:
        return []
    return [each for each in (path.rglob("*") if path.is_dir() else [path]) if each.is_file()]


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    state = hashlib.sha256()
    with open_binary(path) as stream:
        while block := stream.read(1 << 20):
            state.update(block)
    return state.hexdigest()
