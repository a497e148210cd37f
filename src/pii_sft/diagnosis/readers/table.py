"""CSV: Lightning's `metrics.csv`, `history.csv` of Keras, exports of trackers, spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

from pii_sft.diagnosis.readers.figure_names import canonical, figures
from pii_sft.diagnosis.readers.log_from_rows import log_of
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.files import read_lines

_DELIMITERS = ",;\t"


def sniff(head: str) -> bool:
    """True if the first line holds names of figures between commas, semicolons or tabs."""
    return len([name for name in _header(_first(head)) if canonical(name)]) > 1


def read(path: Path) -> TrainingLog:
    """Read a table with a line of names; empty cells are left out."""
    lines = [line.decode("utf-8", "replace") for _, line in read_lines(path)]
    delimiter = _delimiter(lines[0])
    rows = []
    for row in csv.DictReader(lines, delimiter=delimiter):
        cells = {str(key).strip(): str(value or "") for key, value in row.items() if key}
        if (
            delimiter != ","
        ):  # a decimal comma, as spreadsheets write it where the comma is no delimiter
            cells = {key: value.replace(",", ".") for key, value in cells.items()}
        rows.append(figures(cells))
    return log_of(rows)


def _first(head: str) -> str:
    return next(iter(head.lstrip("\ufeff").splitlines()), "")


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _header(line: str) -> list[str]:
    return next(csv.reader([line], delimiter=_delimiter(line)), [])
