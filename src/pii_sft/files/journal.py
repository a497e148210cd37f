"""How a set of files takes the place of another, so that a kill half-way can be mended.

The new files first get part names (`.NAME.TOKEN.part`) beside their places; then the journal
appears, which says where they go and what they replace; then they are moved, and the journal is
removed. A process that is killed before the journal is there leaves the old set; one that is killed
later leaves a journal by which the next command finishes. The journal also keeps a second set out
of the folder meanwhile. In the folders of a set apart from its own there are pointers to it.

A journal moves parts to the names that they carry and removes files below its own folder, and
nothing else, whatever a folder from elsewhere has in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files.unnamed import part_name, sweep

JOURNAL_NAME = ".pii_sft.journal"
SECONDS_TO_WAIT = 20.0
"""How long another set may take to be moved; it takes a thousandth of that."""


class Journal(msgspec.Struct, frozen=True):
    """What is to be done with the parts of a set.

    Attributes:
        token: in the names of the parts.
        places: where files go: folder, and name in it.
        removed: files of an earlier set that have no successor, below the journal's folder.
        home: where the journal of the set is; empty in that journal itself.
    """

    token: str
    places: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    home: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Journal).decode


class Move:
    """A set of parts on its way: announced, then carried out by this process or by the next one.

    Args:
        token: in the names of the parts.
        places: where they go; absolute, in folders that are no links.
        removed: files that go when the others come, below one of the folders.

    Raises:
        UsageError: a file that is to go is below none of them.
    """

    def __init__(self, token: str, places: Sequence[Path], removed: Sequence[Path]) -> None:
        folders = sorted({path.parent for path in places})
        self._home = _home_of(removed, folders)
        # the same order for every set, so that no two wait for each other
        self._folders = [*sorted({*folders} - {self._home}, reverse=True), self._home]
        self._journal = Journal(
            token,
            tuple((str(path.parent), path.name) for path in places),
            tuple(str(path.relative_to(self._home)) for path in removed),
        )
        self._handles: list[int] = []

    def announce(self) -> None:
        """Write the journals; once this returns, the set is the new one, whatever happens.

        Raises:
            UsageError: another set takes too long.
            OSError: a journal can't be written; then there is none.
        """
        for folder in self._folders:
            sync(folder)
        pointer = Journal(self._journal.token, home=str(self._home))
        try:
            for folder in self._folders:
                journal = self._journal if folder == self._home else pointer
                self._handles.append(_journal_in(folder, journal))
        except BaseException:
            self._remove_journals()
            raise

    def carry_out(self) -> None:
        """Move the files, and remove the journals.

        Raises:
            OSError: a file can't be moved; the journals stay, so that the next command goes on.
        """
        try:
            _carry_out(self._journal, self._home)
        except OSError:
            self._close()
            raise
        self._remove_journals()

    def _remove_journals(self) -> None:
        """Remove what was written, the one that decides last."""
        for folder, _ in zip(self._folders, self._handles, strict=False):
            (folder / JOURNAL_NAME).unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        while self._handles:
            os.close(self._handles.pop())


def _home_of(removed: Sequence[Path], folders: Sequence[Path]) -> Path:
    """The folder whose journal decides: the first that holds all that goes."""
    for folder in folders:
        if all(path.is_relative_to(folder) for path in removed):
            return folder
    raise UsageError(f"{removed[0]} is behind a link, where nothing is removed. Remove it first.")


def _journal_in(folder: Path, journal: Journal) -> int:
    """Put a journal into a folder, once there is no other; its descriptor, locked."""
    path = folder / JOURNAL_NAME
    temporary = folder / part_name(JOURNAL_NAME, journal.token)
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    linked = False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(handle, _encode(journal))
        os.fsync(handle)
        while not (linked := _linked(temporary, path)):
            recover(folder)
        temporary.unlink()
        sync(folder)
    except BaseException:
        if linked:
            path.unlink()
        temporary.unlink(missing_ok=True)
        os.close(handle)
        raise
    return handle


def _linked(temporary: Path, path: Path) -> bool:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    return True


def recover(folder: Path) -> frozenset[Path]:
    """Finish, or undo, what a killed process was doing to the files of a folder.

    Returns:
        The files of a set that was finished, which nobody has been told of; none otherwise.

    Raises:
        UsageError: a process is at it, and does not come to an end.
        OSError: it can't be done, for want of rights.
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
            finished = frozenset(Path(place) / name for place, name in journal.places)
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
    """A journal; None for one that is damaged, which none of ours can be once it has its name."""
    try:
        return _decode(os.pread(handle, os.fstat(handle).st_size, 0))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _carry_out(journal: Journal, home: Path) -> None:
    """Move and remove what is still to be; may be done again after a kill at any point."""
    for folder, name in journal.places:
        if Path(name).name != name:
            continue
        with contextlib.suppress(FileNotFoundError):
            (Path(folder) / part_name(name, journal.token)).replace(Path(folder) / name)
    for each in journal.removed:
        path = home / each
        if path.parent.resolve().is_relative_to(home.resolve()):
            path.unlink(missing_ok=True)
    for folder in sorted({folder for folder, _ in journal.places}):
        sync(Path(folder))


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
    """Finish what was interrupted in a folder, and remove what can't be finished.

    Returns:
        See `recover`.
    """
    finished = recover(folder)
    sweep(folder, name)
    return finished
