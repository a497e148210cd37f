"""The comparison of two systems as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.evaluators.changes import Change
from pii_sft.evaluators.compare import Comparison
from pii_sft.evaluators.differences import Difference
from pii_sft.evaluators.errors import SpanError
from pii_sft.report.console import results
from pii_sft.report.tables import printable

SHOWN_LABELS = 30
SMALLEST_P = 0.001


def show_comparison(found: Comparison, first: str, second: str) -> None:
    """Print every difference with its interval and p-value, and the documents that changed most.

    Args:
        found: the comparison.
        first: what the first system is called.
        second: what the second is called.
    """
    for name, path in (("A", first), ("B", second)):
        results.print(Text(f"{name}: {printable(path)}"), soft_wrap=True)
    results.print(_overall(found))
    for name, labels in list(found.labels.items())[:1]:
        if labels:
            results.print(_by_label(found, name, labels))
    results.print(
        f"documents: {found.better} better with B, {found.worse} worse, "
        f"{found.otherwise} with other errors but as many"
    )
    if found.changed:
        results.print(_changed(found.changed))


def _overall(found: Comparison) -> Table:
    table = _table(f"B - A on {found.documents} documents", found, "p")
    for group, measures in found.measures.items():
        for name, each in measures.items():
            shown = name if name == "false_alarm_rate" else f"{group} {name}"
            table.add_row(shown, *_cells(each, each.p))
        table.add_section()
    table.caption = (
        f"p: {found.settings.randomisations} randomisations, two-sided; intervals: "
        f"{found.settings.resamples} resamples; seed {found.settings.seed}"
    )
    table.caption_justify = "left"
    return table


def _by_label(found: Comparison, scheme: str, labels: dict[str, Difference]) -> Table:
    table = _table(f"{scheme} f1 by label", found, f"p {found.settings.correction}")
    doubtful = sorted(labels.items(), key=lambda item: (item[1].p, -abs(item[1].difference)))
    for label, each in doubtful[:SHOWN_LABELS]:
        p = each.p if each.p_adjusted is None else each.p_adjusted
        table.add_row(Text(printable(label)), *_cells(each, p))
    if len(doubtful) > SHOWN_LABELS:
        table.caption = f"{len(doubtful) - SHOWN_LABELS} more labels are in the --json output"
    return table


def _table(title: str, found: Comparison, p: str) -> Table:
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("", overflow="fold")
    interval = [f"{found.settings.ci:.0%} interval"] if found.settings.ci else []
    for column in ("A", "B", "B - A", *interval, p):
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cells(each: Difference, p: float) -> Iterable[str]:
    yield from (f"{each.a:.3f}", f"{each.b:.3f}", f"{each.difference:+.3f}")
    if each.ci is not None:
        low, high = each.ci
        yield f"{low:+.3f} {high:+.3f}"
    yield f"<{SMALLEST_P:g}" if p < SMALLEST_P else f"{p:.3f}"


def _changed(changes: Iterable[Change]) -> Table:
    title = Text("documents that changed most")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("id", overflow="fold", max_width=24)
    table.add_column("errors that appeared", overflow="fold")
    table.add_column("that disappeared", overflow="fold")
    for each in changes:
        table.add_row(Text(printable(each.id)), _counted(each.appeared), _counted(each.disappeared))
    return table


def _counted(errors: Iterable[SpanError]) -> str:
    kinds = Counter(error.kind for error in errors)
    return ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
