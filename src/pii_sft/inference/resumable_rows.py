"""Rows of an unfinished prediction, so that an interrupted call can be resumed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files import encode, make_private, write_all


class _Id(msgspec.Struct):
    id: str


class _Header(msgspec.Struct):
    fingerprint: str


class Unfinished:
    """Rows of an unfinished prediction, in the order in which they came, below a header.

    The file appears with the first row. Only one process at a time can use it.

    Args:
        path: of the file.
        fingerprint: digest of everything that the rows depend on.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self._header = encode(_Header(fingerprint)) + b"\n"
        self._handle: int | None = None

    def __enter__(self) -> Unfinished:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def begin(self, *, resume: bool, overwrite: bool) -> set[str]:
        """Open the file; return the ids that are answered already.

        Raises:
            UsageError: the file belongs to another call, and may not be continued or replaced.
        """
        try:
            self._handle = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return set()
        self._lock(self._handle)
        with self._open(self._handle) as stream:
            first = stream.readline()
        if not (first.startswith(_BEGIN) or _BEGIN.startswith(first)):
            raise UsageError(f"{self.path} is in the way: no call of predict wrote it. Move it.")
        if resume:
            return self._answered(self._handle)
        if not overwrite:
            raise UsageError(
                f"{self.path} holds the answers of an interrupted run. Go on with --resume, or "
                "start again with --overwrite."
            )
        os.close(self._handle)
        self._handle = None
        self.path.unlink()
        return set()

    def _lock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._taken() from None

    def _taken(self) -> UsageError:
        return UsageError(f"Another call of predict writes {self.path}. Wait for its end.")

    def _open(self, handle: int) -> BinaryIO:
        """The file from its beginning; closing it leaves the descriptor open."""
        stream = os.fdopen(os.dup(handle), "rb")
        stream.seek(0)
        return stream

    def _answered(self, handle: int) -> set[str]:
        """Ids of the complete rows; an incomplete last row is cut off."""
        ids: set[str] = set()
        end = 0
        with self._open(handle) as stream:
            for number, line in enumerate(stream):
                if not line.endswith(b"\n"):
                    break
                if number == 0 and line != self._header:
                    raise UsageError(
                        f"{self.path} was made with other data, another model or other options. "
                        "Repeat those, or start again with --overwrite."
                    )
                try:
                    row = msgspec.json.decode(line, type=_Id) if number else None
                except (msgspec.DecodeError, UnicodeDecodeError):
                    break  # and all behind it: asked again, nothing is mixed up
                if row is not None:
                    ids.add(row.id)
                end += len(line)
        os.ftruncate(handle, end)
        return ids

    def append(self, row: bytes) -> None:
        """Store a row durably.

        Raises:
            OSError: it can't be stored completely; then nothing of it is stored.
            UsageError: another process began to write meanwhile.
        """
        if self._handle is None:
            make_private(self.path.parent)
            try:
                self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                raise self._taken() from None
            self._lock(self._handle)
        if not os.fstat(self._handle).st_size:
            self._write(self._handle, self._header)
        self._write(self._handle, row + b"\n")

    def _write(self, handle: int, line: bytes) -> None:
        end = os.fstat(handle).st_size
        try:
            write_all(handle, line, end)
        except OSError as error:
            os.ftruncate(handle, end)
            error.filename = str(self.path)
            raise

    def in_order(self, ids: Iterable[str]) -> Iterator[bytes]:
        """The stored lines in the order of `ids`."""
        if self._handle is None:
            return
        places: dict[str, tuple[int, int]] = {}
        with self._open(self._handle) as stream:
            at = len(stream.readline())
            for line in stream:
                places[msgspec.json.decode(line, type=_Id).id] = (at, len(line))
                at += len(line)
            for id in ids:
                start, length = places[id]
                stream.seek(start)
                yield stream.read(length)

    def remove(self) -> None:
        """Delete the file after all of its rows were stored elsewhere."""
        if self._handle is not None:
            self.path.unlink(missing_ok=True)


def remove_stored(path: Path, out: Path) -> None:
    """Remove the file of a call that was killed after all of its rows were stored elsewhere.

    Args:
        path: of its file, as given to `Unfinished`.
        out: the file with the stored rows; if its rows are others, nothing is removed.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return
    with os.fdopen(handle, "rb") as stream, out.open("rb") as stored, suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stream.readline().startswith(_BEGIN) and {*stream} <= {*stored}:
            path.unlink(missing_ok=True)


_BEGIN = encode(_Header("")).removesuffix(b'"}')
