"""A journal for replacing one set of files by another, so that a killed process can be resumed.

The new files get part names (`.NAME.TOKEN.part`) beside their places; then the journal appears,
which says where they go and what they replace; then they are moved, and the journal is removed. A
process that is killed before the journal is there leaves the old set, and parts that the next
command removes; one that is killed later leaves a journal by which the next command finishes. The
journal also keeps a second set out of the folder meanwhile. In the folders of a set apart from its
own there are pointers to it.

Nothing waits for the disk between the first part name and the last move: the content of files and
journals is synced before, the names after. So this takes a thousandth of a second, and after a
power cut the file system has kept the names up to some point in this order.

Files that name others, such as `dataset_info.json`, are removed before the others are moved, and
placed when these are there. So other programs, which know nothing of journals, find the old set,
none, or the new one.

A journal can only move parts to the names in their part names, and remove files below its own
folder, even if it comes with a folder from somebody else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files.file_part import write_all
from pii_sft.files.unnamed_files import give_name, open_new, part_name, sweep

JOURNAL_NAME = ".pii_sft.journal"
SECONDS_TO_WAIT = 20.0
"""Longest time another set may take to be moved, in seconds; it takes a thousandth of that."""


class Journal(msgspec.Struct, frozen=True):
    """The moves that place the parts of a set.

    Attributes:
        token: in the names of the parts.
        places: where files go: folder, and name in it.
        indexes: those of them that name others.
        removed: files of an earlier set that have no successor, below the journal's folder.
        home: where the journal of the set is; empty in that journal itself.
    """

    token: str
    places: tuple[tuple[str, str], ...] = ()
    indexes: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    home: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Journal).decode


class Move:
    """A set of parts on its way: announced, then carried out by this process or by the next one.

    Args:
        token: in the names of the parts.
        places: where they go; absolute, in folders that are no links.
        indexes: those of them that name others.
        removed: files that go when the others come, below one of the folders.

    Raises:
        UsageError: a file that is to go is below none of them.
        OSError: a journal can't be written; then there is none.
    """

    def __init__(
        self,
        token: str,
        places: Sequence[Path],
        indexes: Collection[Path],
        removed: Sequence[Path],
    ) -> None:
        folders = sorted({path.parent for path in places})
        self._home = _home_of(removed, folders)
        self._journal = Journal(
            token,
            tuple((str(path.parent), path.name) for path in places if path not in indexes),
            tuple((str(path.parent), path.name) for path in places if path in indexes),
            tuple(str(path.relative_to(self._home)) for path in removed),
        )
        pointer = Journal(token, home=str(self._home))
        self._files: list[_JournalFile] = []
        try:
            # the same order for every set, so that no two wait for each other
            for folder in sorted({*folders} - {self._home}, reverse=True):
                self._files.append(_JournalFile(folder, pointer))
            self._files.append(_JournalFile(self._home, self._journal))
        except BaseException:
            self.abandon()
            raise

    def announce(self) -> None:
        """Name the journals; once this returns, the set is the new one, whatever happens.

        Raises:
            UsageError: another set takes too long.
            OSError: a journal can't be named; then there is none.
        """
        try:
            for file in self._files:
                file.appear()
        except BaseException:
            self.abandon()
            raise

    def carry_out(self) -> None:
        """Move the files, and remove the journals.

        Raises:
            OSError: a file can't be moved; the journals stay, so that the next command goes on.
        """
        try:
            _carry_out(self._journal, self._home)
        except OSError:
            for file in self._files:
                file.close()
            raise
        self.abandon()

    def abandon(self) -> None:
        """Remove the journals, the one that decides last."""
        for file in self._files:
            file.remove()


def _home_of(removed: Sequence[Path], folders: Sequence[Path]) -> Path:
    """The folder whose journal decides: the first that holds all that goes."""
    for folder in folders:
        if all(path.is_relative_to(folder) for path in removed):
            return folder
    raise UsageError(f"{removed[0]} is behind a link, where nothing is removed. Remove it first.")


class _JournalFile:
    """A journal on its way into a folder, locked.

    Raises:
        OSError: it can't be written.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._part = folder / part_name(JOURNAL_NAME, journal.token)
        self._handle, self._has_part_name = open_new(folder, JOURNAL_NAME, journal.token)
        self._appeared = False
        try:
            write_all(self._handle, _encode(journal))
            os.fsync(self._handle)
        except BaseException:
            self.remove()
            raise

    def appear(self) -> None:
        """Take the name of journals, once there is no other."""
        path = self._folder / JOURNAL_NAME
        while not self._appeared:
            try:
                give_name(self._handle, path, self._part if self._has_part_name else None)
            except FileExistsError:
                recover(self._folder)
            else:
                self._appeared = True

    def remove(self) -> None:
        """Remove it under whatever name it has."""
        if self._has_part_name:
            self._part.unlink(missing_ok=True)
        if self._appeared:
            (self._folder / JOURNAL_NAME).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let others have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def recover(folder: Path) -> frozenset[Path]:
    """Finish or undo the replacement of files in a folder that a killed process had begun.

    Returns:
        The files of a set that this call finished; none otherwise.

    Raises:
        UsageError: another process is replacing files there, and takes too long.
        OSError: access rights are missing.
    """
    path = folder / JOURNAL_NAME
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return frozenset()
    finished: frozenset[Path] = frozenset()
    try:
        _wait_for(handle, folder)
        journal = _read(handle) if os.fstat(handle).st_nlink else None
        if journal is not None and journal.home:
            if Path(journal.home) != folder:
                finished = recover(Path(journal.home))
            _remove_parts(folder, journal.token)
        elif journal is not None:
            _carry_out(journal, folder)
            placed = (*journal.places, *journal.indexes)
            finished = frozenset(Path(folder) / name for folder, name in placed)
        if os.fstat(handle).st_nlink:
            path.unlink()
    finally:
        os.close(handle)
    return finished


def _wait_for(handle: int, folder: Path) -> None:
    until = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise UsageError(f"Another command writes into {folder}; wait for it.") from None
            time.sleep(0.01)
        else:
            return


def _read(handle: int) -> Journal | None:
    """Read a journal; None if it is damaged, which no journal of ours is once it has its name."""
    try:
        return _decode(os.pread(handle, os.fstat(handle).st_size, 0))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _carry_out(journal: Journal, home: Path) -> None:
    """Make the moves and removals that are left; can be repeated after a kill at any point."""
    places = [_place(each, journal.token) for each in journal.places]
    indexes = [_place(each, journal.token) for each in journal.indexes]
    for part, place in indexes:
        if part.exists():
            place.unlink(missing_ok=True)
    for each in journal.removed:
        path = home / each
        if path.parent.resolve().is_relative_to(home.resolve()):
            path.unlink(missing_ok=True)
    for part, place in (*places, *indexes):
        with contextlib.suppress(FileNotFoundError):
            part.replace(place)
    for folder in sorted({place.parent for _, place in (*places, *indexes)}):
        sync(folder)


def _place(of: tuple[str, str], token: str) -> tuple[Path, Path]:
    """The part and the place of a file; a name that leads out of its folder loses the way there."""
    folder, name = Path(of[0]), Path(of[1]).name
    return folder / part_name(name, token), folder / name


def _remove_parts(folder: Path, token: str) -> None:
    for path in folder.glob(f".*.{token}.part"):
        path.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        # some network file systems can't, and need not
        return
    finally:
        os.close(handle)


def tidy(folder: Path, name: str | None = None) -> frozenset[Path]:
    """Finish an interrupted replacement in a folder, or remove what is left of it.

    Returns:
        See `recover`.
    """
    finished = recover(folder)
    sweep(folder, name)
    return finished
