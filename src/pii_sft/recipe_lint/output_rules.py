"""Rules about what a run writes, logs and sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe import Recipe
from pii_sft.recipe_lint.context import RecipeContext, error, note, warning
from pii_sft.records.checkpoints import last_checkpoint
from pii_sft.records.run import read_run

TRACKERS = ("wandb", "swanlab", "comet_ml", "neptune", "clearml", "all")

MAY_CHANGE = frozenset(
    {
        "num_train_epochs",
        "max_steps",
        "logging_steps",
        "report_to",
        "run_name",
        "metric_for_best_model",
        "greater_is_better",
        "load_best_model_at_end",
    }
)
"""Keys that may change when a run is continued."""


def changed_settings(before: Recipe, now: Recipe) -> list[str]:
    """Names of the settings in which a run differs from the one whose checkpoints there are."""
    return sorted(
        key for key in (before.keys() | now.keys()) - MAY_CHANGE if before.get(key) != now.get(key)
    )


def no_output(context: RecipeContext) -> Iterator[Finding]:
    """A run needs a folder."""
    if not context.on("output_dir"):
        yield error(
            "there is no output_dir", "name a folder under runs/", {"output_dir": "runs/pii"}
        )


def stale_output(context: RecipeContext) -> Iterator[Finding]:
    """A run in a folder with checkpoints is continued without asking."""
    folder = Path(str(context.recipe.get("output_dir") or ""))
    if not context.trains or not context.on("output_dir") or last_checkpoint(folder) is None:
        return
    if context.on("overwrite_output_dir"):
        yield warning(
            f"{folder} holds checkpoints; overwrite_output_dir starts over and leaves them there",
            "remove the folder, or name another",
        )
        return
    before = read_run(folder)
    changed = changed_settings(before.settings, context.recipe) if before else ["unknown settings"]
    if changed:
        yield error(
            f"{folder} holds checkpoints of a run with another {', '.join(changed)}, and would be "
            "continued from them",
            "name another output_dir, or remove the folder",
        )


def hidden_nan(context: RecipeContext) -> Iterator[Finding]:
    """By default the trainer logs an average in place of a loss that is NaN."""
    if context.trains and context.recipe.get("logging_nan_inf_filter", True) is not False:
        yield note(
            "logging_nan_inf_filter is on: a NaN loss is logged as a running average",
            "set logging_nan_inf_filter: false",
            {"logging_nan_inf_filter": False},
        )


def sends_away(context: RecipeContext) -> Iterator[Finding]:
    """A tracker or a hub receives settings, paths and names."""
    report = context.recipe.get("report_to") or []
    named = [report] if isinstance(report, str) else list(report)
    away = [str(each) for each in named if each in TRACKERS]
    if away:
        yield note(
            f"report_to {', '.join(away)} sends settings, paths and curves to a service",
            "report_to: none or tensorboard stays on this machine",
        )
    if context.on("push_to_hub"):
        yield warning(
            "push_to_hub uploads a model that may have memorised personal data",
            "take it out; 'pii-sft export' writes a model card first",
            {"push_to_hub": REMOVED},
        )


def path_with_space(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory's launcher splits arguments at spaces."""
    for key in ("output_dir", "dataset_dir", "model_name_or_path", "deepspeed"):
        value = str(context.recipe.get(key) or "")
        if " " in value:
            yield warning(
                f"{key} holds a space: given as an override under torchrun, llamafactory-cli "
                "tears it apart",
                "use a path without spaces",
            )
