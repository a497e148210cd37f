"""Rows of JSON: our `metrics.jsonl`, `trainer_log.jsonl` of LLaMA-Factory, and others' alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from pii_sft.diagnosis.readers.figure_names import figures, number
from pii_sft.diagnosis.readers.lenient_json import decode
from pii_sft.diagnosis.readers.log_from_rows import log_of
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.files import read_lines

_TOTALS = ("total_steps", "max_steps")


def sniff(head: str) -> bool:
    """True if the first line is a JSON object."""
    line = head.lstrip("\ufeff \t\r\n").split("\n", 1)[0]
    return line.startswith("{") and isinstance(_object(line.encode()), dict)


def read(path: Path) -> TrainingLog:
    """Read a log of one JSON object a line; a last line that was cut off is left out."""
    rows = [row for _, line in read_lines(path) if isinstance(row := _object(line), dict)]
    totals = [number(row.get(name)) for row in rows for name in _TOTALS]
    total = max((each for each in totals if each), default=None)
    return log_of((_figures(row) for row in rows), total)


def _figures(row: dict[str, Any]) -> dict[str, float]:
    """The figures of a row; our log writes null for a loss that is no number."""
    found = figures(row)
    for name in ("loss", "eval_loss", "plain_loss", "grad_norm"):
        if name in row and row[name] is None:
            found[name] = float("nan")
    return found


def _object(line: bytes) -> Any:
    try:
        return decode(line)
    except (msgspec.DecodeError, ValueError):
        return None
