"""Numbers of other tools, printed as they print them."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.evaluators.compat import Numbers
from pii_sft.evaluators.compat.base import Table as Numbered
from pii_sft.report.console import results, say
from pii_sft.terminal import printable


def show_compat(numbers: Numbers) -> None:
    """Print all tables of a tool, and what could not be handed to it."""
    for each in numbers.tables:
        results.print(_table(each))
    for note in numbers.notes:
        say(note)


def _table(numbered: Numbered) -> Table:
    table = Table(
        title=Text(numbered.title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1)
    )
    table.add_column("", overflow="fold")
    for column in numbered.columns:
        table.add_column(column, justify="right", no_wrap=True)
    for name, values in numbered.rows.items():
        table.add_row(Text(printable(name)), *(_cell(value) for value in values))
    return table


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"
