"""Progress of a conversion as a bar, and its outcome as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pii_sft.dataset.convert import Conversion
from pii_sft.dataset.reading import Progress as Read
from pii_sft.records.dataset_folder import Balance, DatasetFolder, Manifest
from pii_sft.report.console import messages, say
from pii_sft.terminal import counted, printable


@contextmanager
def reading_bar() -> Iterator[Callable[[Read], None]]:
    """Show how much has been read, how fast, and for how long still, while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TextColumn("{task.fields[documents]:,} documents, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        task = bars.add_task("Reading", total=None, documents=0, rate=0)

        def show(read: Read) -> None:
            seconds = bars.tasks[0].elapsed or 1.0
            bars.update(
                task,
                completed=read.read,
                total=read.size or None,
                documents=read.documents,
                rate=read.documents / seconds,
            )

        yield show


def show_conversion(done: Conversion, out: Path) -> None:
    """Print the counts of each split, and everything that was left out or changed."""
    manifest = done.manifest
    messages.print(_splits(manifest, out))
    for source in manifest.inputs:
        say(f"read {printable(source.path)} as {source.reader}")
        for note in source.notes:
            say(f"  {printable(note)}")
    if manifest.passed_over:
        names = ", ".join(Path(path).name for path in manifest.passed_over[:_SHOWN_FILES])
        more = len(manifest.passed_over) - _SHOWN_FILES
        say(f"passed over in folders: {names}{f' and {more} more' if more > 0 else ''}")
    for reason, count in manifest.left_out.items():
        say(f"left out {count}: {printable(reason)}")
    for reason, count in manifest.dropped.items():
        say(f"dropped {counted(count, 'document')}: {reason}")
    if manifest.balance is not None:
        _show_balance(manifest.balance)
    if done.renamed:
        say(f"renamed {counted(done.renamed, 'document')} whose id was taken")
    for warning in _warnings(done):
        say(f"Warning: {warning}")
    if done.rejected:
        say(f"set {counted(done.rejected, 'record')} aside in {DatasetFolder(out).rejected_path}")


_SHOWN_FILES = 10


def _splits(manifest: Manifest, out: Path) -> Table:
    title = f"{out}: {manifest.target} target, prompt {manifest.prompt.version}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("split")
    for column in ("documents", "without entities", "spans", "labels"):
        table.add_column(column, justify="right")
    for name, counts in manifest.splits.items():
        table.add_row(
            printable(name) or "all",
            str(counts.documents),
            str(counts.without_entities),
            str(counts.spans),
            str(len(counts.labels)),
        )
    return table


def _show_balance(balance: Balance) -> None:
    for kind, count in balance.copies.items():
        say(f"added {count} training rows: {kind}")
    if balance.negatives.before != balance.negatives.after:
        say(
            f"kept {balance.negatives.after} of {balance.negatives.before} training rows "
            "without entities"
        )
    if balance.copies:
        table = Table(title="training rows with a label", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("label")
        table.add_column("before", justify="right")
        table.add_column("after", justify="right")
        for name, change in balance.labels.items():
            table.add_row(printable(name), str(change.before), str(change.after))
        messages.print(table)


FEW_DOCUMENTS = 10


def _documents(done: Conversion, split: str) -> int:
    counts = done.manifest.splits.get(split)
    return 0 if counts is None else counts.documents


def _warnings(done: Conversion) -> Iterator[str]:
    splits = done.manifest.splits
    if not any(counts.spans for counts in splits.values()):
        yield "not one span was read. Is this the right format and the right column?"
    if done.torn:
        yield (
            f"{done.torn} pairs of documents in different splits share a text or a window; "
            "--split keep left them there. Scores on them flatter the model."
        )
    few = [name for name in ("dev", "test") if 0 < _documents(done, name) < FEW_DOCUMENTS]
    if few:
        counts = " and ".join(f"{_documents(done, name)} in {name}" for name in few)
        yield f"few documents ({counts}): a score on so few says little"
    train = splits.get("train")
    if train and train.without_entities > train.documents / 2 and train.spans:
        share = train.without_entities / train.documents
        yield (
            f"{share:.0%} of the training rows have no entities. A model that sees mostly empty "
            "answers learns to stay silent; --negatives keeps fewer of them."
        )
