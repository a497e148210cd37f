"""`pii-sft convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_sft.cli.options import overwrite, path_option, quiet


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--from", "source", default="auto", show_default=True, help="Format of the inputs.")
@click.option(
    "--to",
    "writers",
    default="llamafactory",
    show_default=True,
    help="Formats to write, separated by commas.",
)
@path_option("--out", default="data/pii", show_default=True, help="Folder to write.")
@click.option("--target", default="json", show_default=True, help="How answers are written.")
@click.option("--prompt", default=None, help="Prompt template.  [default: short-1]")
@path_option("--labels", default=None, help="Label file: map, descriptions, what to keep.")
@click.option(
    "--split",
    default=None,
    help="Ratios, 'keep' or 'off'.  [default: train=0.8,dev=0.1,test=0.1; "
    "off when only documents are written]",
)
@click.option(
    "--split-by",
    default="group",
    show_default=True,
    help="Key of meta that keeps documents on one side.",
)
@click.option("--seed", default=42, show_default=True, help="Decides between equal splits.")
@click.option(
    "--deduplicate",
    type=click.Choice(["exact", "off"]),
    default="exact",
    show_default=True,
    help="Drop documents whose text came before.",
)
@click.option(
    "--on-error",
    type=click.Choice(["stop", "quarantine"]),
    default="stop",
    show_default=True,
    help="What to do with bad records.",
)
@overwrite
@quiet
def command(
    inputs: tuple[Path, ...], writers: str, prompt: str | None, labels: Path | None, **options: Any
) -> None:
    """Turn annotation files or folders into a data set; `-` is standard input.

    Every row is proved to decode to its annotation before anything is written.
    """
    from pii_sft.dataset.convert import convert
    from pii_sft.labels import read_labels
    from pii_sft.prompt import DEFAULT_PROMPT
    from pii_sft.report.console import progress
    from pii_sft.report.conversion import show_conversion

    with progress("Reading") as bar:
        done = convert(
            inputs,
            writers=writers.split(","),
            prompt=prompt or DEFAULT_PROMPT,
            labels=None if labels is None else read_labels(labels),
            on_document=bar.advance,
            **options,
        )
    show_conversion(done, options["out"])
