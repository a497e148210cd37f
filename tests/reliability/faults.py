"""A command in a process of its own, in which one operation on its output goes wrong.

The operations are counted: everything that creates, writes, names, stores, moves or removes a file
below a folder. At the one with a given number the process is killed, or gets a signal, or the disk
is full from then on, or a write is cut short and then the disk is full.
"""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec

Fault = Literal["kill", "term", "hup", "int", "full", "short", "none"]
SIGNALS = {
    "kill": signal.SIGKILL,
    "term": signal.SIGTERM,
    "hup": signal.SIGHUP,
    "int": signal.SIGINT,
}

FAULTS: tuple[Fault, ...] = ("kill", "term", "hup", "int", "full", "short")
CODES = {"term": 143, "hup": 129, "int": 130, "kill": -9}

CANARY = b"KANARIE"
"""A word in every text, which no other place may show."""

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
MOST = 3
"""Operations of a case that are tried, unless all are."""

NEEDS_SPACE = frozenset({"open", "write", "pwrite", "link", "mkdir", "fsync"})
"""Operations that a full disk refuses."""

LEFT_BY_EXCEPTION = 99
"""Exit code of work that ended otherwise than commands do."""

Work = Callable[[], object]


class Ended(msgspec.Struct):
    """How a command ended.

    Attributes:
        code: its exit code; negative for the signal that killed it.
        operations: names of the operations on its output that it came to.
        said: what it wrote to standard error.
        modules: what it imported.
    """

    code: int
    operations: list[str]
    said: str
    modules: list[str]


class Injector:
    """Counts operations below a folder, and makes one of them go wrong.

    Args:
        folder: where the output is.
        fault: what happens.
        number: at which operation, counted from 1.
        seen: descriptor that the name of every operation is written to.
    """

    def __init__(self, folder: Path, fault: Fault, number: int, seen: int) -> None:
        self._folder = str(folder)
        self._fault = fault
        self._number = number
        self._count = 0
        self._seen = seen
        self._full = False

    def install(self) -> None:
        """Wrap what Python does to files, for the rest of this process."""
        for name in ("link", "replace", "rename"):
            self._wrap_paths(name, 1)
        for name in ("unlink", "remove", "mkdir", "rmdir"):
            self._wrap_paths(name, 0)
        for name in ("fsync", "write", "pwrite"):
            self._wrap_descriptor(name)
        self._wrap_stream()
        sys.addaudithook(self._audit)

    def _audit(self, event: str, given: tuple[Any, ...]) -> None:
        """Meet what any part of Python opens for writing, or cuts."""
        if event == "open":
            path, _, flags = given
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes and isinstance(path, (str, bytes)) and self._is_below(os.fsdecode(path)):
                self.happens("open")
        elif event == "os.truncate":
            where = given[0]
            if self._is_open_below(where) if isinstance(where, int) else self._is_below(where):
                self.happens("truncate")

    def _wrap_paths(self, name: str, place: int) -> None:
        call = getattr(os, name)

        def wrapper(*given: Any, **named: Any) -> Any:
            path = given[place]
            known = named.get("dir_fd", named.get("dst_dir_fd"))
            whole = _path_of(known) if known is not None else ""
            if self._is_below(os.path.join(whole, os.fspath(path))):  # noqa: PTH118
                self.happens(name)
            return call(*given, **named)

        setattr(os, name, wrapper)

    def _wrap_descriptor(self, name: str) -> None:
        call = getattr(os, name)

        def wrapper(handle: int, *given: Any) -> Any:
            if self._is_open_below(handle):
                if name != "fsync" and self._is_cut_short(given[0]):
                    return call(handle, memoryview(given[0])[: len(given[0]) // 2], *given[1:])
                self.happens(name)
            return call(handle, *given)

        setattr(os, name, wrapper)

    def _wrap_stream(self) -> None:
        """The raw streams of staged files, which the buffers in front of them write to."""
        from pii_sft.files import staging

        write = staging._Hashed.write

        def wrapper(stream: Any, data: Any) -> int:
            if self._is_cut_short(data):
                return write(stream, memoryview(data)[: len(data) // 2])
            try:
                self.happens("write")
            except OSError as error:
                error.filename = str(stream._path)
                raise
            return write(stream, data)

        staging._Hashed.write = wrapper  # type: ignore[method-assign]

    def _is_cut_short(self, data: Any) -> bool:
        """True if of this write the disk takes a part, and nothing of those that follow."""
        if self._fault != "short" or self._count + 1 != self._number or len(data) < 2:
            return False
        self._count += 1
        self._full = True
        return True

    def _is_below(self, path: str) -> bool:
        return os.path.abspath(path).startswith(self._folder)  # noqa: PTH100

    def _is_open_below(self, handle: int) -> bool:
        return _path_of(handle).startswith(self._folder)

    def happens(self, name: str) -> None:
        """An operation is about to happen."""
        self._count += 1
        _write(self._seen, name.encode() + b"\n")
        if self._count == self._number:
            if self._fault in SIGNALS:
                os.kill(os.getpid(), SIGNALS[self._fault])
            elif self._fault != "none":
                self._full = True
        if self._full and name in NEEDS_SPACE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._folder)


_write = os.write


def _path_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink())


def run(work: Work, folder: Path, fault: Fault = "none", number: int = 0) -> Ended:
    """Do some work in a child of this process, whose operations on a folder are counted.

    Args:
        work: leaves by an exit code, as commands do.
        folder: see `Injector`, like the following.
        fault: what goes wrong.
        number: at which operation.
    """
    seen, seen_end = os.pipe()
    log = folder.parent / "said"
    child = os.fork()
    if child == 0:
        # never back into the test, which would go on in this copy of its process and end as one
        # that failed
        code = LEFT_BY_EXCEPTION
        try:
            os.close(seen)
            handle = os.open(log, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
            for standard in (1, 2):
                os.dup2(handle, standard)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            code = _code_of(work, Injector(folder, fault, number, seen_end))
            if fault == "none":
                _write(seen_end, "".join(f"+{name}\n" for name in list(sys.modules)).encode())
        except BaseException:  # noqa: BLE001 - said to the parent, which judges it
            _write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(seen_end)
    with os.fdopen(seen, "rb") as stream:
        operations = stream.read().decode().split()
    _, status = os.waitpid(child, 0)
    modules = [each[1:] for each in operations if each.startswith("+")]
    operations = [each for each in operations if not each.startswith("+")]
    return Ended(os.waitstatus_to_exitcode(status), operations, log.read_text(), modules)


def _code_of(work: Work, injector: Injector) -> int:
    try:
        injector.install()
        work()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else LEFT_BY_EXCEPTION
    except BaseException as error:  # noqa: BLE001 - said to the parent, which judges it
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return LEFT_BY_EXCEPTION
    else:
        return 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def command(*words: str | Path) -> Work:
    """`pii-sft` with these words, as its own entry point runs it."""

    def work() -> None:
        from pii_sft.cli import main

        # reports say when they were made
        os.environ["SOURCE_DATE_EPOCH"] = "0"

        sys.argv = ["pii-sft", *map(str, words)]
        main()

    return work


def forking(work: Work) -> Work:
    """The same work, whose worker processes are copies of it instead of started afresh."""

    def copying() -> None:
        multiprocessing.get_context = lambda method: copies  # type: ignore[assignment]
        work()

    copies = multiprocessing.get_context("fork")
    return copying


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path in there."""
    if not folder.exists():
        return {}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def store(folder: Path, files: dict[str, bytes]) -> None:
    """Put files where `contents` found them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)


def is_hidden(name: str) -> bool:
    """True for parts and journals."""
    return Path(name).name.startswith(".")


def visible(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that a user sees."""
    return {name: content for name, content in files.items() if not is_hidden(name)}


def chosen(count: int, most: int, thorough: bool) -> Sequence[int]:
    """Numbers from 1 to `count`: all, or at most so many of them, first and last among them."""
    every = list(range(1, count + 1))
    if thorough or count <= most:
        return every
    step = (count - 1) / (most - 1)
    return sorted({every[round(at * step)] for at in range(most)})


def import_what_it_needs(done: Ended) -> None:
    """Import the modules of a command, so that the children of this process need not."""
    for name in done.modules:
        with contextlib.suppress(Exception):
            import_module(name)
