"""`pii-sft train`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from pii_sft.cli.options import quiet


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--dry-run", is_flag=True, help="Check everything and print the command.")
@quiet
def command(recipe: Path, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Train by a recipe, through LLaMA-Factory; KEY=VALUE replaces a setting of the recipe.

    The recipe is checked before anything is loaded, no example is printed, and the run's folder
    records what it was made of.
    """
    from pii_sft.recipe import load_recipe
    from pii_sft.report.console import results, say
    from pii_sft.training.train import train

    planned = train(recipe, overrides, dry_run=dry_run)
    if planned is not None:
        results.print(shlex.join(planned), soft_wrap=True, markup=False)
        return
    folder = load_recipe(recipe, overrides)["output_dir"]
    say(f"The run is in {folder}. Next: pii-sft predict --run {folder}")
