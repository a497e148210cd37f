"""Output in the terminal: results go to standard output, messages to standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from pii_sft.terminal import printable_lines

if TYPE_CHECKING:
    from rich.progress import Progress


class PlainConsole(Console):
    """A console that shows strings as they are: brackets are no markup, `:cat:` is no emoji.

    Most strings hold names from the user or labels from data; control characters are escaped. Style
    is given by `rich.text.Text`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Let the command line end as it does for every closed output; rich would end with 1."""
        raise BrokenPipeError

    def render_str(self, text: str, **settings: Any) -> Text:
        """Turn a string into text: of a message, a title or a cell."""
        return super().render_str(printable_lines(text), **settings)


results = PlainConsole()
messages = PlainConsole(stderr=True)


def say(text: str) -> None:
    """A message to the user; silent after `be_quiet`."""
    messages.print(text, soft_wrap=True)


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
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

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
