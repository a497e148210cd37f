"""Reading in a child process, for libraries that crash or exhaust memory on damaged files.

A crash, or more memory than allowed, then becomes an error about the file.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from pii_sft.errors import InputError, PiiSftError, Problem
from pii_sft.files import most_of_record, most_of_whole, shown_size
from pii_sft.parent_death import end_with_parent

_LENGTH = 8
_END, _FAILED, _WITHOUT_MEMORY = 253, 254, 255
"""Message kinds; smaller numbers say the type of a message with content."""

_WIDEST = 4
"""A record may take this many times its size in JSON, which is what the limit is measured in."""

_FEWEST = 256 << 20
"""Bytes that a library needs whatever the file is."""

_PAGES = Path("/proc/self/statm")


class _Failure(msgspec.Struct):
    problems: list[Problem]
    message: str


def in_child_process(
    make: Callable[[], Iterator[Any]], types: Sequence[Any], path: Path, kind: str
) -> Iterator[Any]:
    """Run a reading function in a child process, and yield its output.

    Args:
        make: reads the file; its output is sent to this process as msgpack.
        types: types of its output; the first that fits is used.
        path: of the file.
        kind: what the file should be, for messages.

    Raises:
        InputError: the file is damaged, or takes too much memory; or what `make` raises.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _send_all(make, types, theirs)
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb", 1 << 17) as stream:
            yield from _received(stream, types, path, kind)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _received(stream: IO[bytes], types: Sequence[Any], path: Path, kind: str) -> Iterator[Any]:
    decoders = [msgspec.msgpack.Decoder(type).decode for type in types]
    while head := stream.read(_LENGTH + 1):
        size = int.from_bytes(head[1:], "big")
        if head[0] == _END:
            return
        if head[0] == _WITHOUT_MEMORY:
            raise _problem(path, "takes more memory than --max-file-size lets it")
        if head[0] != _FAILED and size > _WIDEST * most_of_record():
            most = shown_size(most_of_record())
            raise _problem(path, f"has a record of more than {most}; --max-record-size allows more")
        content = stream.read(size)
        if len(head) <= _LENGTH or len(content) < size:
            break
        if head[0] == _FAILED:
            failure = msgspec.msgpack.decode(content, type=_Failure)
            if failure.problems:
                raise InputError(failure.problems)
            raise PiiSftError(failure.message)
        yield decoders[head[0]](content)
    raise _problem(path, f"is no readable {kind}: the program that reads it broke down")


def _problem(path: Path, reason: str) -> InputError:
    return InputError([Problem("unreadable file", str(path), 0, None, reason)])


def _send_all(make: Callable[[], Iterator[Any]], types: Sequence[Any], handle: int) -> None:
    """Send the output, and end this process without running the parent's clean-up."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(signal.SIGKILL)
        # what the library says of the file may quote it
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - until the end
        _limit_memory(max(most_of_whole(), _FEWEST))
        with os.fdopen(handle, "wb", 1 << 17) as stream:
            _send(make, types, stream)
        code = 0
    finally:
        os._exit(code)


def _send(make: Callable[[], Iterator[Any]], types: Sequence[Any], stream: IO[bytes]) -> None:
    encode = msgspec.msgpack.Encoder().encode

    def put(kind: int, content: bytes = b"") -> None:
        stream.write(bytes([kind]) + len(content).to_bytes(_LENGTH, "big") + content)

    try:
        for each in make():
            kind = next(at for at, type in enumerate(types) if isinstance(each, _origin(type)))
            put(kind, encode(each))
        put(_END)
    except MemoryError:
        put(_WITHOUT_MEMORY)
    except InputError as error:
        put(_FAILED, encode(_Failure(list(error.problems), str(error))))
    except PiiSftError as error:
        put(_FAILED, encode(_Failure([], str(error))))


def _origin(type: Any) -> Any:
    return getattr(type, "__origin__", type)


def _limit_memory(size: int) -> None:
    """Limit the memory of this process to its present size plus some bytes."""
    with contextlib.suppress(OSError, ValueError):
        held = int(_PAGES.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + size, held + size))
