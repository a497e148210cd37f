"""Staging: output files that appear all together or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files.folder_lock import locked_folder
from pii_sft.files.journal import Move, sync, tidy
from pii_sft.files.unnamed_files import give_name, new_token, open_new, part_name, sweep
from pii_sft.signals import uninterrupted

if TYPE_CHECKING:
    import jsonlines

STANDARD_STREAM = Path("-")
_AT_ONCE = 1 << 17

encode = msgspec.json.Encoder().encode


def make_private(folder: Path) -> list[Path]:
    """Create `folder` and its missing parents with mode 0700.

    Returns:
        The folders that were created, innermost first.

    Raises:
        UsageError: one of them is something else.
    """
    whole = (folder, *folder.parents)
    there = next((part for part in whole if part.exists() or part.is_symlink()), folder)
    if not there.is_dir():
        what = "no folder" if there.exists() else "a link to a folder that is not there"
        raise UsageError(f"{there} is {what}. Name another place.")
    missing = [part for part in whole if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)
    return missing


def jsonl_writer(stream: IO[bytes]) -> jsonlines.Writer:
    """A writer of one compact UTF-8 JSON value a line into an open binary stream."""
    import jsonlines  # brings attrs, which few commands need

    return jsonlines.Writer(stream, dumps=encode)


_named: Callable[[], Iterable[Path]] = tuple


@contextlib.contextmanager
def never_replacing(inputs: Callable[[], Iterable[Path]]) -> Iterator[None]:
    """Protect some files from being replaced by an output while the block runs.

    Args:
        inputs: gives these files, when the first output is opened.
    """
    global _named  # noqa: PLW0603 - whoever writes is not told what else the command line names
    before, _named = _named, inputs
    try:
        yield
    finally:
        _named = before


class Staging:
    """A set of files that appear together, or not at all.

    Files have no name until the `with` block ends without an exception, where the file system can
    do that, and a hidden one elsewhere; see `journal` for how they take the place of others.
    Standard output, pipes and devices are written to at the end. Links are followed. Whatever is
    wrong with a place is found when its file is opened.

    Args:
        overwrite: whether files that exist may be replaced.
        inputs: files and folders that are never replaced.
    """

    def __init__(
        self,
        overwrite: bool = False,
        inputs: Iterable[Path] = (),
    ) -> None:
        self._overwrite = overwrite
        self._inputs = {key for path in (*inputs, *_named()) for key in _identities(path)}
        self._earlier: set[Path] | None = None
        self._finished: frozenset[Path] = frozenset()
        self._token = new_token()
        self._files: list[_Staged] = []
        self._streams: list[_Buffered] = []
        self._folders: list[Path] = []
        self._removed: list[Path] = []
        self._tidied: set[Path] = set()
        self._held = contextlib.ExitStack()
        self._move: Move | None = None
        self._announced = False

    def __enter__(self) -> Staging:
        return self

    def take(self, folder: Path) -> bool:
        """Make a folder, and keep other commands out of it while the block runs.

        Returns:
            True if a set that a killed command had begun to place there was completed now. Its user
            has not seen it yet, so it may be replaced.

        Raises:
            UsageError: another command writes into it.
            OSError: it can't be made, or nothing can be written there.
        """
        self._folders = make_private(folder) + self._folders
        self._held.enter_context(locked_folder(folder))
        self._finished |= tidy(folder.resolve())
        handle, named = open_new(folder, "probe", self._token)
        os.close(handle)
        if named:
            (folder / part_name("probe", self._token)).unlink()
        return bool(self._finished)

    def open(self, path: Path, *, index: bool = False) -> IO[bytes]:
        """Open the file that becomes `path`, for writing bytes.

        Args:
            path: where it goes.
            index: whether the file names others of the set: then it is removed first and placed
                last.

        Raises:
            UsageError: `path` exists and may not be replaced, or can't be a file.
            OSError: nothing can be written there.
        """
        if path == STANDARD_STREAM:
            return self._buffered(path, lambda: sys.stdout.buffer)
        self._folders = make_private(path.parent) + self._folders
        if path.parent not in self._tidied:
            self._finished |= tidy(path.parent.resolve(), path.name)
            self._tidied.add(path.parent)
        else:
            sweep(path.parent, path.name)
        mode = self._mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            return self._buffered(path, lambda: _opened_in_place(path, mode))
        final = path.resolve()
        if any(final == each.final for each in self._files):
            raise UsageError(f"Two outputs can't both go to {path}.")
        handle, named = open_new(final.parent, final.name, self._token)
        file = _Staged(handle, final, path, final.parent / part_name(final.name, self._token))
        file.named = named
        file.index = index
        self._files.append(file)
        return file.stream

    @contextlib.contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Check outputs before the work begins: the files that the block opens are discarded."""
        opened = len(self._files)
        try:
            yield
        finally:
            for file in self._files[opened:]:
                file.discard(keep=False)
            del self._files[opened:]

    def open_wanted(self, *paths: Path | None) -> list[IO[bytes] | None]:
        """Open the outputs that are wanted, None for others; see `open`."""
        return [None if path is None else self.open(path) for path in paths]

    def _mode(self, path: Path) -> int | None:
        """The mode of the file that is in the place of an output; None if there is none."""
        try:
            found = path.stat()
        except FileNotFoundError:
            if path.is_symlink():
                raise UsageError(
                    f"{path} is a link to a file that is not there. Remove the link, or name that "
                    "file."
                ) from None
            return None
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{path} is a folder; an output has to be a file.")
        if stat.S_ISBLK(found.st_mode):
            raise UsageError(f"{path} is a disk. Name a file.")
        if stat.S_ISREG(found.st_mode):
            self._demand_replaceable(path, (found.st_dev, found.st_ino))
        return found.st_mode

    def _demand_replaceable(self, path: Path, identity: tuple[int, int]) -> None:
        if identity in self._inputs:
            raise UsageError(f"{path} is an input of this command. Name another output.")
        if self._earlier is not None and path.resolve() not in self._earlier:
            raise UsageError(
                f"{path} is in the way: no earlier call wrote it, or it has been changed since. "
                "Move it away, or name another folder."
            )
        if not (self._overwrite or path.resolve() in self._finished):
            raise UsageError(f"{path} exists. Use --overwrite to replace it.")

    def _buffered(self, path: Path, open_in_place: Any) -> IO[bytes]:
        if any(path == each.path for each in self._streams):
            raise UsageError(f"Two outputs can't both go to {path}.")
        stream = _Buffered(path, open_in_place())
        self._streams.append(stream)
        return stream.buffer

    def jsonl(self, path: Path) -> jsonlines.Writer:
        """Open the file that becomes `path`, for writing one JSON value a line."""
        return jsonl_writer(self.open(path))

    def succeed(self, earlier: Collection[Path]) -> None:
        """Replace an earlier set: only its files may be replaced, and its other files are removed.

        Raises:
            UsageError: one of them is an input.
        """
        self._earlier = {path.resolve() for path in earlier}
        for path in earlier:
            if any(key in self._inputs for key in _identities(path)):
                raise UsageError(f"{path} is an input of this command. Name another output.")
            self._removed.append(path.parent.resolve() / path.name)

    def digests(self, folder: Path) -> dict[str, str]:
        """SHA-256 of what has been written below a folder so far, by path seen from there."""
        below = [file for file in self._files if file.given.is_relative_to(folder)]
        return {str(file.given.relative_to(folder)): file.digest() for file in below}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for file in self._files:
                    file.store()
                for stream in self._streams:
                    stream.pass_on()
                with uninterrupted():
                    self._appear()
        finally:
            self.abandon()

    def _appear(self) -> None:
        finals = {file.final for file in self._files}
        removed = [path for path in dict.fromkeys(self._removed) if path not in finals]
        if len(self._files) == 1 and not removed:
            self._appear_alone(self._files[0])
        elif self._files:
            indexes = {file.final for file in self._files if file.index}
            self._move = Move(self._token, [file.final for file in self._files], indexes, removed)
            for file in self._files:
                file.take_part_name()
            for file in self._files:
                self._refuse_taken(file)
            self._move.announce()
            self._announced = True
            self._move.carry_out()

    def _appear_alone(self, file: _Staged) -> None:
        """Give a file its name in one step, if it replaces nothing; else in two."""
        if not file.named and not file.final.exists():
            with contextlib.suppress(FileExistsError):
                give_name(file.handle, file.final)
                sync(file.final.parent)
                return
        self._refuse_taken(file)
        file.take_part_name()
        file.part.replace(file.final)
        file.named = False
        sync(file.final.parent)

    def _refuse_taken(self, file: _Staged) -> None:
        """Refuse a place that was free when the file was opened."""
        if not self._overwrite and file.final not in self._finished and file.final.exists():
            raise UsageError(f"{file.given} exists by now. Use --overwrite to replace it.")

    def abandon(self) -> None:
        """Discard the files that have not appeared, and free the disk; works on a full disk."""
        for file in self._files:
            file.discard(keep=self._announced)
        for stream in self._streams:
            stream.close()
        if self._move is not None and not self._announced:
            self._move.abandon()
        for folder in self._folders:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        self._held.close()


class _Hashed(io.FileIO):
    """An open file that computes a digest of what is written, and names the file in errors."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__(handle, "wb")
        self._path = path
        self.state = hashlib.sha256()

    def write(self, data: Any, /) -> int:
        try:
            count = super().write(data)
        except OSError as error:
            error.filename = str(self._path)
            raise
        self.state.update(memoryview(data)[:count])
        return count


class _Staged:
    """A file on its way to its place.

    Attributes:
        handle: its descriptor.
        final: its path, with links followed.
        given: its path as the caller gave it.
        part: its temporary name, if it has one.
        named: whether it has one.
        index: whether it names others.
    """

    def __init__(self, handle: int, final: Path, given: Path, part: Path) -> None:
        self.handle = handle
        self.final = final
        self.given = given
        self.part = part
        self.named = False
        self.index = False
        self._raw = _Hashed(handle, given)
        self.stream = io.BufferedWriter(self._raw, _AT_ONCE)

    def digest(self) -> str:
        """SHA-256 of what has been written so far."""
        self.stream.flush()
        return self._raw.state.hexdigest()

    def store(self) -> None:
        """Have the content survive a power cut."""
        self.stream.flush()
        try:
            os.fsync(self.handle)
        except OSError as error:
            error.filename = str(self.given)
            raise

    def take_part_name(self) -> None:
        """Let the file be seen under the name of a part."""
        if not self.named:
            give_name(self.handle, self.part)
            self.named = True

    def discard(self, keep: bool) -> None:
        """Close without writing anything more, and remove the part, unless it is to be kept."""
        if self.named and not keep:
            self.part.unlink(missing_ok=True)
        # the buffer would try to write again what the disk has refused
        self._raw.close()


class _Buffered:
    """Output for a stream, kept in an unnamed file until everything else has succeeded.

    Args:
        path: as the caller gave it.
        stream: where it goes.
    """

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self.path = path
        self._stream = stream
        self.buffer: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it

    def pass_on(self) -> None:
        """Write it all."""
        self.buffer.seek(0)
        try:
            shutil.copyfileobj(self.buffer, self._stream, _AT_ONCE)
            self._stream.flush()
        except OSError as error:
            error.filename = str(self.path)
            raise

    def close(self) -> None:
        """Free the disk."""
        with contextlib.suppress(OSError):
            self.buffer.close()
        if self.path != STANDARD_STREAM:
            with contextlib.suppress(OSError):
                self._stream.close()


def _opened_in_place(path: Path, mode: int) -> IO[bytes]:
    """A pipe or device, which is written to and stays what it is."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise UsageError(
                f"Nobody reads from the pipe {path}. Start its reader first."
            ) from None
        raise
    os.set_blocking(handle, True)
    return os.fdopen(handle, "wb")


def _identities(path: Path) -> Iterator[tuple[int, int]]:
    """Device and number of a file, or of all files in a folder."""
    try:
        found = path.stat()
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode):
        for each in path.rglob("*"):
            if each.is_file():
                yield from _identities(each)
    yield found.st_dev, found.st_ino
