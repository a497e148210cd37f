"""Parts of an open file, read and written at positions of their own."""

from __future__ import annotations

import io
import os
from typing import IO, Any

_AT_ONCE = 1 << 20


def open_part(file: IO[bytes], start: int = 0, end: int | None = None) -> io.BufferedReader:
    """Open a part of a file that is open already, and stays so when the part is closed.

    Args:
        file: what has been written to it is flushed.
        start: first byte.
        end: byte after the last one; None for where the file ends now.
    """
    if end is None:
        end = os.fstat(file.fileno()).st_size
    return io.BufferedReader(_Part(file, start, end), _AT_ONCE)


def write_all(handle: int, content: bytes, at: int = 0) -> None:
    """Write to a place in an open file, however little is taken at a time.

    Raises:
        OSError: there is no room.
    """
    rest = memoryview(content)
    while rest:
        count = os.pwrite(handle, rest, at)
        rest, at = rest[count:], at + count


class _Part(io.RawIOBase):
    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        super().__init__()
        # keeps the file open
        self._file = file
        self._start = start
        self._end = end
        self._at = start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origin = (self._start, self._at, self._end)[whence]
        self._at = max(self._start, origin + offset)
        return self._at - self._start

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)[: max(0, self._end - self._at)]
        count = os.preadv(self._file.fileno(), [view], self._at) if view else 0
        self._at += count
        return count
