"""An audit in the terminal: counts, findings, and annotations to check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.table import Table
from rich.text import Text

from pii_sft.dataset.audit import Audit, Found, Place, Suspect
from pii_sft.report.console import messages, results, say
from pii_sft.report.findings import show_findings
from pii_sft.report.number_table import number_table
from pii_sft.terminal import counted, printable

SHOWN_LABELS = 30
SHOWN_SUSPECTS = 10
SHOWN_PLACES = 3


class OnProgress(Protocol):
    """Says how many documents have been looked at."""

    def __call__(self, documents: int) -> None:
        """Show it."""


@contextmanager
def looking() -> Iterator[OnProgress]:
    """Show how many documents have been looked at while the block runs."""
    with messages.status("Looking at documents") as status:

        def show(documents: int) -> None:
            status.update(f"Looking at documents: {documents:,}")

        yield show


def show_audit(found: Audit) -> None:
    """Print counts, findings, likely errors and notes."""
    results.print(_splits(found))
    labels = found.figures.get("labels", {})
    if labels:
        results.print(_labels(labels, list(found.figures["splits"])))
    for line in _facts(found.figures):
        results.print(Text(line), soft_wrap=True)
    show_findings(found.name, [each.finding for each in found.found])
    _show_places(found.found)
    _show_suspects(found.suspects)
    for fix, count in found.changes.items():
        say(f"{fix}: {counted(count, 'change')}")
    for note in found.notes:
        say(note)


def _splits(found: Audit) -> Table:
    table = number_table("documents", "split", ("documents", "without entities", "entities"))
    for name, row in found.figures.get("splits", {}).items():
        bare = row["without_entities"]
        share = f"{bare:,} ({bare / row['documents']:.0%})" if row["documents"] else "0"
        table.add_row(name or "all", f"{row['documents']:,}", share, f"{row['spans']:,}")
    return table


def _labels(labels: Mapping[str, Any], splits: Sequence[str]) -> Table:
    several = len(splits) > 1
    table = number_table("entities by label", "label", [*(splits if several else ()), "entities"])
    for label, row in list(labels.items())[:SHOWN_LABELS]:
        own = [f"{row['by_split'][split]['spans']:,}" for split in splits] if several else []
        table.add_row(Text(printable(label)), *own, f"{row['spans']:,}")
    if len(labels) > SHOWN_LABELS:
        table.caption = f"{len(labels) - SHOWN_LABELS} rarer labels are in the --json output"
    return table


def _facts(figures: Mapping[str, Any]) -> Iterator[str]:
    for split, spread in figures.get("lengths", {}).items():
        if spread:
            yield (
                f"characters{f' of {split}' if split else ''}: median {spread['median']:.0f}, "
                f"95 % up to {spread['p95']:.0f}, longest {spread['max']:.0f}"
            )
    tokens = figures.get("tokens")
    if tokens:
        yield (
            f"tokens of a row: median {tokens['median']:.0f}, 95 % up to {tokens['p95']:.0f}, "
            f"longest {tokens['max']:.0f}; cutoff_len {tokens['cutoff_len']} cuts "
            f"{tokens['rows_cut']} rows and loses {tokens['entities_lost']} entities"
        )
    ceilings = figures.get("ceilings")
    if ceilings:
        listed = ", ".join(f"{name} {f1:.4f}" for name, f1 in ceilings.items())
        measured = counted(figures["ceilings_measured_on"], "document")
        yield f"best strict F1 by target ({measured}): {listed}"
    scripts: dict[str, int] = {}
    for counts in figures.get("scripts", {}).values():
        for script, count in counts.items():
            scripts[script] = scripts.get(script, 0) + count
    if len(scripts) > 1:
        yield "scripts: " + ", ".join(f"{name} {count:,}" for name, count in scripts.items())


def _show_places(found: Sequence[Found]) -> None:
    """Print the texts at the places of findings, if texts may be shown."""
    for each in found:
        shown = [place for place in each.places if place.text is not None][:SHOWN_PLACES]
        if shown:
            results.print(Text(f"{each.finding.id}:", style="bold"))
        for place in shown:
            results.print(Text(f"  {_where(place)} {printable(place.text or '')}"), soft_wrap=True)


def _show_suspects(suspects: Sequence[Suspect]) -> None:
    if not suspects:
        return
    with_texts = any(each.place.text is not None for each in suspects)
    table = number_table("likely annotation errors", "document", ())
    for column in ("span", "label", "expected", "reason", *(("text",) if with_texts else ())):
        table.add_column(column, overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    for each in suspects[:SHOWN_SUSPECTS]:
        span = each.place.span
        table.add_row(
            Text(printable(each.place.id)),
            f"{span.start}-{span.end}" if span else "",
            Text(printable((span and span.label) or "none")),
            Text(printable(each.expected or "none")),
            Text(printable(each.reason)),
            *([Text(printable(each.place.text or ""))] if with_texts else []),
            f"{each.score:.2f}",
        )
    if len(suspects) > SHOWN_SUSPECTS:
        table.caption = f"{len(suspects) - SHOWN_SUSPECTS} more are in the --json output"
    results.print(table)


def _where(place: Place) -> str:
    return f"{place.id} {place.span.start}-{place.span.end}" if place.span else place.id
