"""`pii-sft recipes`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pii_sft.cli.options import PATH, RecipeName, overwrite, path_option
from pii_sft.terminal import counted

if TYPE_CHECKING:
    from pii_sft.recipe import Recipe

MISSED = 1
Trainer = Literal["llamafactory", "pii-sft"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(g|gb|gib)?", re.IGNORECASE)
_GIB = 2**30 / 1e9
"""GB in a GiB."""


def gigabytes(text: str) -> float:
    """A size of memory in GB, such as 24, 24GB or 24GiB.

    Raises:
        BadParameter: it is none.
    """
    match = _SIZE.fullmatch(text.strip())
    size = 0.0 if match is None else float(match[1])
    if match is None or not 0 < size < math.inf:
        raise click.BadParameter(f"{text!r} is not a size such as 24GB.")
    return round(size * _GIB, 2) if (match[2] or "").lower() == "gib" else size


@click.group()
def command() -> None:
    """List, show, copy and check training recipes."""


@command.command("list")
def list_recipes() -> None:
    """List the recipes that come with the package, and the overlays that change them."""
    from rich.table import Table
    from rich.text import Text

    from pii_sft.recipe import OVERLAY, overlay, overlays, shipped_recipe, shipped_recipes, summary
    from pii_sft.report.console import results

    table = Table(box=None)
    table.add_column("recipe", no_wrap=True)
    table.add_column("what it is")
    for name in shipped_recipes():
        table.add_row(name, Text(summary(shipped_recipe(name))))
    for name in overlays():
        table.add_row(f"{OVERLAY}{name}", Text(summary(overlay(name))))
    results.print(table)


@command.command()
@click.argument("name", shell_complete=RecipeName().shell_complete)
@click.argument("overrides", nargs=-1, metavar="[+OVERLAY|KEY=VALUE]...")
def show(name: str, overrides: tuple[str, ...]) -> None:
    """Print a recipe, with overlays and settings applied to it.

    NAME is a shipped recipe or a file; an overlay is +dora, a setting lora_rank=4.
    """
    from pii_sft.recipe import laid_over, load_recipe, recipe_file, split_words

    path = recipe_file(name)
    load_recipe(path, overrides)
    text = path.read_text("utf-8")
    click.echo(laid_over(text, *split_words(overrides)) if overrides else text, nl=False)


@command.command()
@click.argument("name", shell_complete=RecipeName().shell_complete)
@click.argument("dest", required=False, type=PATH)
@click.option(
    "--with", "overlays", multiple=True, metavar="OVERLAY", help="Apply an overlay to it."
)
@overwrite
def copy(name: str, dest: Path | None, overlays: tuple[str, ...], overwrite: bool) -> None:
    """Write a recipe into DEST, a file or a folder (default: this folder).

    NAME is a shipped recipe or a file. If it names a DeepSpeed configuration of this package, that
    is written beside it.
    """
    from pii_sft.files import STANDARD_STREAM, Staging, write_bytes
    from pii_sft.recipe import OVERLAY, laid_over, load_recipe, recipe_file, shipped_deepspeed
    from pii_sft.report.console import say

    source = recipe_file(name)
    names = [f"{OVERLAY}{each.removeprefix(OVERLAY)}" for each in overlays]
    config = shipped_deepspeed(load_recipe(source, names))
    text = source.read_text("utf-8")
    file_name = f"{Path(name).name.removesuffix('.yaml')}.yaml"
    path = dest or Path(file_name)
    path = path / file_name if path.is_dir() else path
    if config is None:
        write_bytes(path, (laid_over(text, names) if names else text).encode(), overwrite)
        say(f"wrote {path}")
        return
    if path == STANDARD_STREAM:
        raise click.UsageError(f"Name a file: {config.name} has to stand beside the recipe.")
    beside, content = path.parent / config.name, config.read_bytes()
    with Staging(overwrite) as staging:
        staging.open(path).write(laid_over(text, names, {"deepspeed": str(beside)}).encode())
        if not (beside.is_file() and beside.read_bytes() == content):
            staging.open(beside).write(content)
    say(f"wrote {path}, which names {beside}")


@command.command()
@click.argument("name", shell_complete=RecipeName().shell_complete)
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

    NAME is a shipped recipe or a file. Settings that the other trainer does not have are named;
    keys and values that are wrong are refused.
    """
    from pii_sft.files import write_bytes
    from pii_sft.recipe import load_recipe, recipe_file
    from pii_sft.recipe_export import exported
    from pii_sft.report.console import say

    _refuse_mistakes(load_recipe(recipe_file(name), overrides), name, trainer)
    done = exported(name, overrides, trainer)
    for each in done.left_out:
        say(f"left out: {each}")
    write_bytes(out, done.text.encode(), overwrite)


def _refuse_mistakes(recipe: Recipe, name: str, trainer: str) -> None:
    """Stop at mistakes that another trainer would get, by the rules of `recipes check`.

    Raises:
        UsageError: a key or a value is wrong, or the trainer can't have the settings together.
    """
    from pii_sft.errors import UsageError
    from pii_sft.recipe_lint import RULES, RecipeContext
    from pii_sft.recipe_lint import check as findings_of
    from pii_sft.recipe_lint import hardware_rules as hardware
    from pii_sft.recipe_lint import key_rules as keys

    of_keys = [rule for rule in RULES if rule.__module__ == keys.__name__]
    checked = findings_of(RecipeContext(recipe), of_keys)
    found = [each for each in checked if each.severity == "error"]
    if found:
        lines = [f"{name} can't be exported as it is:"]
        lines += [f"  {each.id}: {each.evidence}. Fix: {each.fix}." for each in found]
        raise UsageError("\n".join(lines))
    if trainer == "unsloth" and any(
        hardware.unsloth(RecipeContext({**recipe, "use_unsloth": True}))
    ):
        raise UsageError(
            "Unsloth trains in one process, without DeepSpeed: take deepspeed out of the recipe "
            "(+zero2, +zero3), or export it to trl."
        )


@command.command()
@click.argument("files", nargs=-1, required=True, type=RecipeName(), metavar="RECIPE...")
@click.option("--fix", is_flag=True, help="Write the corrected recipes; comments are kept.")
@click.option(
    "--gpu", type=gigabytes, metavar="24GB", help="Compare the estimated memory with that of a GPU."
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes that will train.",
)
@path_option(
    "--tokenizer", default=None, help="Model folder, to compare the tokens of rows with the cutoff."
)
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
    gpu: float | None,
    processes: int,
    tokenizer: Path | None,
    trainer: Trainer,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """Find what is wrong with recipes; exits with code 1 if there are errors or warnings.

    Keys and types are checked against the installed LLaMA-Factory, or against a snapshot. Then the
    known traps are checked, and each is shown with its evidence and the change that corrects it.
    """
    from pii_sft.errors import UsageError
    from pii_sft.files import STANDARD_STREAM, write_bytes, write_json
    from pii_sft.findings import Finding
    from pii_sft.recipe import load_recipe
    from pii_sft.recipe_lint import DataFacts, RecipeContext, gather, mended
    from pii_sft.recipe_lint import check as findings_of
    from pii_sft.recipe_lint.known_keys import known_keys
    from pii_sft.report.console import say
    from pii_sft.report.findings import show_findings
    from pii_sft.tokens import token_counter

    _refuse_shipped(files if fix else ())
    count = None if tokenizer is None else token_counter(tokenizer)
    recipes, unread = {}, []
    for path in files:
        try:
            recipes[path] = load_recipe(path)
        except UsageError as error:
            unread.append(str(error))
    found, left = {}, {}
    for path, recipe in recipes.items():
        data = gather(recipe, count)
        if data is None:
            say(f"{path}: its data set is not here, so nothing about the data is checked")
        elif not data.lengths:
            say(f"{path}: rows were not counted in tokens; --tokenizer says how many are cut")

        def checked(settings: Recipe, data: DataFacts | None = data) -> list[Finding]:
            return findings_of(
                RecipeContext(
                    settings, data=data, trainer=trainer, gpu_gb=gpu or 0.0, processes=processes
                )
            )

        found[str(path)] = checked(recipe)
        if fix and not unread and any(finding.changes for finding in found[str(path)]):
            text = mended(path.read_bytes().decode("utf-8"), found[str(path)])
            write_bytes(path, text.encode(), overwrite=True)
            left[f"{path}, mended"] = checked(load_recipe(path))
    if json_file is not None and not unread:
        write_json(json_file, found, overwrite)
    if json_file != STANDARD_STREAM:
        for name, findings in found.items():
            show_findings(name, findings, mended=fix and not unread)
        for name, findings in left.items():
            show_findings(name, findings)
    if unread:
        raise UsageError("\n".join(unread))
    serious = [each for findings in found.values() for each in findings if each.severity != "note"]
    summary = f"errors and warnings: {len(serious)}, by {known_keys().source}"
    say(f"{counted(len(files), 'recipe')}, {summary}")
    if serious:
        ctx.exit(MISSED)


def _refuse_shipped(files: Iterable[Path]) -> None:
    from pii_sft.errors import UsageError
    from pii_sft.recipe import shipped_recipes

    shipped = {str(each) for each in shipped_recipes().values()}
    if not shipped.isdisjoint(map(str, files)):
        raise UsageError("A shipped recipe stays as it is: copy it first, with recipes copy NAME.")
