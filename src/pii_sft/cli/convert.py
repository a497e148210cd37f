"""`pii-sft convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_sft.cli.options import (
    PATH,
    Names,
    listed,
    overwrite,
    path_option,
    quiet,
    sized,
    source_format,
    target_names,
    writer_names,
)
from pii_sft.prompt import prompt_names


def _named(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("write NAME=VALUE", ctx, param)
    return {name: value for name, _, value in pairs}


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=PATH)
@source_format()
@click.option(
    "--option",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_named,
    help="Option of the reader, such as a policy; may be given several times.",
)
@click.option(
    "--to",
    "writers",
    type=Names(writer_names),
    multiple=True,
    default=("llamafactory",),
    show_default=True,
    callback=listed,
    help=f"Formats to write: {', '.join(writer_names())}.",
)
@click.option(
    "--task",
    type=click.Choice(["find", "verify"]),
    default="find",
    show_default=True,
    help="Rows that ask for the entities of a text, or about one candidate at a time.",
)
@path_option("--mined", default=None, help="Candidates of pii-sft mine, for --task verify.")
@path_option(
    "--beside",
    default=None,
    help="Data set to enter beside that of --task verify, so that one model learns both.",
)
@path_option("--out", default="data/pii", show_default=True, help="Folder to write.")
@click.option(
    "--target",
    type=Names(target_names),
    default=None,
    help=f"How answers are written: {', '.join(target_names())}.  [default: tags]",
)
@click.option(
    "--prompt",
    type=Names(prompt_names),
    default=None,
    help=f"Prompt template: {', '.join(prompt_names())}.  [default: short-1]",
)
@click.option(
    "--labels",
    default=None,
    help="Label file (map, descriptions, what to keep), or the name of a shipped one: "
    "core, en, zh.",
)
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
@click.option("--seed", default=42, show_default=True, help="Decides between equals.")
@click.option(
    "--deduplicate",
    type=click.Choice(["exact", "near", "off"]),
    default="exact",
    show_default=True,
    help="Drop documents whose text came before, or also nearly the same ones; off keeps them, "
    "on one side of the split.",
)
@click.option(
    "--oversample",
    metavar="RATIO|auto",
    default=None,
    help="Repeat training rows with rare labels until each label occurs in RATIO times as many "
    "rows as the commonest; auto goes half of the way. A model that hardly sees a label never "
    "writes it.",
)
@click.option(
    "--negatives",
    type=float,
    metavar="KEEP_RATIO",
    default=1.0,
    show_default=True,
    help="Share of the training rows without entities that is kept. A model that sees mostly "
    "empty answers learns to stay silent.",
)
@click.option(
    "--augment",
    metavar="KIND=SHARE,...",
    default=None,
    help="Add altered copies of a share of the training rows: swap (other surfaces of the same "
    "label), case, width (full-width forms), ocr.",
)
@click.option(
    "--max-tokens",
    type=int,
    default=None,
    help="Cut longer documents into windows; counted with --tokenizer.",
)
@path_option("--tokenizer", default=None, help="Folder of a model, or its tokenizer.json.")
@click.option(
    "--max-chars", type=int, default=None, help="Cut documents of more characters into windows."
)
@click.option(
    "--window-overlap",
    type=int,
    default=None,
    help="How much two windows share at most, in the same unit.  [default: an eighth]",
)
@click.option(
    "--edges",
    type=click.Choice(["trim", "keep"]),
    default="trim",
    show_default=True,
    help="White space at the edges of spans; spans of nothing else are always left out.",
)
@click.option(
    "--unrecognised",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="What to do with files of a folder that no reader recognises.",
)
@click.option(
    "--on-error",
    type=click.Choice(["stop", "quarantine"]),
    default="stop",
    show_default=True,
    help="What to do with bad records.",
)
@click.option(
    "--workers", default=1, show_default=True, help="Number of processes; the output is the same."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where the processes run: on this machine, or as tasks of Ray.",
)
@sized
@overwrite
@quiet
def command(
    inputs: tuple[Path, ...],
    settings: dict[str, str],
    writers: list[str],
    prompt: str | None,
    labels: str | None,
    task: str,
    mined: Path | None,
    beside: Path | None,
    **options: Any,
) -> None:
    """Turn annotation files or folders into a data set; `-` is standard input.

    Every row is proved to decode to its annotation before anything is written.
    """
    if task == "verify":
        _convert_verify(inputs, mined, beside, labels, options)
        return
    if mined is not None or beside is not None:
        raise click.UsageError("--mined and --beside belong to --task verify.")
    from pii_sft.dataset.convert import convert
    from pii_sft.labels import read_labels
    from pii_sft.prompt import DEFAULT_PROMPT
    from pii_sft.report.conversion import reading_bar, show_conversion

    with reading_bar() as show:
        done = convert(
            inputs,
            settings=settings,
            writers=writers,
            prompt=prompt or DEFAULT_PROMPT,
            labels=None if labels is None else read_labels(labels),
            on_progress=show,
            **options,
        )
    show_conversion(done, options["out"])


def _convert_verify(
    inputs: tuple[Path, ...],
    mined: Path | None,
    beside: Path | None,
    labels: str | None,
    options: dict[str, Any],
) -> None:
    """Write rows that ask about one candidate at a time."""
    from pii_sft.converters.detect import read_annotations
    from pii_sft.dataset.verify import DATASET, convert_verify
    from pii_sft.labels import read_labels
    from pii_sft.report.console import say

    mapped = None if labels is None else read_labels(labels)
    documents = read_annotations(inputs, options["source"])
    counts = convert_verify(
        (each if mapped is None else mapped.applied(each) for each in documents),
        options["out"],
        mined,
        beside=beside,
        seed=options["seed"],
        overwrite=options["overwrite"],
        inputs=inputs,
    )
    say(
        f"{options['out']}: {DATASET}, {counts.yes} rows of gold spans, {counts.mined} of mined "
        f"candidates, {counts.made} of made ones"
    )
