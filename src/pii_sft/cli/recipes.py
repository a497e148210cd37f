"""`pii-sft recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from pii_sft.cli.options import overwrite, path_option

MISSED = 1
Trainer = Literal["llamafactory", "pii-sft"]


@click.group()
def command() -> None:
    """List, show, copy and check training recipes."""


@command.command("list")
def list_recipes() -> None:
    """Name the recipes that come with the package, and the overlays that change them."""
    from rich.table import Table

    from pii_sft.recipe import OVERLAY, overlay, overlays, shipped_recipe, shipped_recipes
    from pii_sft.report.console import results

    table = Table(box=None)
    table.add_column("recipe", no_wrap=True)
    table.add_column("what it is")
    for name in shipped_recipes():
        table.add_row(name, shipped_recipe(name).splitlines()[0].lstrip("# "))
    for name in overlays():
        table.add_row(f"{OVERLAY}{name}", overlay(name).splitlines()[0].lstrip("# "))
    results.print(table)


@command.command()
@click.argument("name")
@click.argument("overlays", nargs=-1, metavar="[+OVERLAY]...")
def show(name: str, overlays: tuple[str, ...]) -> None:
    """Print a recipe, with overlays such as +dora laid over it."""
    click.echo(_text(name, overlays), nl=False)


@command.command()
@click.argument("name")
@click.argument("dest", required=False, type=click.Path(path_type=Path))
@click.option(
    "--with", "overlays", multiple=True, metavar="OVERLAY", help="Lay an overlay over it."
)
@overwrite
def copy(name: str, dest: Path | None, overlays: tuple[str, ...], overwrite: bool) -> None:
    """Write a recipe into DEST, a file or a folder (this folder)."""
    from pii_sft.files import write_bytes
    from pii_sft.report.console import say

    file_name = f"{name.removesuffix('.yaml')}.yaml"
    path = dest or Path(file_name)
    path = path / file_name if path.is_dir() else path
    write_bytes(path, _text(name, overlays).encode(), overwrite)
    say(f"wrote {path}")


def _text(name: str, overlays: tuple[str, ...]) -> str:
    from pii_sft.recipe import laid_over, shipped_recipe

    text = shipped_recipe(name)
    return laid_over(text, overlays) if overlays else text


@command.command()
@click.argument("name")
@click.argument("overrides", nargs=-1, metavar="[+OVERLAY|KEY=VALUE]...")
@click.option(
    "--to",
    "trainer",
    type=click.Choice(["axolotl", "trl", "unsloth"]),
    required=True,
    help="Which trainer.",
)
@path_option("--out", default="-", show_default=True, help="File to write.")
@overwrite
def export(name: str, overrides: tuple[str, ...], trainer: str, out: Path, overwrite: bool) -> None:
    """Write a recipe for another trainer: a config of Axolotl, or a script of TRL or Unsloth.

    NAME is a shipped recipe or a file. Settings that the other trainer does not have are named.
    """
    from pii_sft.files import write_bytes
    from pii_sft.report.console import say
    from pii_sft.training.export import exported

    done = exported(name, overrides, trainer)
    for each in done.left_out:
        say(f"left out: {each}")
    write_bytes(out, done.text.encode(), overwrite)


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--fix", is_flag=True, help="Write the corrected recipes; comments are kept.")
@click.option("--gpu", default="", metavar="24GB", help="Compare the memory with that of a GPU.")
@click.option("--processes", default=1, show_default=True, help="How many processes will train.")
@path_option("--tokenizer", default=None, help="Model folder: count tokens against the cutoff.")
@click.option(
    "--for",
    "trainer",
    type=click.Choice(["llamafactory", "pii-sft"]),
    default="llamafactory",
    show_default=True,
    help="Who will run the recipe; only pii-sft measures spans.",
)
@path_option("--json", "json_file", default=None, help="Write the findings; - is standard output.")
@overwrite
@click.pass_context
def check(
    ctx: click.Context,
    files: tuple[Path, ...],
    fix: bool,
    gpu: str,
    processes: int,
    tokenizer: Path | None,
    trainer: Trainer,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """Find what is wrong with recipes; ends with 1 if there are errors or warnings.

    Keys and types are checked against the installed LLaMA-Factory, or against a snapshot; then
    the known traps, with the evidence and the change that mends each.
    """
    from pii_sft.files import STANDARD_STREAM, write_bytes, write_json
    from pii_sft.recipe import load_recipe
    from pii_sft.report.console import say
    from pii_sft.report.findings import show_findings
    from pii_sft.tokens import token_counter
    from pii_sft.training.keys import known_keys
    from pii_sft.training.rules import Case, gather, mended
    from pii_sft.training.rules import check as findings_of

    count = None if tokenizer is None else token_counter(tokenizer)
    found = {}
    for path in files:
        recipe = load_recipe(path)
        data = gather(recipe, count)
        if data is None:
            say(f"{path}: its data set is not here, so nothing about the data is checked")
        case = Case(
            recipe,
            data=data,
            trainer=trainer,
            gpu_gb=_gigabytes(gpu),
            processes=processes,
        )
        found[str(path)] = findings_of(case)
        if fix and any(finding.changes for finding in found[str(path)]):
            text = mended(path.read_text("utf-8"), found[str(path)])
            write_bytes(path, text.encode(), overwrite=True)
    if json_file is not None:
        write_json(json_file, found, overwrite)
    if json_file != STANDARD_STREAM:
        for name, findings in found.items():
            show_findings(name, findings, mended=fix)
    serious = [each for findings in found.values() for each in findings if each.severity != "note"]
    say(f"{len(files)} recipes, {len(serious)} errors and warnings, by {known_keys().source}")
    if serious:
        ctx.exit(MISSED)


def _gigabytes(text: str) -> float:
    if not text:
        return 0.0
    try:
        return float(text.strip().lower().removesuffix("gb").removesuffix("g"))
    except ValueError:
        raise click.UsageError(f"--gpu takes a size such as 24GB, not {text!r}.") from None
