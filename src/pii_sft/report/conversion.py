"""What a conversion did, as a table."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.table import Table

from pii_sft.dataset.convert import REJECTED, Conversion
from pii_sft.report.console import messages, say


def show_conversion(done: Conversion, out: Path) -> None:
    """Print the counts of each split, and everything that was left out or changed."""
    manifest = done.manifest
    title = f"{out}: {manifest.target} target, prompt {manifest.prompt.version}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("split")
    for column in ("documents", "without entities", "spans", "labels"):
        table.add_column(column, justify="right")
    for name, counts in manifest.splits.items():
        table.add_row(
            name or "all",
            str(counts.documents),
            str(counts.without_entities),
            str(counts.spans),
            str(len(counts.labels)),
        )
    messages.print(table)
    for source in manifest.inputs:
        say(f"read {source.path} as {source.reader}")
        for note in source.notes:
            say(f"  {note}")
    for reason, count in manifest.dropped.items():
        say(f"dropped {count} documents: {reason}")
    if done.renamed:
        say(f"renamed {done.renamed} documents whose id was taken")
    if not any(counts.spans for counts in manifest.splits.values()):
        say("Warning: not one span was read. Is this the right format and the right column?")
    if done.rejected:
        say(f"set {done.rejected} records aside in {out / REJECTED}")
