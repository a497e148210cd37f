"""The agreement of two annotations as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.evaluators.annotator_agreement.agreement import Agreement, Disputed
from pii_sft.report.console import results
from pii_sft.report.findings import show_findings
from pii_sft.report.number_table import number_table
from pii_sft.terminal import counted, printable

SHOWN_LABELS = 30
SHOWN_CONFUSIONS = 5
NO_VALUE = "-"


def show_agreement(found: Agreement, first: str, second: str) -> None:
    """Print agreement overall and by label, and where the annotations differ.

    Args:
        found: the agreement.
        first: what the first annotation is called.
        second: what the second is called.
    """
    for name, path in (("A", first), ("B", second)):
        results.print(Text(f"{name}: {printable(path)}"), soft_wrap=True)
    one, other = found.spans_of_both
    results.print(
        f"{counted(found.documents, 'document')}, {counted(one, 'span')} in A, {other} in B"
    )
    results.print(_overall(found))
    if found.spans:
        results.print(_by_label(found))
    kinds = ", ".join(f"{number} {kind}" for kind, number in found.disagreements.items())
    results.print(f"disagreements: {kinds}")
    confusions = _confusions(found)
    if confusions:
        results.print(Text(f"labels of A that are others of B: {confusions}"))
    if found.worst:
        results.print(_worst(found.worst))
    findings = found.findings(first, second)
    if findings:
        show_findings("agreement", findings)


def _overall(found: Agreement) -> Table:
    table = number_table("agreement", "", ["value"])
    table.add_column("interval", justify="right", no_wrap=True)
    for name, scheme in found.schemes.items():
        table.add_row(f"F1 of spans, {name}", f"{scheme.f1:.3f}", _interval(scheme.ci))
    kappa = found.characters
    table.add_row("kappa of characters", _value(kappa.kappa), _interval(kappa.ci))
    return table


def _by_label(found: Agreement) -> Table:
    first = next(iter(found.schemes), None)
    scores = [] if first is None else [f"F1 {first}"]
    table = number_table("by label", "label", ["A", "B", *scores, "kappa"])
    frequent = sorted(found.spans.items(), key=lambda item: -sum(item[1]))
    for label, numbers in frequent[:SHOWN_LABELS]:
        f1 = [] if first is None else [f"{found.schemes[first].labels[label]:.3f}"]
        kappa = _value(found.character_labels[label].kappa)
        table.add_row(Text(printable(label)), *map(str, numbers), *f1, kappa)
    if len(frequent) > SHOWN_LABELS:
        table.caption = f"{len(frequent) - SHOWN_LABELS} rarer labels are in the --json output"
    return table


def _worst(disputed: Iterable[Disputed]) -> Table:
    table = Table(
        title=Text("documents that disagree most"), title_justify="left", box=box.SIMPLE_HEAD
    )
    table.add_column("id", overflow="fold", max_width=32)
    table.add_column("disagreements", overflow="fold")
    for each in disputed:
        kinds = Counter(one.kind for one in each.disagreements)
        listed = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        table.add_row(Text(printable(each.id)), listed)
    return table


def _confusions(found: Agreement) -> str:
    pairs = [
        (number, ours, theirs)
        for ours, others in found.labels.items()
        for theirs, number in others.items()
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return ", ".join(
        f"{number} {printable(ours)} - {printable(theirs)}"
        for number, ours, theirs in pairs[:SHOWN_CONFUSIONS]
    )


def _interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.3f} {ends[1]:.3f}"


def _value(number: float | None) -> str:
    return NO_VALUE if number is None else f"{number:.3f}"
