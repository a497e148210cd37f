"""The comparison of two systems as tables that fit a terminal of 80 columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.evaluators.comparison.compare import Change, Comparison
from pii_sft.evaluators.comparison.results import Difference
from pii_sft.evaluators.errors import SpanError
from pii_sft.report.console import results
from pii_sft.report.number_table import number_table
from pii_sft.report.tables import Table as Plain
from pii_sft.report.tables import latex, markdown
from pii_sft.terminal import counted, printable

COLUMNS_OF_CSV = (
    *("table", "row", "a", "b", "difference", "low", "high"),
    *("p", "p_bootstrap", "p_adjusted"),
)
SHOWN_LABELS = 30
SMALLEST_P = 0.001


def comparison_tables(found: Comparison) -> list[Plain]:
    """Every difference with its interval and p-value, and every label of the first scheme."""
    overall = [
        (_name(group, name), *_cells(each, each.p))
        for group, measures in found.measures.items()
        for name, each in measures.items()
    ]
    shown = [Plain(_title(found), ("", *_columns(found), "p"), tuple(overall))]
    for scheme, labels in list(found.labels.items())[:1]:
        rows = [(label, *_cells(each, _corrected(each))) for label, each in _ordered(labels)]
        columns = ("label", *_columns(found), f"p {found.settings.correction}")
        shown.append(Plain(f"{scheme} f1 by label", columns, tuple(rows)))
    return shown


def comma_separated(found: Comparison) -> str:
    """CSV, one difference a line: every scheme, every label, all numbers in full."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS_OF_CSV)
    for table, row, each in _differences(found):
        low, high = each.ci or (None, None)
        ps = (each.p, each.p_bootstrap, each.p_adjusted)
        writer.writerow((table, printable(row), each.a, each.b, each.difference, low, high, *ps))
    return stream.getvalue()


def _differences(found: Comparison) -> Iterator[tuple[str, str, Difference]]:
    for group, measures in found.measures.items():
        for name, each in measures.items():
            yield group, name, each
        for label, each in found.labels.get(group, {}).items():
            yield group, f"labels/{label}", each


FORMATS: Mapping[str, Callable[[Comparison], str]] = {
    "markdown": lambda found: markdown(comparison_tables(found)),
    "latex": lambda found: latex(comparison_tables(found)),
    "csv": comma_separated,
}
"""Ways to write a comparison as text, by name."""


def print_comparison(found: Comparison, first: str, second: str, shape: str) -> None:
    """Print a comparison to standard output.

    Args:
        found: the comparison.
        first: what the first system is called.
        second: what the second is called.
        shape: `table` for people at a terminal, or one of `FORMATS`.
    """
    if shape in FORMATS:
        results.file.write(FORMATS[shape](found))
    else:
        show_comparison(found, first, second)


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
    table = number_table(_title(found), "", (*_columns(found), "p"))
    for group, measures in found.measures.items():
        for name, each in measures.items():
            table.add_row(_name(group, name), *_cells(each, each.p))
        table.add_section()
    table.caption = (
        f"p: {found.settings.randomisations} randomisations, two-sided; intervals: "
        f"{found.settings.resamples} resamples; seed {found.settings.seed}"
    )
    table.caption_justify = "left"
    return table


def _by_label(found: Comparison, scheme: str, labels: dict[str, Difference]) -> Table:
    columns = (*_columns(found), f"p {found.settings.correction}")
    table = number_table(f"{scheme} f1 by label", "", columns)
    ordered = _ordered(labels)
    for label, each in ordered[:SHOWN_LABELS]:
        table.add_row(Text(printable(label)), *_cells(each, _corrected(each)))
    if len(ordered) > SHOWN_LABELS:
        table.caption = f"{len(ordered) - SHOWN_LABELS} more labels are in the --json output"
    return table


def _title(found: Comparison) -> str:
    return f"B - A on {counted(found.documents, 'document')}"


def _name(group: str, measure: str) -> str:
    return measure if measure == "false_alarm_rate" else f"{group} {measure}"


def _ordered(labels: dict[str, Difference]) -> list[tuple[str, Difference]]:
    """Sort differences by p-value."""
    return sorted(labels.items(), key=lambda item: (item[1].p, -abs(item[1].difference)))


def _corrected(each: Difference) -> float:
    return each.p if each.p_adjusted is None else each.p_adjusted


def _columns(found: Comparison) -> tuple[str, ...]:
    interval = [f"{found.settings.ci:.0%} interval"] if found.settings.ci else []
    return ("A", "B", "B - A", *interval)


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
