"""The confusion table of a page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pii_sft.evaluators.aggregation.results import Confusion

MISSED, SPURIOUS = "(missed)", "(spurious)"


class Cell(msgspec.Struct, frozen=True):
    """A cell of the confusion table: its count, and its share of the row, from 0 to 1."""

    count: int
    share: float
    right: bool


class Grid(msgspec.Struct, frozen=True):
    """The confusion table.

    Attributes:
        columns: predicted labels, and what was missed.
        rows: gold labels, and what was spurious, each with its cells.
    """

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


def grid(confusion: Confusion) -> Grid:
    """Gold labels against predicted ones, with missed and spurious spans at the edges."""
    predicted = {label for row in confusion.pairs.values() for label in row}
    columns = sorted(predicted | confusion.spurious.keys() | confusion.pairs.keys())
    golds = sorted(confusion.pairs.keys() | confusion.missed.keys())
    rows = []
    for gold in golds:
        row = confusion.pairs.get(gold, {})
        counts = [row.get(label, 0) for label in columns] + [confusion.missed.get(gold, 0)]
        rows.append((gold, _cells(counts, [label == gold for label in columns] + [False])))
    spurious = [confusion.spurious.get(label, 0) for label in columns]
    rows.append((SPURIOUS, _cells([*spurious, 0], [False] * (len(columns) + 1))))
    return Grid([*columns, MISSED], rows)


def _cells(counts: Sequence[int], right: Sequence[bool]) -> list[Cell]:
    total = max(1, sum(counts))
    return [
        Cell(count, count / total, is_right) for count, is_right in zip(counts, right, strict=True)
    ]
