"""An operating point in the terminal: the curve, the promise, the use of rules."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.inference.operating_point import OperatingPoint, Promise, Rates
from pii_sft.inference.tuning.frontier import Point
from pii_sft.inference.tuning.tune import Tuned
from pii_sft.report.console import results
from pii_sft.report.findings import show_findings
from pii_sft.terminal import counted, printable

SHOWN_POINTS = 12
BAR = 24


def show_tuned(tuned: Tuned, title: str) -> None:
    """Print the curve, the promise, the uses of rules and what holds recall back."""
    point = tuned.point
    if point.promise is None:
        return
    results.print(_curve(tuned, point.promise))
    results.print(_promise(tuned, point.promise))
    for line in (*_measured_on(point.promise), *describe(point)):
        results.print(Text(line))
    if tuned.uses:
        results.print(_uses(tuned))
    if tuned.findings:
        show_findings(title, tuned.findings)


def show_checked(point: OperatingPoint) -> None:
    """Print the rates that a point promised, and those on other documents."""
    if point.promise is None or point.promise.checked is None:
        return
    table = _rates_table()
    _add_rates(table, "promised", point.promise.measured)
    _add_rates(table, "checked", point.promise.checked)
    results.print(table)


def describe(point: OperatingPoint) -> list[str]:
    """An operating point in a few lines."""
    turned = (
        f"recall bias {point.recall_bias:+.1f}"
        if point.decode == "anchored"
        else "no dial: answers were decoded freely, so that only thresholds work"
    )
    lines = [f"{turned}, confidence at least {point.threshold:.3f}"]
    if point.thresholds:
        own = ", ".join(
            f"{printable(label)} {least:.3f}" for label, least in sorted(point.thresholds.items())
        )
        lines.append(f"by label: {own}")
    curve = point.calibration
    if curve.method == "temperature":
        lines.append(f"calibration: log-odds times {curve.slope:.2f}, plus {curve.intercept:.2f}")
    elif curve.method == "isotonic":
        lines.append(f"calibration: isotonic, {len(curve.scores)} steps")
    if point.rules.names != "off":
        lines.append(f"rules: {printable(point.rules.names)}")
    if point.propagation.labels:
        named = ", ".join(map(printable, point.propagation.labels))
        lines.append(f"sought everywhere once found: {named}")
    return lines


def _measured_on(promise: Promise) -> list[str]:
    named = [("promised", promise.measured), ("checked", promise.checked)]
    return [
        f"{name} on {counted(rates.documents, 'document')} of {printable(rates.data)}, "
        f"calibration error {_calibration_error(rates)}"
        for name, rates in named
        if rates is not None
    ]


def _calibration_error(rates: Rates) -> str:
    if rates.calibration_error is None:
        return "unknown"
    chance = rates.calibration_error_by_chance
    more = "" if chance is None else f", of which chance alone makes {chance:.3f}"
    return f"{rates.calibration_error:.3f}{more}"


def _shown(curve: Sequence[Point]) -> list[Point]:
    if len(curve) <= SHOWN_POINTS:
        return list(curve)
    step = (len(curve) - 1) / (SHOWN_POINTS - 1)
    return [curve[round(number * step)] for number in range(SHOWN_POINTS)]


def _curve(tuned: Tuned, promise: Promise) -> Table:
    title = f"{promise.scheme}, on the development split"
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("recall", "precision", "F1", "bias", "least"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for each in _shown(tuned.curve):
        table.add_row(
            f"{each.recall:.3f}",
            f"{each.precision:.3f}",
            f"{each.f1:.3f}",
            f"{each.recall_bias:+.1f}",
            f"{each.threshold:.3f}",
            "█" * round(each.precision * BAR),
        )
    return table


def _rates_table() -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in ("P", "R", "F1", "covered", "chars P", "chars R", "alarms"):
        table.add_column(column, justify="right")
    return table


def _promise(tuned: Tuned, promise: Promise) -> Table:
    table = _rates_table()
    before = tuned.before
    table.add_row("model", f"{before.precision:.3f}", f"{before.recall:.3f}", f"{before.f1:.3f}")
    _add_rates(table, "promised", promise.measured)
    if promise.checked is not None:
        _add_rates(table, "checked", promise.checked)
    return table


def _add_rates(table: Table, name: str, rates: Rates) -> None:
    table.add_row(
        name,
        _with_interval(rates.precision, rates.precision_ci),
        _with_interval(rates.recall, rates.recall_ci),
        f"{rates.f1:.3f}",
        f"{rates.covered:.3f}",
        f"{rates.characters_precision:.3f}",
        f"{rates.characters_recall:.3f}",
        f"{rates.false_alarms:.1%}",
    )


def _with_interval(rate: float, interval: tuple[float, float]) -> Text:
    low, high = (f"{end:.2f}".removeprefix("0") for end in interval)
    return Text.assemble(f"{rate:.3f}\n", (f"{low}-{high}", "dim"))


USES = {
    "found": "found",
    "right": "right",
    "added": "added",
    "relabelled": "relabelled",
    "wrongly_relabelled": "wrong label",
    "resized": "resized",
    "wrongly_resized": "wrong size",
    "vetoed": "vetoed",
    "wrongly_vetoed": "wrong veto",
}
"""Fields of `UseMeasured`, and the heads of their columns."""


def counted_uses(tuned: Tuned) -> list[str]:
    """Fields of `USES` that are not 0 for every kind of rule."""
    return [name for name in USES if any(getattr(each, name) for each in tuned.uses)]


def _uses(tuned: Tuned) -> Table:
    title = "rules: candidates, and what they change in the model's own answer"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("kind", no_wrap=True)
    names = counted_uses(tuned)
    for name in names:
        table.add_column(USES[name], justify="right", no_wrap=True)
    for each in tuned.uses:
        table.add_row(
            Text(printable(each.kind)),
            *(str(getattr(each, name)) for name in names),
        )
    return table
