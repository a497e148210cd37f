"""The one way to talk to people in a terminal: results to standard output, the rest to error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """Show a bar with count, elapsed and remaining time while the block runs.

    Yields:
        A function to call for each finished piece, with how many pieces it was (1).
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        task = bars.add_task(title, total=total)

        def advance(pieces: int = 1) -> None:
            bars.advance(task, pieces)

        yield advance
