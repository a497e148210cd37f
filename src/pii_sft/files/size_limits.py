"""Limits on the size of inputs, so that no compressed file takes all memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from pii_sft.errors import InputError, Problem, RecordError, UsageError

MB = 1 << 20
DEFAULT_RECORD = 64 * MB
DEFAULT_WHOLE = 4096 * MB

_PIECE = 16 * MB


class SizeLimits(msgspec.Struct, frozen=True):
    """The largest inputs that are read.

    Attributes:
        file: bytes of a file, unpacked; 0 for no limit where files are streamed, and for 4 GB where
            they are read as a whole.
        record: bytes of a record.
    """

    file: int = 0
    record: int = DEFAULT_RECORD


_limits = SizeLimits()


@contextmanager
def limited(file: int | None = None, record: int | None = None) -> Iterator[None]:
    """Set limits while the block runs; None leaves a limit unchanged."""
    global _limits  # noqa: PLW0603 - readers are given a path and a policy, not the caller's limits
    before = _limits
    _limits = SizeLimits(
        before.file if file is None else file, before.record if record is None else record
    )
    try:
        yield
    finally:
        _limits = before


def most_of_record() -> int:
    """Bytes that a record may have."""
    return _limits.record


def most_of_whole() -> int:
    """Bytes that a file may have, unpacked, which is read as a whole."""
    return _limits.file or DEFAULT_WHOLE


def demand_size(size: int, name: str) -> None:
    """Refuse a file that is streamed.

    Raises:
        InputError: it is larger than it may be.
    """
    if _limits.file and size > _limits.file:
        raise _too_large(name, _limits.file)


def demand_whole_size(size: int, name: str) -> None:
    """Refuse a file that is read as a whole.

    Raises:
        InputError: it is larger than it may be.
    """
    if size > most_of_whole():
        raise _too_large(name, most_of_whole())


def demand_record_size(size: int, id: str | None = None) -> None:
    """Refuse a record.

    Raises:
        RecordError: it is larger than it may be.
    """
    if size > _limits.record:
        raise RecordError(
            "too large",
            f"the record has more than {shown_size(_limits.record)}; --max-record-size allows more",
            id,
        )


def read_whole(stream: IO[bytes], name: str) -> bytes:
    """All that is left of a file.

    Raises:
        InputError: that is more than a file may have.
    """
    # In pieces: Python gives a read the memory that it asks for, not what the file needs.
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(min(_PIECE, most_of_whole() + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        demand_whole_size(size, name)
    return b"".join(pieces)


def _too_large(name: str, most: int) -> InputError:
    reason = f"has more than {shown_size(most)}; --max-file-size allows more"
    return InputError([Problem("too large", name, 0, None, reason)])


def shown_size(size: int) -> str:
    """A size for people, such as 64MB."""
    for unit, name in ((1 << 30, "GB"), (MB, "MB"), (1 << 10, "KB")):
        if size % unit == 0 and size:
            return f"{size // unit}{name}"
    return f"{size} bytes"


_SIZE = re.compile(r"(\d+)\s*([KMGT]?)i?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": MB, "G": 1 << 30, "T": 1 << 40}


def parsed_size(text: str) -> int:
    """A number of bytes, such as 64MB or 4G; units are powers of 1024.

    Raises:
        UsageError: it is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is no size such as 64MB or 2GB.")
    return int(match[1]) * _UNITS[match[2].upper()]
