"""Settings of the training loop, and what they make of a recipe."""

from __future__ import annotations

import msgspec
import pytest

from pii_sft.cli.train import command
from pii_sft.errors import UsageError
from pii_sft.training.loop_settings import (
    SELECT_BY,
    LoopSettings,
    applied,
    checked_loop,
    evaluates,
    loop_options,
)

EVALUATING = {"eval_strategy": "epoch", "eval_dataset": "pii_dev", "learning_rate": 1e-4}


def test_by_default_nothing_is_reweighted() -> None:
    assert not LoopSettings().reweights
    assert set(LoopSettings().weights.values()) == {1.0}


def test_entity_weight_is_that_of_strings_and_labels() -> None:
    weights = LoopSettings(entity_weight=3.0).weights
    assert weights == {"surface": 3.0, "label": 3.0, "more": 1.0, "end": 1.0, "scaffold": 1.0}


def test_a_single_role_goes_first() -> None:
    weights = LoopSettings(entity_weight=3.0, role_weights={"label": 0.5, "end": 0.0}).weights
    assert weights == {"surface": 3.0, "label": 0.5, "more": 1.0, "end": 0.0, "scaffold": 1.0}


@pytest.mark.parametrize("select_by", [each for each in SELECT_BY if each != "eval_loss"])
def test_span_metrics_choose_the_best(select_by: str) -> None:
    loop = msgspec.convert({"select_by": select_by, "early_stop": 2}, LoopSettings)
    settings = applied(loop, EVALUATING)
    assert settings["metric_for_best_model"] == f"eval_{select_by}"
    assert settings["greater_is_better"] is True
    assert settings["load_best_model_at_end"] is True
    assert settings["early_stopping_steps"] == 2
    assert settings["learning_rate"] == 1e-4


def test_loss_chooses_the_best() -> None:
    settings = applied(LoopSettings(select_by="eval_loss", eval_documents=0), EVALUATING)
    assert settings["metric_for_best_model"] == "eval_loss"
    assert settings["greater_is_better"] is False
    assert "early_stopping_steps" not in settings


def test_span_metrics_that_are_off_can_choose_nothing() -> None:
    with pytest.raises(UsageError, match="--select-by eval_loss"):
        applied(LoopSettings(eval_documents=0), EVALUATING)


@pytest.mark.parametrize(
    "recipe",
    [
        {"eval_strategy": "no", "eval_dataset": "pii_dev"},
        {"eval_strategy": False, "eval_dataset": "pii_dev"},
        {"eval_strategy": "steps"},
        {},
    ],
)
def test_a_recipe_without_evaluation_stays_as_it_is(recipe: dict[str, object]) -> None:
    assert not evaluates(recipe)
    assert applied(LoopSettings(early_stop=3), recipe) == recipe


@pytest.mark.parametrize(
    "loop",
    [
        LoopSettings(entity_weight=-1.0),
        LoopSettings(entity_weight=float("inf")),
        LoopSettings(focal_gamma=-0.1),
        LoopSettings(entity_weight=0, role_weights={"more": 0, "end": 0, "scaffold": 0}),
        msgspec.structs.replace(LoopSettings(), select_by="f1"),
        msgspec.structs.replace(LoopSettings(), role_weights={"entity": 2.0}),
    ],
)
def test_settings_out_of_range(loop: LoopSettings) -> None:
    with pytest.raises(UsageError):
        checked_loop(loop)


def test_options_ask_for_the_same_loop() -> None:
    loop = LoopSettings("span_recall", 2.5, {"end": 0.5, "more": 3.0}, 1.5, 4, 30)
    context = command.make_context("train", ["qwen1_5b", *loop_options(loop)])
    roles = dict(word.split("=") for word in context.params["role_weights"])
    asked = {name: context.params[name] for name in ("select_by", "entity_weight", "focal_gamma")}
    asked |= {name: context.params[name] for name in ("early_stop", "eval_documents")}
    assert LoopSettings(**asked, role_weights={role: float(roles[role]) for role in roles}) == loop
    assert loop_options(LoopSettings()) == []
