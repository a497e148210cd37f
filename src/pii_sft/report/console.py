"""The one way to talk to people in a terminal: results to standard output, the rest to error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

results = Console(highlight=False)
messages = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A message to the user; silent after `be_quiet`."""
    messages.print(text, markup=False, soft_wrap=True)


def be_quiet() -> None:
    """Stop messages and progress bars; results and errors still appear."""
    messages.quiet = True


class Bar:
    """A progress bar with count, elapsed and remaining time."""

    def __init__(self, bars: Progress, title: str) -> None:
        self._bars = bars
        self._task = bars.add_task(title, total=None)

    def expect(self, pieces: int) -> None:
        """Say how many pieces there will be."""
        self._bars.update(self._task, total=pieces)

    def advance(self) -> None:
        """Count one finished piece."""
        self._bars.advance(self._task)


@contextmanager
def progress(title: str) -> Iterator[Bar]:
    """Show a bar while the block runs; it disappears at the end."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        yield Bar(bars, title)
