"""Progress of a training run: a bar with the latest figures, and a line for each evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pii_sft.report.console import messages, say


class RunView:
    """Shows the rows of a run's log.

    Args:
        bars: where the bar is drawn.
        recipe: for the length of the run.
    """

    def __init__(self, bars: Progress, recipe: Mapping[str, Any]) -> None:
        self._steps = max(0, int(recipe.get("max_steps") or 0))
        self._epochs = float(recipe.get("num_train_epochs") or 3.0)
        self._bars = bars
        self._task = bars.add_task("training", total=1.0, figures="starting")

    def show(self, row: Mapping[str, float]) -> None:
        """Take a row in."""
        done = row["step"] / self._steps if self._steps else row.get("epoch", 0.0) / self._epochs
        self._bars.update(self._task, completed=min(done, 1.0))
        if "loss" in row:
            self._bars.update(self._task, figures=_figures(row))
            if not messages.is_terminal:
                say(f"step {row['step']:.0f}  {_figures(row)}")
        elif "eval_loss" in row:
            say(f"step {row['step']:.0f}  {_evaluation(row)}")


@contextmanager
def watched(recipe: Mapping[str, Any]) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """Show a run while the block lasts; gives a function that takes the rows of its log."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        yield RunView(bars, recipe).show


def _figures(row: Mapping[str, float]) -> str:
    rate = row.get("learning_rate", 0.0)
    speed = row.get("tokens_per_second", 0.0)
    return f"loss {row['loss']:.4f}  rate {rate:.1e}  {speed:.0f} tokens/s"


def _evaluation(row: Mapping[str, float]) -> str:
    shown = f"development loss {row['eval_loss']:.4f}"
    if "eval_span_f1" not in row:
        return shown
    rates = "  ".join(f"{name} {row[f'eval_span_{key}']:.3f}" for name, key in _RATES.items())
    cut = row.get("eval_span_cut", 0.0)
    return f"{shown}  spans: {rates}" + (f"  {cut:.0%} of the answers cut" if cut else "")


_RATES = {"precision": "precision", "recall": "recall", "F1": "f1", "F2": "f2"}
