"""`pii-sft convert`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import (
    PATH,
    Names,
    NamesOption,
    listed,
    options_of,
    overwrite,
    path_option,
    quiet,
    sized,
    source_format,
    target_names,
    writer_names,
)
from pii_sft.dataset.options import ConvertOptions
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
    help="Option of the reader; may be given several times.",
)
@click.option(
    "--to",
    "writers",
    type=Names(writer_names),
    multiple=True,
    default=("llamafactory",),
    show_default=True,
    callback=listed,
    cls=NamesOption,
    help="Formats to write: {names}.",
)
@click.option(
    "--task",
    type=click.Choice(["find", "verify"]),
    default="find",
    show_default=True,
    help="Kind of rows: find asks for the entities of a text, verify about one candidate at a "
    "time.",
)
@path_option("--mined", default=None, help="Candidates from pii-sft mine, for --task verify.")
@path_option(
    "--beside",
    default=None,
    help="Data set to train together with that of --task verify, so that one model learns both.",
)
@path_option("--out", default="data/pii", show_default=True, help="Folder to write.")
@click.option(
    "--labels",
    default=None,
    help="Label file (map, descriptions, what to keep), or the name of a shipped one: "
    "core, en, zh.",
)
@options_of(
    ConvertOptions,
    target={
        "type": Names(target_names),
        "cls": NamesOption,
        "help": "How answers are written: {names}.  [default: tags]",
    },
    prompt={
        "type": Names(prompt_names),
        "cls": NamesOption,
        "help": "Prompt template: {names}.",
    },
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
    labels: str | None,
    task: str,
    mined: Path | None,
    beside: Path | None,
    options: ConvertOptions,
    source: str,
    out: Path,
    workers: int,
    engine: str,
    overwrite: bool,
) -> None:
    """Turn annotation files or folders into a data set; `-` is standard input.

    Every row is proved to decode to its annotation before anything is written.
    """
    if task == "verify":
        _convert_verify(inputs, mined, beside, labels, options.seed, source, out, overwrite)
        return
    if mined is not None or beside is not None:
        raise click.UsageError("--mined and --beside belong to --task verify.")
    from pii_sft.dataset.convert import convert
    from pii_sft.labels import read_labels
    from pii_sft.report.conversion import reading_bar, show_conversion

    with reading_bar() as show:
        done = convert(
            inputs,
            options,
            source=source,
            settings=settings,
            writers=writers,
            out=out,
            labels=None if labels is None else read_labels(labels),
            workers=workers,
            engine=engine,
            overwrite=overwrite,
            on_progress=show,
        )
    show_conversion(done, out)


def _convert_verify(
    inputs: tuple[Path, ...],
    mined: Path | None,
    beside: Path | None,
    labels: str | None,
    seed: int,
    source: str,
    out: Path,
    overwrite: bool,
) -> None:
    """Write rows that ask about one candidate at a time."""
    from pii_sft.converters.detect import read_annotations
    from pii_sft.dataset.verifier_rows import DATASET, convert_verify
    from pii_sft.labels import read_labels
    from pii_sft.report.console import say

    mapped = None if labels is None else read_labels(labels)
    documents = read_annotations(inputs, source)
    counts = convert_verify(
        (each if mapped is None else mapped.applied(each) for each in documents),
        out,
        mined,
        beside=beside,
        seed=seed,
        overwrite=overwrite,
        inputs=inputs,
    )
    say(
        f"{out}: {DATASET}, {counts.yes} rows of gold spans, {counts.mined} of mined "
        f"candidates, {counts.made} of made ones"
    )
