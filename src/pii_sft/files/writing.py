"""Writing of single files: atomically, privately, and never over an input."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pii_sft.files.file_part import write_all
from pii_sft.files.staging import STANDARD_STREAM, Staging, encode
from pii_sft.spans import Document

_AT_ONCE = 1 << 12


def write_bytes(
    path: Path, content: bytes, overwrite: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write one file, atomically and privately; `-` is standard output.

    Args:
        path: where to.
        content: what.
        overwrite: whether a file that exists may be replaced.
        inputs: files that are never replaced.

    Raises:
        UsageError: the file exists and `overwrite` is false, or it is an input.
    """
    with Staging(overwrite, inputs) as staging:
        staging.open(path).write(content)


def check_output(path: Path, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Stop before the work begins if its output could not be stored.

    Raises:
        UsageError: `path` can't be written to, see `Staging.open`.
        OSError: it can't, for want of a right or of space.
    """
    if path != STANDARD_STREAM and path.is_fifo():
        # whoever reads from it would take this for its end
        return
    staging = Staging(overwrite, inputs)
    try:
        staging.open(path)
    finally:
        staging.abandon()


def indented(value: object) -> bytes:
    """A value as JSON for people to read, ending in a line break."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def write_json(
    path: Path, value: object, overwrite: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write one indented JSON value, atomically and privately; see `write_bytes`."""
    write_bytes(path, indented(value), overwrite, inputs)


def write_documents(path: Path, documents: Iterable[Document], overwrite: bool = False) -> None:
    """Write Documents JSONL, streaming, atomically and privately; see `write_bytes`."""
    with Staging(overwrite) as staging:
        staging.jsonl(path).write_all(documents)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a private file, whole or not at all.

    A line that a power cut or a full disk has torn is cut off first.

    Args:
        path: the file; it need not be there.
        line: without its line break.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        size = _end_of_lines(handle)
        os.ftruncate(handle, size)
        try:
            write_all(handle, line + b"\n", size)
        except OSError as error:
            os.ftruncate(handle, size)
            error.filename = str(path)
            raise
    finally:
        os.close(handle)


def _end_of_lines(handle: int) -> int:
    """End of the last whole line of a file."""
    end = os.fstat(handle).st_size
    while end:
        start = max(0, end - _AT_ONCE)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
