"""A lock on a folder, so that one command at a time writes into it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pii_sft.errors import UsageError


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Keep other commands out of a folder while the block runs; a killed process frees it.

    Raises:
        UsageError: another process is in it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another command is writing into {folder}. Wait for its end, or name another "
                "folder."
            ) from None
        yield
    finally:
        os.close(handle)
