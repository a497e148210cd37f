"""Unnamed temporary files, whose content is gone when the process ends, even if it is killed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
from pathlib import Path

_NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})
"""Errors by which file systems, and kernels before 3.11, refuse a file without a name."""

_OWN_FILES = Path("/proc/self/fd")
_PART = re.compile(r"\..+\.[0-9a-f]{16}\.part")
_LONGEST_NAME = 200
"""Bytes of a name that fit beside a token, where names have at most 255."""


def new_token() -> str:
    """A name that tells the parts of one set of files from those of all others."""
    return secrets.token_hex(8)


def part_name(name: str, token: str) -> str:
    """The name of a file that waits to become `name`."""
    whole = os.fsencode(name)
    if len(whole) > _LONGEST_NAME:
        whole = whole[:_LONGEST_NAME] + hashlib.sha256(whole).hexdigest()[:8].encode()
    return f".{os.fsdecode(whole)}.{token}.part"


def open_new(folder: Path, name: str, token: str) -> tuple[int, bool]:
    """Open a new private file in a folder: without a name, where the file system can do that.

    Returns:
        The descriptor, locked for as long as it is open, and whether the file has its part name.
    """
    handle = _unnamed(folder)
    named = handle is None
    if handle is None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        handle = os.open(folder / part_name(name, token), flags, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle, named


def _unnamed(folder: Path) -> int | None:
    tmpfile = getattr(os, "O_TMPFILE", None)
    if tmpfile is None or not _OWN_FILES.is_dir():
        return None
    try:
        return os.open(folder, os.O_RDWR | tmpfile, 0o600)
    except OSError as error:
        if error.errno in _NOT_SUPPORTED and folder.is_dir():
            return None
        raise


def give_name(handle: int, path: Path, named: Path | None = None) -> None:
    """Name a file that `open_new` has opened.

    Args:
        handle: its descriptor.
        path: its new name.
        named: its old one, if it has any; it keeps it.

    Raises:
        FileExistsError: the name is taken.
    """
    if named is not None:
        path.hardlink_to(named)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # only with a folder's descriptor does Python ask for the link to be followed
        os.link(_OWN_FILES / str(handle), path.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove the parts that killed processes left in a folder.

    Args:
        folder: where to look.
        name: of a file that is to be written, whose parts were called otherwise in older versions.
    """
    older = re.compile(rf"\.{re.escape(name)}\.\w+\.part") if name else _PART
    for path in folder.iterdir():
        if _PART.fullmatch(path.name) or older.fullmatch(path.name):
            _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    """Remove a part, unless the process that writes it still has it locked."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return
    finally:
        os.close(handle)
