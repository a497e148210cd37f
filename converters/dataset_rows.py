"""Rows of published data sets, in any file they are passed around in: JSON, Parquet, Arrow, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pii_sft.converters.base import Head
from pii_sft.converters.records import Record, read_records
from pii_sft.converters.tables import read_table

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
    delimiter = "\t" if "\t" in head.text.partition("\n")[0] else ","
    try:
        rows = list(islice(csv.reader(io.StringIO(head.text), delimiter=delimiter), 2))
    except csv.Error:
        return {}
    return dict(zip(*rows, strict=False)) if len(rows) == 2 else {}
