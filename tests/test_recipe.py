from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.recipe import Recipe, load_recipe, shipped_recipe, shipped_recipes
from pii_sft.recipe_lint.known_keys import known_keys, unknown_keys
from tests.conftest import ROOT

NAMES = sorted(shipped_recipes())
TEMPLATES = {
    "Qwen/Qwen3-0.6B": ("qwen3", False),
    "Qwen/Qwen3-1.7B": ("qwen3", False),
    "Qwen/Qwen3-4B-Instruct-2507": ("qwen3_nothink", None),
    "Qwen/Qwen3-4B": ("qwen3", False),
    "Qwen/Qwen2.5-0.5B-Instruct": ("qwen", None),
    "Qwen/Qwen2.5-1.5B-Instruct": ("qwen", None),
    "Qwen/Qwen2.5-3B-Instruct": ("qwen", None),
    "models/qwen3_5_0_8b": ("qwen3", False),
    "models/qwen3_5_2b": ("qwen3", False),
    "models/smollm2-135m": ("smollm2", None),
}


def load(name: str) -> Recipe:
    return load_recipe(ROOT / f"recipes/{name}.yaml")


def test_all_are_there() -> None:
    models = ["qwen3_0_6b", "qwen1_5b", "qwen3_1_7b", "qwen2_5_0_5b", "qwen2_5_3b"]
    models += ["qwen3_4b", "qwen3_4b_hybrid", "qwen3_5_0_8b", "qwen3_5_2b"]
    both = [name for model in models for name in (model, f"{model}_qlora")]
    assert sorted([*both, "smollm2_135m"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
class TestRecipe:
    def test_it_says_what_it_is_and_how_to_start_it(self, name: str) -> None:
        text = shipped_recipe(name)
        assert text.startswith("# ")
        assert f"llamafactory-cli train recipes/{name}.yaml" in text

    def test_every_key_is_known(self, name: str) -> None:
        assert unknown_keys(load(name)) == []

    def test_it_writes_to_its_own_folder(self, name: str) -> None:
        assert load(name)["output_dir"] == f"runs/{name}"

    def test_its_template_fits_its_model(self, name: str) -> None:
        recipe = load(name)
        template, thinking = TEMPLATES[recipe["model_name_or_path"]]
        assert (recipe["template"], recipe.get("enable_thinking")) == (template, thinking)

    def test_it_restarts(self, name: str) -> None:
        recipe = load(name)
        assert recipe["lr_scheduler_type"] == "cosine_with_restarts"
        assert recipe["lr_scheduler_kwargs"]["num_cycles"] >= 2

    def test_it_evaluates_at_the_end_of_each_cycle(self, name: str) -> None:
        recipe = load(name)
        assert recipe["eval_strategy"] == recipe["save_strategy"] == "epoch"
        assert recipe["num_train_epochs"] % recipe["lr_scheduler_kwargs"]["num_cycles"] == 0

    def test_numbers_are_numbers_for_every_yaml_reader(self, name: str) -> None:
        import yaml

        plain = yaml.safe_load(shipped_recipe(name))
        assert plain == load(name)
        assert isinstance(plain["learning_rate"], float)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_qlora")])
def test_qlora_is_lora_with_four_bits(name: str) -> None:
    small, large = load(name), load(name.removesuffix("_qlora"))
    assert small.pop("quantization_bit") == 4
    assert small.pop("quantization_method") == "bnb"
    small.pop("output_dir")
    large.pop("output_dir")
    assert small == large


def test_overrides_reach_into_mappings() -> None:
    path = ROOT / "recipes/qwen3_0_6b.yaml"
    recipe = load_recipe(path, ["lr_scheduler_kwargs.num_cycles=3", "learning_rate=1e-4"])
    assert recipe["lr_scheduler_kwargs"] == {"num_cycles": 3}
    assert recipe["learning_rate"] == 1e-4


@pytest.mark.parametrize(
    "content", ["- a\n- b\n", "", "a: [", "just text", "[" * 20_000, "a: " + "[" * 20_000]
)
def test_what_is_no_recipe(content: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(content)
    with pytest.raises(UsageError):
        load_recipe(tmp_path / "r.yaml")


def test_an_override_needs_a_value(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("a: 1")
    with pytest.raises(UsageError, match="key=value"):
        load_recipe(tmp_path / "r.yaml", ["a"])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("evaluation_strategy", "eval_strategy"),
        ("learning_rat", "learning_rate"),
        ("lora_r", "lora_rank"),
        ("early_stopping_patience", "early_stopping_steps (counted in evaluations)"),
        ("zzz", ""),
    ],
)
def test_unknown_keys_come_with_the_right_one(wrong: str, right: str) -> None:
    (found,) = unknown_keys({wrong: 1, "learning_rate": 1})
    assert (found.key, found.advice) == (wrong, right)
    assert len(known_keys().types) > 300
