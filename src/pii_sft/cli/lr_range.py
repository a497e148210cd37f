"""`pii-sft lr-range`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import RecipeName, quiet, trusted


@click.command()
@click.argument("recipe", type=RecipeName())
@click.argument("overrides", nargs=-1, metavar="[+OVERLAY|KEY=VALUE]...")
@click.option("--low", default=1e-6, show_default=True, help="First learning rate.")
@click.option("--high", default=1e-1, show_default=True, help="Last learning rate.")
@click.option("--steps", default=100, show_default=True, help="Number of steps.")
@trusted
@quiet
def command(
    recipe: Path,
    overrides: tuple[str, ...],
    low: float,
    high: float,
    steps: int,
    trust_remote_code: bool,
) -> None:
    """Measure which learning rates work for a recipe, and suggest one.

    The rate rises exponentially from step to step; figures and a plot go to the folder lr_range in
    the recipe's output_dir.
    """
    from pii_sft.recipe import ALLOW_REMOTE_CODE, load_recipe
    from pii_sft.report.console import results, say
    from pii_sft.training.lr_range import lr_range

    if trust_remote_code:
        overrides = (*overrides, ALLOW_REMOTE_CODE)
    done = lr_range(recipe, overrides, low=low, high=high, steps=steps)
    folder = Path(str(load_recipe(recipe, overrides).get("output_dir", "runs"))) / "lr_range"
    if done.diverged_at is not None:
        say(f"the loss ran away at {done.diverged_at:.1e}")
    say(f"figures and plot are in {folder}")
    results.print(f"learning_rate={done.suggestion:.1e}")
