"""Seeded mistakes in recipes: each is found, mended where it can be, and nothing else is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.recipe import Recipe, load_recipe
from pii_sft.recipe_lint import RULES, RecipeContext, check, mended
from tests.conftest import ROOT
from tests.recipe_lint.recipes import DATA, GOOD, NAMES, ids, spoiled

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a key of another trainer": ({"max_seq_length": 1024}, "unknown-key"),
    "an old key": ({"evaluation_strategy": "steps"}, "unknown-key"),
    "a key with a typo": ({"leraning_rate": 1e-4}, "unknown-key"),
    "grouping by its old name": ({"group_by_length": True}, "unknown-key"),
    "patience by its old name": ({"early_stopping_patience": 3}, "unknown-key"),
    "settings of our own": ({"pii_sft": {"entity_weight": 2}}, "unknown-key"),
    "a rate that YAML reads as text": ({"learning_rate": "2e-4"}, "wrong-type"),
    "a number of steps that is a fraction": ({"save_total_limit": 1.5}, "wrong-type"),
    "a truth value in words": ({"bf16": "yes"}, "wrong-type"),
    "a method that is none": ({"finetuning_type": "qlora"}, "wrong-type"),
    "a bare no": ({"eval_strategy": False, "load_best_model_at_end": None}, "unquoted-no"),
    "a variable": ({"output_dir": "${oc.env:OUT}"}, "unresolved"),
    "no model": ({"model_name_or_path": None}, "no-model"),
    "no output": ({"output_dir": None}, "no-output"),
    "no data": ({"dataset": None}, "no-training-data"),
    "a batch of nothing": ({"per_device_train_batch_size": 0}, "out-of-range"),
    "a rate below zero": ({"learning_rate": -1e-4}, "out-of-range"),
    "an adapter of no rank": ({"lora_rank": 0}, "out-of-range"),
    "dropout of everything": ({"lora_dropout": 1.0}, "out-of-range"),
    "nothing to do": ({"do_train": None}, "trains-nothing"),
    "training told no": ({"do_train": False}, "trains-nothing"),
    "the test split in training": ({"dataset": "pii_train, pii_test"}, "trains-on-test"),
    "the best on the training rows": ({"eval_dataset": "pii_train"}, "evaluates-on-training"),
    "a scheduler with a typo": ({"lr_scheduler_type": "cosine_with_restart"}, "wrong-type"),
    "a cosine in waves": ({"lr_scheduler_type": "cosine"}, "waves-of-cosine"),
    "a cosine in one wave": (
        {"lr_scheduler_type": "cosine", "lr_scheduler_kwargs": {"num_cycles": 1}},
        "waves-of-cosine",
    ),
    "more cycles than epochs": (
        {"lr_scheduler_kwargs": {"num_cycles": 200}},
        "cycles-between-evaluations",
    ),
    "a warm-up without end": ({"warmup_steps": 50_000}, "warmup-longer-than-run"),
    "a module with a typo": ({"lora_target": "q_prj,v_proj"}, "unknown-target"),
    "weights of five bits": ({"quantization_bit": 5}, "odd-bits"),
    "a data set of another name": ({"dataset": "pii"}, "unknown-data-set"),
    "no evaluation set": ({"eval_dataset": None}, "evaluates-nothing"),
    "two evaluation sets": ({"val_size": 0.1}, "two-evaluation-sets"),
    "packs of an odd length": (
        {"packing": True, "neat_packing": True, "cutoff_len": 1002},
        "packing-by-eight",
    ),
    "packs that leak": ({"packing": True}, "leaking-packs"),
    "packs of a model without attention masks": (
        {
            "model_name_or_path": "models/qwen3_5_2b",
            "packing": True,
            "neat_packing": True,
        },
        "leaking-packs",
    ),
    "a model with eyes": ({"model_name_or_path": "Qwen/Qwen3.5-0.8B"}, "vision-tower"),
    "a limit left over": ({"max_samples": 100}, "few-samples"),
    "no template": ({"template": None}, "no-template"),
    "the template of another family": ({"template": "llama3"}, "wrong-template"),
    "an empty thought in every answer": ({"enable_thinking": None}, "trains-thinking"),
    "an empty thought by the newer template": (
        {"model_name_or_path": "m/qwen3_5", "template": "qwen3_5", "enable_thinking": None},
        "trains-thinking",
    ),
    "DoRA in four bits": ({"use_dora": True, "quantization_bit": 4}, "dora-on-quantised"),
    "full training in four bits": (
        {"finetuning_type": "full", "quantization_bit": 4, "learning_rate": 1e-4},
        "quantised-full",
    ),
    "label smoothing": (
        {"label_smoothing_factor": 0.1, "gradient_accumulation_steps": 4},
        "smoothing-with-accumulation",
    ),
    "ASFT with accumulation": (
        {"use_asft_loss": True, "gradient_accumulation_steps": 4},
        "asft-with-accumulation",
    ),
    "the prompt in the loss": ({"train_on_prompt": True}, "prompt-in-loss"),
    "the other liger key": ({"use_liger_kernel": True}, "liger-key"),
    "a huge alpha": ({"lora_alpha": 512}, "odd-alpha"),
    "remote code": ({"trust_remote_code": True}, "remote-code"),
    "generation in training": ({"predict_with_generate": True}, "generates-in-training"),
    "a metric that is never measured": ({"metric_for_best_model": "f1"}, "missing-metric"),
    "the worst loss": ({"greater_is_better": True}, "wrong-direction"),
    "saving between evaluations": (
        {"eval_strategy": "steps", "save_strategy": "steps", "eval_steps": 100, "save_steps": 150},
        "saves-and-evaluates-apart",
    ),
    "saving by other means": ({"save_strategy": "steps"}, "saves-and-evaluates-apart"),
    "patience without evaluation": (
        {"eval_strategy": "no", "load_best_model_at_end": None, "early_stopping_steps": 3},
        "stops-by-nothing",
    ),
    "predicting in groups": (
        {"do_train": False, "do_predict": True, "do_sample": False},
        "shuffled-predictions",
    ),
    "predicting by chance": (
        {"do_train": False, "do_predict": True, "train_sampling_strategy": "sequential"},
        "sampled-predictions",
    ),
    "restarts that never happen": ({"lr_scheduler_kwargs": None}, "restarts-never"),
    "cycles that are no epochs": ({"num_train_epochs": 3.0}, "cycles-between-evaluations"),
    "patience shorter than a cycle": ({"early_stopping_steps": 1}, "patience-within-cycle"),
    "an evaluation that never comes": (
        {
            "eval_strategy": "steps",
            "save_strategy": "steps",
            "eval_steps": 50000,
            "save_steps": 50000,
        },
        "rare-evaluation",
    ),
    "a batch as large as the data": ({"gradient_accumulation_steps": 500}, "few-steps"),
    "the rate of full training": ({"learning_rate": 5e-5}, "rate-of-practice"),
    "a rate that diverges": ({"learning_rate": 1e-2}, "rate-of-practice"),
    "no warm-up": ({"warmup_steps": None}, "no-warmup"),
    "warm-up by its old name": ({"warmup_steps": None, "warmup_ratio": 0.1}, "old-warmup-ratio"),
    "no clipping": ({"max_grad_norm": 0}, "no-clipping"),
    "fp16": ({"bf16": None, "fp16": True}, "half-precision"),
    "two number formats": ({"fp16": True}, "half-precision"),
    "a configuration that is not there": ({"deepspeed": "ds.json"}, "deepspeed-config"),
    "Unsloth with DeepSpeed": ({"use_unsloth": True, "deepspeed": "zero2.json"}, "unsloth"),
    "an average for a NaN": ({"logging_nan_inf_filter": None}, "hidden-nan"),
    "a tracker far away": ({"report_to": "wandb"}, "sends-away"),
    "an upload": ({"push_to_hub": True}, "sends-away"),
    "a space in a path": ({"output_dir": "runs/my run"}, "path-with-space"),
}
ALSO = {
    "DoRA in four bits": set(),
    "Unsloth with DeepSpeed": {"deepspeed-launch", "deepspeed-config"},
    "a configuration that is not there": {"deepspeed-launch"},
    "a limit left over": set(),
}
MENDED_BY_HAND = {
    "unresolved",
    "no-model",
    "unknown-data-set",
    "deepspeed-config",
    "path-with-space",
    "vision-tower",
}


def load_text(text: str) -> Recipe:
    return {**yaml.safe_load(text)}


def test_there_are_enough_mistakes() -> None:
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_found_and_nothing_else(name: str) -> None:
    changes, rule = MISTAKES[name]
    found = ids(RecipeContext(spoiled(changes), data=DATA, environment={}))
    assert rule in found
    assert found - {rule} <= ALSO.get(name, set())


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_mended(name: str, tmp_path: Path) -> None:
    """What was found and has a change is gone when the change is made, and brings nothing new."""
    changes, rule = MISTAKES[name]
    recipe = spoiled(changes)
    path = tmp_path / "r.yaml"
    path.write_text("# kept\n" + json.dumps(recipe, indent=1))
    findings = check(RecipeContext(recipe, data=DATA, environment={}))
    path.write_text(mended(path.read_text(), findings))
    assert path.read_text().startswith("# kept")
    left = ids(RecipeContext(load_recipe(path), data=DATA, environment={}))
    by_hand = {finding.id for finding in findings if not finding.changes}
    assert left <= by_hand, left
    if name == "a number of steps that is a fraction":
        return
    if rule not in MENDED_BY_HAND | {"sends-away"}:
        assert rule not in by_hand


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("trainer", ["llamafactory", "pii-sft"])
def test_shipped_recipes_have_no_finding(name: str, trainer: Any) -> None:
    recipe = load_recipe(ROOT / f"recipes/{name}.yaml")
    assert check(RecipeContext(recipe, data=DATA, trainer=trainer, environment={})) == []
    assert check(RecipeContext(recipe, trainer=trainer, environment={})) == []


def test_comments_and_order_survive_a_fix() -> None:
    text = GOOD.read_text("utf-8").replace("num_cycles: 2", "num_cycles: 1")
    recipe = spoiled({"lr_scheduler_kwargs": {"num_cycles": 1}})
    fixed = mended(text, check(RecipeContext(recipe, data=DATA)))
    assert fixed == GOOD.read_text("utf-8")


def test_line_ends_survive_a_fix() -> None:
    text = GOOD.read_text("utf-8").replace("num_cycles: 2", "num_cycles: 1").replace("\n", "\r\n")
    recipe = spoiled({"lr_scheduler_kwargs": {"num_cycles": 1}})
    fixed = mended(text, check(RecipeContext(recipe, data=DATA)))
    assert fixed == GOOD.read_text("utf-8").replace("\n", "\r\n")


def test_a_mistaken_number_is_not_another_mistake() -> None:
    assert ids(RecipeContext(spoiled({"learning_rate": "2,0e-4"}), data=DATA)) == {"wrong-type"}


def test_what_saves_and_evaluates_apart_is_mended_at_once() -> None:
    recipe = spoiled({"save_strategy": False})
    findings = check(RecipeContext(recipe, data=DATA))
    left = load_text(mended(json.dumps(recipe, indent=1), findings))
    assert ids(RecipeContext(left, data=DATA)) == set()


def test_span_metrics_exist_only_with_us() -> None:
    recipe = spoiled({"metric_for_best_model": "eval_span_f1"})
    assert "missing-metric" in ids(RecipeContext(recipe, data=DATA))
    assert ids(RecipeContext(recipe, data=DATA, trainer="pii-sft")) == set()


def test_smoothing_is_wrong_with_two_processes_too() -> None:
    recipe = spoiled({"label_smoothing_factor": 0.1, "gradient_accumulation_steps": 1})
    assert ids(RecipeContext(recipe, data=DATA)) == set()
    assert ids(RecipeContext(recipe, data=DATA, processes=2)) == {"smoothing-with-accumulation"}


def test_rules_are_documented_and_their_ids_are_words() -> None:
    assert all(rule.__doc__ for rule in RULES)
    text = (ROOT / "docs/recipes.md").read_text("utf-8")
    for _, rule in MISTAKES.values():
        assert f"`{rule}`" in text, rule


def test_the_command_ends_with_one_and_mends(pii_sft: Callable[..., Any], tmp_path: Path) -> None:
    bad = tmp_path / "r.yaml"
    bad.write_text(GOOD.read_text("utf-8").replace("num_cycles: 2", "num_cycles: 1"))
    first = pii_sft("recipes", "check", "r.yaml", "--fix", "--gpu", "80GB")
    assert first.returncode == 1
    assert "restarts-never" in first.stdout
    again = pii_sft("recipes", "check", "r.yaml", "--json", "-")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == {"r.yaml": []}
    assert bad.read_text("utf-8") == GOOD.read_text("utf-8")
    assert pii_sft("recipes", "check", "r.yaml", "--gpu", "big").returncode == 2
