"""Scores to diagnose: our own JSON, or a table of precision, recall and F1 of any tool."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.diagnosis.readers.figure_names import number
from pii_sft.diagnosis.readers.lenient_json import decode
from pii_sft.errors import InputError, Problem
from pii_sft.files import open_binary

RATES = ("precision", "recall", "f1")
_ROWS_OF_METRICS = re.compile(r"metrics?|measures?|scores?|", re.IGNORECASE)
_FIGURE = re.compile(r"(?:\d+\.?\d*|\.\d+)")


class Rates(msgspec.Struct, frozen=True):
    """Precision, recall and F1 of one system at one level, as somebody wrote them.

    Attributes:
        name: of the system or level.
        precision: from 0 to 1.
        recall: from 0 to 1.
        f1: as written; computed from the others where it was not.
    """

    name: str
    precision: float
    recall: float
    f1: float

    @property
    def harmonic(self) -> float:
        """F1 as it follows from precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class ScoreTable(msgspec.Struct, frozen=True):
    """Scores of one or several systems or levels.

    Attributes:
        rows: their rates; of our own JSON, the first scheme.
        report: our own JSON; empty for a table of another tool.
    """

    rows: tuple[Rates, ...]
    report: Mapping[str, Any] = {}


def is_score_table(path: Path) -> bool:
    """True if a file holds precision and recall rather than a training log."""
    with open_binary(path) as stream:
        head = stream.read(1 << 16).decode("utf-8", "replace").lower()
    if "log_history" in head or "current_steps" in head:
        return False
    return "precision" in head and "recall" in head and "loss" not in head


def read_scores(path: Path) -> ScoreTable:
    """Read what `pii-sft score --json` wrote, or a table as JSON, CSV or Markdown.

    A table has a row a system and columns `precision`, `recall` and `f1`, or a row a metric and a
    column a system. Rates above 1 are percent.

    Raises:
        InputError: the file holds no precision and recall.
    """
    with open_binary(path) as stream:
        content = stream.read()
    try:
        value = decode(content)
    except ValueError:
        value = None
    if isinstance(value, dict) and "schemes" in value:
        return of_report(value)
    text = content.decode("utf-8", "replace")
    rows = list(_of_json(value) if value is not None else _of_text(text))
    if not rows:
        raise InputError(
            [Problem("no scores", str(path), 0, None, "holds no precision and recall")],
            "Known: the JSON of 'pii-sft score', and tables with columns precision, recall and f1.",
        )
    return ScoreTable(tuple(rows))


def of_report(report: Mapping[str, Any]) -> ScoreTable:
    """The scores of our own JSON."""
    name, scheme = next(iter(report["schemes"].items()))
    micro = scheme["micro"]
    rates = Rates(name, micro["precision"], micro["recall"], micro.get("f1", 0.0))
    return ScoreTable((rates,), report)


def _of_json(value: Any) -> Iterator[Rates]:
    named: Iterable[tuple[Any, Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value, 1)
    )
    if isinstance(value, dict) and "precision" in {str(key).lower() for key in value}:
        named = [("scores", value)]
    for name, row in named:
        if isinstance(row, dict):
            yield from _row(str(row.get("name", row.get("run", name))), row)


def _of_text(text: str) -> Iterator[Rates]:
    lines = [line.strip() for line in text.splitlines() if line.strip().strip("|-: ")]
    marked = bool(lines) and all(line.startswith("|") for line in lines)
    rows = (
        [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        if marked
        else list(csv.reader(lines))
    )
    rows = [row for row in rows if any(cell.strip("-: ") for cell in row)]
    if not rows:
        return
    head = [cell.strip().lower() for cell in rows[0]]
    if "precision" in head:
        for cells in rows[1:]:
            yield from _row(cells[0], dict(zip(head, cells, strict=False)))
        return
    by_metric = {cells[0].strip().lower(): cells[1:] for cells in rows[1:] if cells}
    if _ROWS_OF_METRICS.fullmatch(head[0]):
        for place, name in enumerate(rows[0][1:]):
            row = {key: cells[place] for key, cells in by_metric.items() if place < len(cells)}
            yield from _row(name.strip(), row)


def _row(name: str, row: Mapping[str, Any]) -> Iterator[Rates]:
    found = {str(key).strip().lower().split("(")[0].strip(): each for key, each in row.items()}
    values = [_rate(found.get(key, found.get(f"{key}_score"))) for key in RATES]
    precision, recall, f1 = values
    if precision is None or recall is None:
        return
    rates = Rates(name.strip(), precision, recall, 0.0)
    yield msgspec.structs.replace(rates, f1=rates.harmonic if f1 is None else f1)


def _rate(value: Any) -> float | None:
    """A rate from 0 to 1, from a number or a cell such as `.8629 (reported)` or `86.3 %`."""
    found = number(value)
    if found is None and isinstance(value, str):
        match = _FIGURE.search(value)
        found = float(match[0]) if match else None
    if found is None or not math.isfinite(found):
        return None
    return found / 100 if found > 1 else found
