"""`metrics.jsonl`: measurements during training, one row for each log or evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from pii_sft.files import append_line, encode, write_bytes

METRICS_NAME = "metrics.jsonl"

Row = Mapping[str, float]
Watch = Callable[[Row], None]
"""Gets every row as it is written."""


class MetricsLog:
    """Appends rows to the log of a run; readable by its owner alone.

    Args:
        folder: of the run.
        watch: gets every row.
    """

    def __init__(self, folder: Path, watch: Watch) -> None:
        self._path = folder / METRICS_NAME
        self._watch = watch

    def begin(self, step: int) -> None:
        """Start at a step: later rows, of an interrupted run, are removed."""
        kept = [row for row in read_metrics(self._path.parent) if row["step"] <= step]
        lines = b"".join(encode(row) + b"\n" for row in kept if step)
        write_bytes(self._path, lines, overwrite=True)

    def write(self, row: Row) -> None:
        """Add a row."""
        append_line(self._path, encode(row))
        self._watch(row)


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """Read the rows of a run so far; an incomplete last row is left out."""
    path = folder / METRICS_NAME
    if not path.exists():
        return []
    rows = [
        msgspec.json.decode(line, type=dict[str, float | None])
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
    return [
        {key: float("nan") if each is None else each for key, each in row.items()} for row in rows
    ]
