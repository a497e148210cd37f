"""Overlays over recipes, and recipes for other trainers."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.errors import UsageError
from pii_sft.recipe import (
    laid_over,
    load_recipe,
    overlay,
    overlays,
    shipped_recipe,
    shipped_recipes,
)
from pii_sft.recipe_export import exported
from pii_sft.recipe_lint import DataFacts, RecipeContext, check
from tests.conftest import ROOT

RECIPES = sorted(shipped_recipes())
OVERLAYS = sorted(overlays())
INFO = {"pii_train": {}, "pii_dev": {}}
LAUNCHED = {"FORCE_TORCHRUN": "1"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_says_what_it_is_and_brings_no_finding(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert overlay(name).startswith("# ")
    recipe = load_recipe(ROOT / "recipes/qwen3_0_6b.yaml", [f"+{name}"])
    data = DataFacts(100_000, (), INFO)
    assert check(RecipeContext(recipe, data=data, environment=LAUNCHED)) == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_shown_with_an_overlay_it_is_the_recipe_that_trains(name: str, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    text = laid_over(shipped_recipe("qwen1_5b"), [f"+{name}"])
    path.write_text(text)
    assert load_recipe(path) == load_recipe(ROOT / "recipes/qwen1_5b.yaml", [f"+{name}"])
    assert f"+{name}" in text.splitlines()[0]
    assert "# cosine with real restarts" in text or "# schedule: cosine" in text


def test_a_word_decides_over_an_overlay_and_a_later_one_over_an_earlier() -> None:
    path = ROOT / "recipes/qwen3_0_6b.yaml"
    words = ["lora_rank=4", "+rslora", "+long_context", "+packing"]
    recipe = load_recipe(path, words)
    assert recipe["lora_rank"] == 4
    assert recipe["use_rslora"] is True
    assert recipe["cutoff_len"] == 2048


def test_an_unknown_overlay_is_named() -> None:
    with pytest.raises(UsageError, match=r"'\+dorra'.*\+dora"):
        load_recipe(ROOT / "recipes/qwen3_0_6b.yaml", ["+dorra"])


class _Tokenizer:
    """Puts messages between marks; a forgetful one drops what comes before an answer."""

    def __init__(self, *, forgetful: bool = False) -> None:
        self.forgetful = forgetful
        self.given: list[dict[str, Any]] = []

    def apply_chat_template(
        self,
        messages: list[dict[str, str]],
        *,
        tokenize: bool,
        add_generation_prompt: bool = False,
        **template: Any,
    ) -> str:
        assert not tokenize
        self.given.append(template)
        kept = messages[-1:] if self.forgetful else messages
        turns = [f"<{each['role']}>{each['content']}</>\n" for each in kept]
        return "".join(turns) + ("<assistant>" if add_generation_prompt else "")


class TestExport:
    @pytest.mark.parametrize("name", RECIPES)
    def test_axolotl_says_the_same(self, name: str) -> None:
        recipe = load_recipe(ROOT / f"recipes/{name}.yaml")
        done = exported(name, [], "axolotl")
        config = yaml.safe_load(done.text)
        assert done.left_out == []
        assert config["base_model"] == recipe["model_name_or_path"]
        assert config["lora_r"] == recipe["lora_rank"]
        assert config["sequence_len"] == recipe["cutoff_len"]
        assert config["lr_scheduler_kwargs"] == recipe["lr_scheduler_kwargs"]
        assert config["adapter"] == ("qlora" if recipe.get("quantization_bit") else "lora")
        assert config["warmup_ratio"] == recipe["warmup_steps"]
        assert config["datasets"][0]["path"] == "data/pii/train.jsonl"

    @pytest.mark.parametrize("name", RECIPES)
    @pytest.mark.parametrize("trainer", ["trl", "unsloth"])
    def test_scripts_are_python_with_the_same_figures(self, name: str, trainer: str) -> None:
        recipe = load_recipe(ROOT / f"recipes/{name}.yaml")
        done = exported(name, [], trainer)
        given = {
            keyword.arg: keyword.value.value
            for call in ast.walk(ast.parse(done.text))
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if isinstance(keyword.value, ast.Constant)
        }
        assert done.left_out == []
        assert given["r"] == recipe["lora_rank"]
        assert given["max_length"] == recipe["cutoff_len"]
        assert given["learning_rate"] == recipe["learning_rate"]
        assert given["lr_scheduler_type"] == "cosine_with_restarts"
        assert given["completion_only_loss"] is True

    @pytest.mark.parametrize("trainer", ["trl", "unsloth"])
    @pytest.mark.parametrize("thinking", [None, False])
    def test_scripts_learn_from_text_not_from_conversations(
        self, trainer: str, thinking: bool | None
    ) -> None:
        words = [] if thinking is None else ["enable_thinking=false"]
        name = "qwen1_5b" if thinking is None else "qwen3_0_6b"
        tree = ast.parse(exported(name, words, trainer).text)
        [called] = [
            ast.unparse(each)
            for each in ast.walk(tree)
            if isinstance(each, ast.Call) and getattr(each.func, "attr", "") == "map"
        ]
        assert called.endswith(".map(as_text, fn_kwargs={'tokenizer': tokenizer})")
        needed = ("TEMPLATE", "as_text")
        kept = [
            each
            for each in tree.body
            if getattr(each, "name", "") in needed
            or (isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) in needed)
        ]
        script: dict[str, Any] = {}
        exec(compile(ast.Module(kept, []), trainer, "exec"), script)
        prompt = [{"role": "user", "content": "Who?"}]
        row = {"prompt": prompt, "completion": [{"role": "assistant", "content": "Ann"}]}
        tokenizer = _Tokenizer()
        assert script["as_text"](row, tokenizer) == {
            "prompt": "<user>Who?</>\n<assistant>",
            "completion": "Ann</>",
        }
        given = {} if thinking is None else {"enable_thinking": thinking}
        assert tokenizer.given == [given, given]
        with pytest.raises(ValueError, match="changes the prompt"):
            script["as_text"](row, _Tokenizer(forgetful=True))

    def test_settings_it_cannot_carry_are_named(self) -> None:
        done = exported("qwen3_0_6b", ["use_badam=true", "+loraplus"], "trl")
        assert done.left_out == ["loraplus_lr_ratio", "use_badam"]

    def test_steps_of_warmup_stay_steps(self) -> None:
        config = yaml.safe_load(exported("qwen3_0_6b", ["warmup_steps=20"], "axolotl").text)
        assert config["warmup_steps"] == 20
        assert "warmup_ratio" not in config

    def test_single_layers_are_named(self) -> None:
        words = ["lora_target='q_proj,v_proj'", "quantization_bit=8"]
        config = yaml.safe_load(exported("qwen3_0_6b", words, "axolotl").text)
        assert config["lora_target_modules"] == ["q_proj", "v_proj"]
        assert config["load_in_8bit"] is True
        assert "'q_proj', 'v_proj'" in exported("qwen3_0_6b", words, "trl").text

    @pytest.mark.parametrize(
        ("name", "words", "trainer"),
        [
            ("nothing", [], "axolotl"),
            ("qwen3_0_6b", [], "swift"),
            ("qwen3_0_6b", ["finetuning_type=full"], "trl"),
        ],
    )
    def test_what_cannot_be_exported(self, name: str, words: list[str], trainer: str) -> None:
        with pytest.raises(UsageError):
            exported(name, words, trainer)
