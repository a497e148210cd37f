"""Folders that appear whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pii_sft.files import make_private


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A temporary folder to write into, which becomes `folder` when the block ends well.

    Args:
        folder: where it is to be; may not exist.
    """
    make_private(folder.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield unfinished
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
