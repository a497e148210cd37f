"""`pii-sft synth`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import overwrite, path_option, quiet
from pii_sft.terminal import counted

if TYPE_CHECKING:
    from pii_sft.labels import LabelSet


@click.command()
@click.option(
    "--language",
    "languages",
    default="en,zh",
    show_default=True,
    help="With commas, of de, en, es, fr, it, ja, pt, zh.",
)
@click.option("--count", default=500, show_default=True, help="Number of documents.")
@click.option(
    "--seed", default=42, show_default=True, help="Seed; the same seed gives the same documents."
)
@click.option(
    "--negatives", default=0.3, show_default=True, help="Share of documents without entities."
)
@click.option(
    "--labels",
    default=None,
    help="Use only these labels: a label file, the name of a shipped one, or names separated by "
    "commas.",
)
@path_option("--out", required=True, help="Documents JSONL to write; - is standard output.")
@overwrite
@quiet
def command(
    languages: str,
    count: int,
    seed: int,
    negatives: float,
    labels: str | None,
    out: Path,
    overwrite: bool,
) -> None:
    """Make synthetic documents with valid checksums, for demos, tests and augmentation."""
    from pii_sft.dataset.synthetic.generate import synthesise
    from pii_sft.files import write_documents
    from pii_sft.report.console import say

    documents = synthesise(
        languages.split(","),
        count,
        seed=seed,
        negatives=negatives,
        labels=None if labels is None else _labels(labels),
    )
    write_documents(out, documents, overwrite)
    say(f"wrote {counted(count, 'document')} to {out}")


def _labels(text: str) -> Collection[str] | LabelSet:
    from pii_sft.labels import read_labels, shipped_labels

    if Path(text).suffix or text in shipped_labels():
        return read_labels(text)
    return text.split(",")
