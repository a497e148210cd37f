"""Streams the rows of tables with a header: CSV, or columns separated by tabs."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record, read_records
from pii_sft.files import BYTE_ORDER_MARK, bounded_lines, most_of_record, open_binary

LONGEST_CELL = 1 << 27


def read_table(path: Path) -> Iterator[Record]:
    """The rows of a table, each a mapping of column name to string.

    Cells may hold line breaks inside quotes. A repeated column name gets a number, as in pandas:
    `text`, `text.1`. A broken row affects no other row, unless it opens a quote that is never
    closed.

    Args:
        path: UTF-8, with or without byte-order mark; separated by tabs if the header holds one,
            by semicolons if it holds more of them than commas.
    """
    with open_binary(path) as stream:
        raw_lines = bounded_lines(stream, path)
        header = next(raw_lines, b"").removeprefix(BYTE_ORDER_MARK)
        delimiter = delimiter_of(header.decode(errors="replace"))
        lines = _Lines(chain([b"" if _names_delimiter(header) else header], raw_lines))
        csv.field_size_limit(LONGEST_CELL)
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        names: list[str] | None = None
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(lines.start, None, lines.taken(), str(error))
                continue
            start, raw = lines.start, lines.taken()
            if names is None:
                names = _numbered(cells) or None
            elif cells:
                yield _record(start, raw, names, cells)


def delimiter_of(header: str) -> str:
    """The separator of the cells of a table, by its first line; Excel may say it: `sep=;`."""
    if header.startswith(_NAMED):
        return header.removeprefix(_NAMED)[:1]
    if "\t" in header:
        return "\t"
    return ";" if header.count(";") > header.count(",") else ","


_NAMED = "sep="


def _names_delimiter(header: bytes) -> bool:
    return header.startswith(_NAMED.encode())


class _Lines:
    """Decodes lines, and remembers those that were used since the last row."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._number = 0
        self._used: list[bytes] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            self._used.append(line)
            if self._size + len(line.rstrip(b"\r\n")) > most_of_record():
                # a quote that nothing closes would take in the rest of the file
                raise csv.Error("a row is larger than --max-record-size allows")
            self._size += len(line)
            yield line.decode(errors="surrogateescape")

    @property
    def start(self) -> int:
        """Number of the line on which the row starts, counted from 1."""
        return max(1, self._number - len(self._used) + 1)

    def taken(self) -> bytes:
        """The bytes of the row; the next row starts after it."""
        raw = b"".join(self._used).rstrip(b"\r\n")
        self._used, self._size = [], 0
        return raw


def _numbered(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        numbered.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return numbered


def _record(start: int, raw: bytes, names: Sequence[str], cells: Sequence[str]) -> Record:
    if len(cells) > len(names):
        return Record(start, None, raw, "has more cells than the header has names")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Record(start, None, raw, "is not UTF-8")
    return Record(start, dict(zip(names, cells, strict=False)), raw)


_TABLES = (".csv", ".tsv")


def read_rows(path: Path) -> Iterator[Record]:
    """The rows of a file; `.csv` and `.tsv` are tables with a header, where every cell is a string.

    Args:
        path: the file.
    """
    return read_table(path) if path.suffix.lower() in _TABLES else read_records(path)


def first_row(head: Head) -> dict[str, Any]:
    """The first row of a file; empty if there is none."""
    if head.path.suffix.lower() not in _TABLES:
        return head.record
    delimiter = delimiter_of(head.text.partition("\n")[0])
    text = head.text.partition("\n")[2] if head.text.startswith(_NAMED) else head.text
    try:
        rows = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), 2))
    except csv.Error:
        return {}
    return dict(zip(*rows, strict=False)) if len(rows) == 2 else {}
