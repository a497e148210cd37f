"""`pii-sft train`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import RecipeName, quiet, trusted

if TYPE_CHECKING:
    from pii_sft.findings import Finding
    from pii_sft.training.loop_settings import LoopSettings
    from pii_sft.training.search.study import Search, Tried

TRIALS = 20


@click.command()
@click.argument("recipe", type=RecipeName())
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--select-by",
    type=click.Choice(["span_f1", "span_recall", "span_f2", "span_precision", "eval_loss"]),
    default="span_f1",
    show_default=True,
    help="Figure by which the best checkpoint is chosen and early stopping decides.",
)
@click.option(
    "--eval-documents",
    default=200,
    show_default=True,
    help="Number of documents of the dev split that are answered at each evaluation; 0 switches "
    "span metrics off.",
)
@click.option(
    "--entity-weight",
    default=1.0,
    show_default=True,
    help="Weight of the strings and labels of entities in the loss.",
)
@click.option(
    "--role-weight",
    "role_weights",
    multiple=True,
    metavar="ROLE=WEIGHT",
    help="Weight of tokens of one role: surface, label, more, end, scaffold.",
)
@click.option(
    "--focal-gamma", default=0.0, show_default=True, help="Exponent of the focal loss; 0 is off."
)
@click.option(
    "--early-stop",
    default=0,
    show_default=True,
    help="Number of evaluations without improvement after which training stops; 0 means never.",
)
@click.option(
    "--search",
    "space",
    metavar="SPACE",
    help="Try settings of a space, a YAML file or 'default', instead of training once.",
)
@click.option(
    "--trials",
    type=int,
    help=f"Number of trials of a search, including those of earlier calls.  [default: {TRIALS}]",
)
@click.option("--dry-run", is_flag=True, help="Check everything and print the command.")
@trusted
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
    space: str | None,
    trials: int | None,
    dry_run: bool,
    trust_remote_code: bool,
) -> None:
    """Train by a recipe, with LLaMA-Factory; KEY=VALUE replaces a setting of the recipe.

    The recipe is checked before anything is loaded, no example is printed, spans are scored at
    each evaluation, and the folder of the run records its recipe, data and versions. The same
    command continues a run or a search that was interrupted.
    """
    import msgspec

    from pii_sft.recipe import ALLOW_REMOTE_CODE, load_recipe
    from pii_sft.report.card import write_run_card
    from pii_sft.report.console import messages, results, say
    from pii_sft.report.training import watched
    from pii_sft.training.loop_settings import LoopSettings
    from pii_sft.training.train import train

    if trials is not None and space is None:
        raise click.UsageError("--trials belongs to --search.")

    settings = {
        "select_by": select_by,
        "eval_documents": eval_documents,
        "entity_weight": entity_weight,
        "role_weights": dict(_weight(word) for word in role_weights),
        "focal_gamma": focal_gamma,
        "early_stop": early_stop,
    }
    try:
        loop = msgspec.convert(settings, LoopSettings)
    except msgspec.ValidationError:
        raise click.UsageError(
            "--role-weight takes one of surface, label, more, end, scaffold."
        ) from None

    def warn(each: Finding) -> None:
        say(f"Warning: {each.evidence}. {each.fix}. ({each.id})")

    if trust_remote_code:
        overrides = (*overrides, ALLOW_REMOTE_CODE)
    if space is not None:
        _search(recipe, overrides, loop, space, TRIALS if trials is None else trials, dry_run, warn)
        return
    merged = load_recipe(recipe, overrides)
    try:
        planned = train(
            recipe,
            overrides,
            loop=loop,
            dry_run=dry_run,
            quiet=messages.quiet,
            watched=watched,
            warn=warn,
            tell=say,
        )
    except KeyboardInterrupt:
        say("The same command goes on from the last checkpoint.")
        raise
    if planned is not None:
        results.print(shlex.join(planned), soft_wrap=True)
        return
    folder = merged["output_dir"]
    write_run_card(Path(folder))
    say(f"The run is in {folder}. Next: pii-sft predict --run {folder}")


def _weight(word: str) -> tuple[str, float]:
    role, _, weight = word.partition("=")
    try:
        return role, float(weight)
    except ValueError:
        raise click.UsageError(f"--role-weight takes ROLE=WEIGHT, not {word!r}.") from None


def _search(
    recipe: Path,
    overrides: tuple[str, ...],
    loop: LoopSettings,
    name: str,
    trials: int,
    dry_run: bool,
    warn: Callable[[Finding], None],
) -> None:
    from pii_sft.dataset.repeat_rare import repeat_rare
    from pii_sft.report.console import results, say
    from pii_sft.training.explain_failure import TrainingError
    from pii_sft.training.search.space import described, load_space
    from pii_sft.training.search.study import Attempt, search
    from pii_sft.training.search.trial import Base, command_of, goal_of, process_runner

    def repeat(data: Path, oversample: str) -> Path:
        return repeat_rare(data, folder / "data" / f"oversample_{oversample}", oversample)

    def started(attempt: Attempt) -> None:
        say(f"trial {attempt.number}: {described(attempt.values)}")

    def ended(tried: Tried) -> None:
        value = "" if tried.value is None else f", {loop.select_by} {tried.value:.4f}"
        say(f"trial {tried.number}: {tried.state}{value}")

    base = Base(recipe, overrides, loop, repeat)
    folder, goal = goal_of(base, load_space(name), warn)
    if dry_run:
        results.print(f"{trials} trials in {folder}, by {loop.select_by}")
        return
    done = search(folder, goal, trials, process_runner(base), on_start=started, on_end=ended)
    results.print(_table(done))
    best = goal.best(done.trials)
    if best is None:
        raise TrainingError(
            f"No trial finished. What they printed is in {folder}/trials/*/train.log."
        )
    say(f"The best is trial {best.number}. Next: pii-sft predict --run {folder / best.folder}")
    say("To train with its settings again:")
    results.print(shlex.join(command_of(base, best.values)), soft_wrap=True)


def _table(done: Search) -> object:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("trial", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column(done.goal.objective, justify="right", no_wrap=True)
    for name in done.goal.space:
        table.add_column(name, justify="right")
    for each in done.trials:
        values = [each.values.get(name) for name in done.goal.space]
        table.add_row(
            f"{each.number}{' *' if each.number == done.best else ''}",
            each.state,
            "" if each.value is None else f"{each.value:.4f}",
            *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values),
        )
    return table
