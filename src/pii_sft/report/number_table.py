"""Terminal tables of numbers, with a name for each row."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.terminal import printable


def number_table(title: str, first: str, others: Iterable[str]) -> Table:
    """Make an empty table in which long names wrap and numbers never do.

    Args:
        title: what it shows.
        first: head of the column of names.
        others: heads of the columns of numbers.
    """
    table = Table(title=Text(printable(title)), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(first, overflow="fold")
    for column in others:
        table.add_column(column, justify="right", no_wrap=True)
    return table
