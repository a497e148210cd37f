"""`pii-sft recipes`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import overwrite

MISSED = 1


@click.group()
def command() -> None:
    """List, show, copy and check training recipes."""


@command.command("list")
def list_recipes() -> None:
    """Name the recipes that come with the package."""
    from rich.table import Table

    from pii_sft.recipe import shipped_recipe, shipped_recipes
    from pii_sft.report.console import results

    table = Table(box=None)
    table.add_column("recipe", no_wrap=True)
    table.add_column("what it is")
    for name in shipped_recipes():
        table.add_row(name, shipped_recipe(name).splitlines()[0].lstrip("# "))
    results.print(table)


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a recipe."""
    from pii_sft.recipe import shipped_recipe

    click.echo(shipped_recipe(name), nl=False)


@command.command()
@click.argument("name")
@click.argument("dest", required=False, type=click.Path(path_type=Path))
@overwrite
def copy(name: str, dest: Path | None, overwrite: bool) -> None:
    """Write a recipe into DEST, a file or a folder (this folder)."""
    from pii_sft.files import write_bytes
    from pii_sft.recipe import shipped_recipe
    from pii_sft.report.console import say

    file_name = f"{name.removesuffix('.yaml')}.yaml"
    path = dest or Path(file_name)
    path = path / file_name if path.is_dir() else path
    write_bytes(path, shipped_recipe(name).encode(), overwrite)
    say(f"wrote {path}")


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check the keys of recipes; ends with 1 if LLaMA-Factory would refuse one."""
    from pii_sft.recipe import load_recipe
    from pii_sft.report.console import results, say
    from pii_sft.training.keys import known_keys, unknown_keys

    wrong = 0
    for path in files:
        found = unknown_keys(load_recipe(path))
        wrong += len(found)
        for each in found:
            results.print(f"{path}: {each}", markup=False, soft_wrap=True)
    say(f"{len(files)} recipes, {wrong} unknown keys, by {known_keys().source}")
    if wrong:
        ctx.exit(MISSED)
