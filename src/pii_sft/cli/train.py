"""`pii-sft train`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from pii_sft.cli.options import quiet


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--select-by",
    type=click.Choice(["span_f1", "span_recall", "span_f2", "span_precision", "eval_loss"]),
    default="span_f1",
    show_default=True,
    help="What chooses the best checkpoint and drives early stopping.",
)
@click.option(
    "--eval-documents",
    default=200,
    show_default=True,
    help="Documents of the dev split answered at each evaluation; 0 for no span metrics.",
)
@click.option(
    "--entity-weight",
    default=1.0,
    show_default=True,
    help="Weight in the loss of the strings and labels of entities.",
)
@click.option(
    "--role-weight",
    "role_weights",
    multiple=True,
    metavar="ROLE=WEIGHT",
    help="Weight of one role: surface, label, more, end, scaffold.",
)
@click.option(
    "--focal-gamma", default=0.0, show_default=True, help="Exponent of the focal loss; 0 is off."
)
@click.option(
    "--early-stop",
    default=0,
    show_default=True,
    help="Evaluations without improvement after which to stop; 0 for never.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and print the command.")
@quiet
def command(
    recipe: Path,
    overrides: tuple[str, ...],
    select_by: str,
    eval_documents: int,
    entity_weight: float,
    role_weights: tuple[str, ...],
    focal_gamma: float,
    early_stop: int,
    dry_run: bool,
) -> None:
    """Train by a recipe, through LLaMA-Factory; KEY=VALUE replaces a setting of the recipe.

    The recipe is checked before anything is loaded, no example is printed, spans are scored at
    each evaluation, and the run's folder records what it was made of. The same command goes on
    with a run that was interrupted.
    """
    import msgspec

    from pii_sft.recipe import load_recipe
    from pii_sft.report.console import results, say
    from pii_sft.report.training import watched
    from pii_sft.training.loop import Loop
    from pii_sft.training.train import train

    settings = {
        "select_by": select_by,
        "eval_documents": eval_documents,
        "entity_weight": entity_weight,
        "role_weights": dict(_weight(word) for word in role_weights),
        "focal_gamma": focal_gamma,
        "early_stop": early_stop,
    }
    try:
        loop = msgspec.convert(settings, Loop)
    except msgspec.ValidationError:
        raise click.UsageError(
            "--role-weight takes one of surface, label, more, end, scaffold."
        ) from None
    merged = load_recipe(recipe, overrides)
    with watched(merged) as view:
        planned = train(
            recipe,
            overrides,
            loop=loop,
            dry_run=dry_run,
            watch=view.show,
            warn=lambda each: say(f"Warning: {each.evidence}. {each.fix}. ({each.id})"),
        )
    if planned is not None:
        results.print(shlex.join(planned), soft_wrap=True, markup=False)
        return
    folder = merged["output_dir"]
    say(f"The run is in {folder}. Next: pii-sft predict --run {folder}")


def _weight(word: str) -> tuple[str, float]:
    role, _, weight = word.partition("=")
    try:
        return role, float(weight)
    except ValueError:
        raise click.UsageError(f"--role-weight takes ROLE=WEIGHT, not {word!r}.") from None
