"""`pii-sft worker`: one process of a distributed run; torchrun starts it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pii_sft.cli.options import PATH, quiet


@click.command(hidden=True)
@click.argument("settings")
@click.argument("recipe", type=PATH)
@click.argument("overrides", nargs=-1)
@quiet
def command(settings: str, recipe: Path, overrides: tuple[str, ...]) -> None:
    """Train by a recipe in this process, with the SETTINGS of the loop as JSON.

    The first process of all shows the run, as it does where there is only one.
    """
    import msgspec

    from pii_sft.recipe import load_recipe, refuse_remote_code
    from pii_sft.report.console import be_quiet
    from pii_sft.report.training import watched
    from pii_sft.training.loop_settings import LoopSettings, applied
    from pii_sft.training.train import run_in_process

    os.umask(0o077)
    if os.environ.get("RANK", "0") != "0":
        be_quiet()
    loop = msgspec.json.decode(settings, type=LoopSettings)
    merged = applied(loop, load_recipe(recipe, overrides))
    refuse_remote_code(merged, overrides)
    with watched(merged) as watch:
        run_in_process(merged, recipe, loop, watch)
