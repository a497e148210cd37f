"""Settings that `pii-sft train` adds to a recipe, which LLaMA-Factory has no keys for."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from pii_sft.errors import UsageError, unknown_name
from pii_sft.recipe import Recipe
from pii_sft.targets.token_roles import ROLES, Role

SelectBy = Literal["span_f1", "span_recall", "span_f2", "span_precision", "eval_loss"]
SELECT_BY: tuple[SelectBy, ...] = get_args(SelectBy)


class LoopSettings(msgspec.Struct, frozen=True):
    """Settings of the training loop.

    Attributes:
        select_by: which metric chooses the best checkpoint and drives early stopping.
        entity_weight: weight in the loss of the tokens of entities, their strings and labels; 1
            changes nothing.
        role_weights: weights of single token roles (`pii_sft.targets.token_roles`), which replace
            `entity_weight` for these roles.
        focal_gamma: exponent of the focal loss (Lin et al., 2017); 0 changes nothing.
        early_stop: evaluations without improvement after which training ends; 0 for never.
        eval_documents: how many documents of the development split are answered at each
            evaluation; 0 turns span metrics off.
        max_new_tokens: longest answer at evaluation.
        eval_batch_size: how many documents are answered together.
        seed: which documents are drawn.
    """

    select_by: SelectBy = "span_f1"
    entity_weight: float = 1.0
    role_weights: dict[Role, float] = {}
    focal_gamma: float = 0.0
    early_stop: int = 0
    eval_documents: int = 200
    max_new_tokens: int = 512
    eval_batch_size: int = 16
    seed: int = 42

    @property
    def weights(self) -> dict[Role, float]:
        """The weight of every role."""
        entity: dict[Role, float] = {"surface": self.entity_weight, "label": self.entity_weight}
        return {role: self.role_weights.get(role, entity.get(role, 1.0)) for role in ROLES}

    @property
    def reweights(self) -> bool:
        """True if the loss differs from plain cross-entropy."""
        return self.focal_gamma > 0 or any(weight != 1 for weight in self.weights.values())


def checked_loop(loop: LoopSettings) -> LoopSettings:
    """Refuse settings that are not possible.

    Raises:
        UsageError: a value is out of its range, or a name is unknown.
    """
    if loop.select_by not in SELECT_BY:
        raise UsageError(f"--select-by takes {', '.join(SELECT_BY)}, not {loop.select_by!r}.")
    unknown = set(loop.role_weights) - set(ROLES)
    if unknown:
        raise unknown_name("role in an answer", sorted(unknown)[0], ROLES)
    if any(not 0 <= weight < float("inf") for weight in loop.weights.values()):
        raise UsageError("Weights of the loss are numbers from 0 upwards.")
    if not any(loop.weights.values()):
        raise UsageError("With every weight at 0 there is nothing to learn.")
    if not 0 <= loop.focal_gamma < float("inf"):
        raise UsageError("--focal-gamma is a number from 0 upwards.")
    for name in ("eval_documents", "early_stop"):
        if getattr(loop, name) < 0:
            raise UsageError(f"--{name.replace('_', '-')} takes a number from 0 upwards.")
    return loop


_OPTIONS = ("select_by", "eval_documents", "entity_weight", "focal_gamma", "early_stop")


def loop_options(loop: LoopSettings) -> list[str]:
    """Write settings as options of `pii-sft train`; defaults are left out."""
    usual = LoopSettings()
    words: list[str] = []
    for name in _OPTIONS:
        value = getattr(loop, name)
        if value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    for role, weight in loop.role_weights.items():
        words += ["--role-weight", f"{role}={weight}"]
    return words


def applied(loop: LoopSettings, recipe: Recipe) -> Recipe:
    """Set the recipe keys that follow from the settings: best checkpoint and early stopping.

    A recipe without evaluations is left as it is.

    Raises:
        UsageError: span metrics are to choose a checkpoint but are turned off, or the recipe
            saves no checkpoint to choose from.
    """
    settings = dict(recipe)
    if not evaluates(recipe):
        return settings
    if loop.select_by == "eval_loss":
        settings |= {"metric_for_best_model": "eval_loss", "greater_is_better": False}
    elif loop.eval_documents:
        settings |= {"metric_for_best_model": f"eval_{loop.select_by}", "greater_is_better": True}
    else:
        raise UsageError(
            "Without span metrics (--eval-documents 0) checkpoints are chosen by loss: add "
            "--select-by eval_loss."
        )
    settings["load_best_model_at_end"] = True
    if loop.early_stop:
        settings["early_stopping_steps"] = loop.early_stop
    return settings


def evaluates(recipe: Recipe) -> bool:
    """True if a recipe evaluates during training."""
    strategy = recipe.get("eval_strategy", "no")
    return strategy not in ("no", False, None) and bool(
        recipe.get("eval_dataset") or recipe.get("val_size")
    )
