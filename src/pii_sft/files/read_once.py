"""Inputs that can be read only once: copied to a file without a name, and read from there.

Format detection, counting and digests each read an input from its beginning, which a pipe or
standard input allows only once.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from weakref import WeakKeyDictionary

from pii_sft.errors import InputError, Problem
from pii_sft.files.file_part import open_part
from pii_sft.files.size_limits import demand_size

_AT_ONCE = 1 << 20

_standard_inputs: WeakKeyDictionary[IO[bytes], IO[bytes]] = WeakKeyDictionary()
_pipes: dict[Path, IO[bytes]] | None = None


@contextmanager
def reading_once() -> Iterator[None]:
    """Keep copies of named pipes while the block runs, so that they can be read several times."""
    global _pipes  # noqa: PLW0603 - readers are given a path, and nothing else to keep copies in
    before = _pipes
    if before is not None:
        yield
        return
    _pipes = {}
    try:
        yield
    finally:
        for copy in _pipes.values():
            copy.close()
        _pipes = None


def is_read_once(path: Path) -> bool:
    """True for pipes and devices, which are there but are no files to go back in."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def standard_input() -> IO[bytes]:
    """Standard input from its beginning, as often as it is asked for."""
    source = sys.stdin.buffer
    if source not in _standard_inputs:
        _standard_inputs[source] = _copied(source, "-")
    return open_part(_standard_inputs[source])


def pipe(path: Path) -> IO[bytes]:
    """The content of a pipe, from its beginning, as often as it is asked for.

    Raises:
        InputError: it is a device without an end, or nobody would remember what was read.
    """
    if _pipes is None:
        reason = "is a pipe, which can be read only once; give its content as a file, or as -"
        raise InputError([Problem("not a file", str(path), 0, None, reason)])
    if path not in _pipes:
        if not _has_an_end(path):
            reason = "is a device, not a file"
            raise InputError([Problem("not a file", str(path), 0, None, reason)])
        with path.open("rb") as source:
            _pipes[path] = _copied(source, str(path))
    return open_part(_pipes[path])


def _has_an_end(path: Path) -> bool:
    """True for pipes, terminals and /dev/null."""
    found = path.stat()
    if stat.S_ISFIFO(found.st_mode):
        return True
    return stat.S_ISCHR(found.st_mode) and (
        found.st_rdev == Path(os.devnull).stat().st_rdev or _is_terminal(path)
    )


def _is_terminal(path: Path) -> bool:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        return os.isatty(handle)
    finally:
        os.close(handle)


def _copied(source: IO[bytes], name: str) -> IO[bytes]:
    with ExitStack() as opened:
        copy = opened.enter_context(tempfile.TemporaryFile())
        size = 0
        try:
            while block := source.read(_AT_ONCE):
                size += len(block)
                demand_size(size, name)
                copy.write(block)
            copy.flush()
        except OSError as error:
            error.filename = error.filename or tempfile.gettempdir()
            raise
        opened.pop_all()
    return copy
