"""Runs as tables: for people at a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.diagnosis.runs import RATES, RunDifference, RunSummary, has_predictions
from pii_sft.report.console import results, say
from pii_sft.terminal import printable

CHANCE = 0.05
_WHOLE = 1000
"""Numbers from here on, such as counts of tokens, are shown without decimals."""


def show_runs(found: Sequence[RunSummary]) -> None:
    """Print a line a run, the best first, and what the last column means."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("run, recipe", overflow="fold", min_width=14)
    table.add_column("data", no_wrap=True)
    for name in ("P", "R", "F1 (strict)", "p", "dev F1", "time", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        recipe = f", {Path(each.recipe).stem}" if each.recipe else ""
        state = "" if each.finished else " (unfinished)"
        table.add_row(
            Text(printable(f"{each.folder}{recipe}{state}")),
            each.data[:8],
            *(f"{each.rates[name]:.3f}" if name in each.rates else "-" for name in RATES[:2]),
            _with_reach(each),
            _p(each.p, best=each.p is None and bool(each.rates)),
            f"{each.development:.3f}" if each.development is not None else "-",
            _time(each.cost.seconds),
            _many(each.cost.tokens),
        )
    if any(each.p is not None for each in found):
        table.caption = (
            "p: of the difference in strict F1 to the best run with the same gold, Holm's "
            f"correction; below {CHANCE} it is more than chance"
        )
        table.caption_justify = "left"
    results.print(table)
    for each in found:
        if each.trouble:
            say(f"{each.folder}: no scores: {each.trouble}")
    _say_what_lacks([each.folder for each in found if not each.predicted and not each.trouble])


def _say_what_lacks(folders: Sequence[str]) -> None:
    """Explain how to get scores for runs without predictions."""
    if folders:
        what = f"{folders[0]} has" if len(folders) == 1 else f"{len(folders)} runs have"
        command = shlex.join(["pii-sft", "predict", "--run", folders[0]])
        say(f"{what} no predictions to score; this makes them: {command}")


def _with_reach(run: RunSummary) -> str:
    """F1 and half the width of its interval."""
    if "f1" not in run.rates:
        return "-"
    low, high = run.ci["f1"]
    return f"{run.rates['f1']:.3f} ±{(high - low) / 2:.3f}"


def _p(value: float | None, *, best: bool = False) -> str:
    if value is None:
        return "best" if best else "-"
    shown = "<0.001" if value < 0.001 else f"{value:.3f}"
    return f"{shown} *" if value < CHANCE else shown


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _many(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number / 1e6:.1f}M" if number >= 1e6 else f"{number / 1e3:.0f}k"


def show_differences(found: Sequence[RunDifference], first: str, second: str) -> None:
    """Print in what two runs differ, side by side."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("", overflow="fold")
    for name in (first, second):
        table.add_column(Text(printable(name)), justify="right", overflow="fold")
    table.add_column("difference", justify="right")
    table.add_column("p", justify="right")
    part = ""
    for each in found:
        if part and each.part != part:
            table.add_section()
        shown = each.part if each.part != part else ""
        part = each.part
        table.add_row(
            shown,
            Text(printable(each.name)),
            _value(each.a),
            _value(each.b),
            _gap(each),
            _p(each.p),
        )
    results.print(table)
    _say_what_lacks([each for each in (first, second) if not has_predictions(Path(each))])


def _value(value: Any) -> Text:
    if value is None:
        return Text("-")
    return Text(_number(value) if isinstance(value, float) else printable(str(value)))


def _number(value: float, sign: str = "") -> str:
    return format(value, f"{sign},.0f" if abs(value) >= _WHOLE else f"{sign}.4g")


def _gap(each: RunDifference) -> str:
    numbers = [
        value
        for value in (each.a, each.b)
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return _number(numbers[1] - numbers[0], "+") if len(numbers) == 2 else ""


def runs_as_csv(found: Sequence[RunSummary]) -> str:
    """A line a run, all numbers in full."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    ends = [f"{name}_{end}" for name in RATES for end in ("low", "high")]
    writer.writerow(
        ("run", "recipe", "model", "data", "finished", *RATES, *ends, "p", "dev_f1", "steps",
         "seconds", "tokens")
    )  # fmt: skip
    for each in found:
        rates = [each.rates.get(name, "") for name in RATES]
        intervals = [end for name in RATES for end in each.ci.get(name, ("", ""))]
        cost = (each.cost.steps, each.cost.seconds, each.cost.tokens)
        writer.writerow(
            (each.folder, each.recipe, each.model, each.data, each.finished, *rates, *intervals,
             each.p, each.development, *cost)
        )  # fmt: skip
    return stream.getvalue()


def differences_as_csv(found: Sequence[RunDifference]) -> str:
    """A line a difference."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("part", "name", "a", "b", "p"))
    for each in found:
        writer.writerow((each.part, each.name, each.a, each.b, each.p))
    return stream.getvalue()
