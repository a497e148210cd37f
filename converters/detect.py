"""Which reader a file is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pii_sft.converters import READERS, Head
from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import STANDARD_STREAM, open_binary

HEAD_BYTES = 1 << 18


def expand(inputs: Iterable[Path]) -> Iterator[Path]:
    """The files of the inputs: folders give their files, in name order, hidden ones left out.

    Raises:
        InputError: a folder holds no file.
    """
    for path in inputs:
        if not path.is_dir():
            yield path
            continue
        files = sorted(each for each in path.rglob("*") if each.is_file() and _visible(each, path))
        if not files:
            raise InputError([Problem("empty folder", str(path), 0, None, "holds no file")])
        yield from files


def _visible(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def detect(path: Path) -> str:
    """Name of the reader that is surest of a file.

    Raises:
        InputError: the file is missing or empty.
        UsageError: it is standard input, which can be read only once; or no reader recognises
            it, or two are equally sure.
    """
    if path == STANDARD_STREAM:
        raise UsageError("Name the format of standard input with --from.")
    with open_binary(path) as stream:
        data = stream.read(HEAD_BYTES)
    if not data.strip():
        raise InputError([Problem("empty file", str(path), 0, None, "holds nothing")])
    head = Head(path, data)
    scores = {name: READERS.get(name).sniff(head) for name in READERS.names()}
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    known = ", ".join(READERS.names())
    if best == 0:
        raise UsageError(f"{path}: the format was not recognised. Name it with --from ({known}).")
    if len(names) > 1:
        raise UsageError(f"{path}: could be {' or '.join(names)}. Name it with --from.")
    return names[0]
