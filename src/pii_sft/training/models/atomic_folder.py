"""Folders that appear complete or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pii_sft.errors import UsageError
from pii_sft.files import make_private, new_token, part_name


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder to write into, which becomes `folder` when the block ends well.

    Temporary folders that a killed process left are removed.

    Args:
        folder: the final place; may not exist.

    Raises:
        UsageError: `folder` exists when the block ends.
    """
    make_private(folder.parent)
    _sweep(folder)
    unfinished = folder.parent / part_name(folder.name, new_token())
    unfinished.mkdir(mode=0o700)
    handle = os.open(unfinished, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield unfinished
        if folder.exists():
            raise UsageError(f"{folder} exists by now. Name another folder.")
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove unfinished folders, unless the process that writes them still holds their lock."""
    part = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{16}}\.part")
    for path in folder.parent.iterdir():
        if part.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            handle = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            except BlockingIOError:
                continue
            finally:
                os.close(handle)
