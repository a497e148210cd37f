"""Seeded mistakes in recipes: each is found, mended where it can be, and nothing else is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.errors import InputError
from pii_sft.files import write_json
from pii_sft.prompt import Prompt
from pii_sft.recipe import Recipe, load_recipe, shipped_recipes
from pii_sft.recipe_lint import RULES, DataFacts, RecipeContext, check, gather, mended
from pii_sft.recipe_lint.memory import estimate, shape_of
from pii_sft.records.run import Run
from tests.conftest import ROOT

NAMES = sorted(shipped_recipes())
GOOD = ROOT / "recipes/qwen3_0_6b.yaml"
INFO = {f"pii_{split}": {"formatting": "sharegpt"} for split in ("train", "dev", "test")}
ROWS = 4000
DATA = DataFacts(ROWS, (), INFO)

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


def spoiled(changes: dict[str, Any]) -> Recipe:
    recipe = {**load_recipe(GOOD), **changes}
    return {key: value for key, value in recipe.items() if value is not None}


def load_text(text: str) -> Recipe:
    return {**yaml.safe_load(text)}


def ids(case: RecipeContext) -> set[str]:
    return {finding.id for finding in check(case)}


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


class TestData:
    def test_rows_longer_than_the_cutoff(self) -> None:
        facts = DataFacts(ROWS, (100, 3000, 2048), INFO)
        (finding,) = check(RecipeContext(spoiled({}), data=facts))
        assert finding.id == "cut-rows"
        assert "1 of 3" in finding.evidence
        assert finding.changes == {"cutoff_len": 3000}

    @pytest.mark.parametrize(
        ("entry", "rule"),
        [
            ({"formatting": "openai"}, "openai-formatting"),
            ({"columns": {"prompt": "instruction"}}, "lost-columns"),
            ({"format": "sharegpt"}, "lost-columns"),
        ],
    )
    def test_entries_that_lose_something(self, entry: dict[str, Any], rule: str) -> None:
        facts = DataFacts(ROWS, (), {**INFO, "pii_train": entry})
        assert rule in ids(RecipeContext(spoiled({}), data=facts))

    def test_facts_come_from_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        recipe = spoiled({})
        assert gather(recipe) is None
        folder = tmp_path / "data/pii"
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").write_text(json.dumps(INFO))
        rows = [
            {
                "messages": [
                    {"role": "user", "content": "a b"},
                    {"role": "assistant", "content": "c"},
                ]
            },
            {"instruction": "a b c", "input": "", "output": "d", "system": "e"},
        ]
        (folder / "train.jsonl").write_text("\n".join([*map(json.dumps, rows), "broken"]))
        facts = gather(recipe, lambda text: len(text.split()))
        assert facts is not None
        assert facts.train_rows == 3
        assert [length - facts.lengths[2] for length in facts.lengths[:2]] == [19, 21]
        assert gather(recipe) == DataFacts(3, (), INFO)
        named = {"pii_train": {"file_name": "mine.jsonl"}, "pii_dev": {"file_name": "gone.jsonl"}}
        (folder / "dataset_info.json").write_text(json.dumps(named))
        (folder / "mine.jsonl").write_text(json.dumps(rows[0]))
        facts = gather(recipe, lambda text: len(text.split()))
        assert facts is not None
        assert (facts.train_rows, facts.missing) == (1, ("pii_dev",))
        assert "missing-rows" in ids(RecipeContext(recipe, data=facts))
        (folder / "dataset_info.json").write_text("{")
        with pytest.raises(InputError):
            gather(recipe)

    def test_tokenised_data_that_is_there_hides_all_else(self, tmp_path: Path) -> None:
        recipe = spoiled({"tokenized_path": str(tmp_path)})
        assert ids(RecipeContext(recipe, data=DATA)) == {"old-tokens"}


class TestOutput:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        checkpoint = tmp_path / "run/checkpoint-5"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text('{"global_step": 5}')
        return tmp_path / "run"

    def record(self, folder: Path, settings: Recipe) -> None:
        run = Run("r.yaml", settings, "data/pii", "", "json", Prompt("short-1", "", "", ""), {})
        write_json(folder / "pii_sft.json", run)

    def test_checkpoints_of_the_same_run_go_on(self, folder: Path) -> None:
        recipe = spoiled({"output_dir": str(folder)})
        self.record(folder, recipe)
        more = {**recipe, "num_train_epochs": 8.0}
        assert ids(RecipeContext(more, data=DATA)) == set()

    def test_checkpoints_of_another_run_do_not(self, folder: Path) -> None:
        recipe = spoiled({"output_dir": str(folder)})
        self.record(folder, {**recipe, "learning_rate": 3e-4})
        (finding,) = check(RecipeContext(recipe, data=DATA))
        assert (finding.id, finding.severity) == ("stale-output", "error")
        assert "learning_rate" in finding.evidence

    def test_checkpoints_of_an_unknown_run_do_not(self, folder: Path) -> None:
        assert ids(RecipeContext(spoiled({"output_dir": str(folder)}), data=DATA)) == {
            "stale-output"
        }

    def test_starting_over_leaves_them_there(self, folder: Path) -> None:
        recipe = spoiled({"output_dir": str(folder), "overwrite_output_dir": True})
        (finding,) = check(RecipeContext(recipe, data=DATA))
        assert (finding.id, finding.severity) == ("stale-output", "warning")


class TestHardware:
    def test_a_small_gpu(self) -> None:
        (finding,) = check(RecipeContext(spoiled({}), data=DATA, gpu_gb=16))
        assert finding.id == "memory"
        need = estimate({**spoiled({}), **finding.changes})
        assert need is not None
        assert need.total <= 16
        rows = finding.changes["per_device_train_batch_size"]
        before = spoiled({})
        assert rows * finding.changes["gradient_accumulation_steps"] == (
            before["per_device_train_batch_size"] * before["gradient_accumulation_steps"]
        )

    def test_counted_rows_need_what_they_are_long(self) -> None:
        (finding,) = check(RecipeContext(spoiled({}), data=DATA, gpu_gb=16))
        assert finding.severity == "warning"
        assert "as long as cutoff_len" in finding.evidence
        short = DataFacts(ROWS, (100,) * ROWS, INFO)
        assert check(RecipeContext(spoiled({}), data=short, gpu_gb=16)) == []
        long = DataFacts(ROWS, (2000,) * ROWS, INFO)
        (finding,) = check(RecipeContext(spoiled({}), data=long, gpu_gb=16))
        assert finding.severity == "error"
        assert "where rows have 2000 tokens" in finding.evidence

    def test_a_large_gpu(self) -> None:
        assert ids(RecipeContext(spoiled({}), data=DATA, gpu_gb=80)) == set()

    def test_ray_trains_without_us(self) -> None:
        on = {"USE_RAY": "1"}
        (ours,) = check(RecipeContext(spoiled({}), data=DATA, trainer="pii-sft", environment=on))
        assert (ours.id, ours.severity) == ("ray", "error")
        in_full = {"dataset_dir": "/data/pii", "output_dir": "/runs/r"}
        (theirs,) = check(RecipeContext(spoiled(in_full), data=DATA, environment=on))
        assert (theirs.id, theirs.severity) == ("ray", "note")
        assert check(RecipeContext(spoiled({}), data=DATA, environment={"USE_RAY": "0"})) == []

    def test_ray_sees_paths_from_elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "model").mkdir()
        (tmp_path / "model/config.json").write_text("{}")
        on = {"USE_RAY": "1"}
        _, of_hub = check(RecipeContext(spoiled({}), data=DATA, environment=on))
        assert (of_hub.id, of_hub.severity) == ("ray", "note")
        assert of_hub.evidence.startswith("relative dataset_dir, output_dir:")
        local = spoiled({"model_name_or_path": "model", "dataset_dir": "/data/pii"})
        _, of_folder = check(RecipeContext(local, data=DATA, environment=on))
        assert of_folder.evidence.startswith("relative output_dir, model_name_or_path:")

    def test_an_unknown_model(self) -> None:
        (finding,) = check(
            RecipeContext(spoiled({"model_name_or_path": "my/model"}), data=DATA, gpu_gb=16)
        )
        assert (finding.id, finding.severity) == ("memory", "note")

    @pytest.mark.parametrize("name", NAMES)
    def test_the_models_of_the_recipes_are_known(self, name: str) -> None:
        assert estimate(load_recipe(ROOT / f"recipes/{name}.yaml")) is not None

    def test_fewer_bits_need_less(self) -> None:
        needs = [
            estimate(spoiled({"quantization_bit": bits} if bits else {})) for bits in (None, 8, 4)
        ]
        weights = [need.weights for need in needs if need is not None]
        assert weights == sorted(weights, reverse=True)
        assert len(set(weights)) == 3

    def test_shapes_by_config_are_those_that_are_shipped(self, tmp_path: Path) -> None:
        """Of Qwen3-0.6B, from its published config."""
        config = {
            "hidden_size": 1024,
            "num_hidden_layers": 28,
            "intermediate_size": 3072,
            "vocab_size": 151936,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "tie_word_embeddings": True,
        }
        (tmp_path / "config.json").write_text(json.dumps(config))
        ours, shipped = shape_of(str(tmp_path)), shape_of("Qwen/Qwen3-0.6B")
        assert ours is not None
        assert shipped is not None
        assert ours.parameters == pytest.approx(shipped.parameters, rel=0.01)
        (tmp_path / "config.json").write_text("{}")
        assert shape_of(str(tmp_path)) is None

    def test_zero_3_cannot_generate(self, tmp_path: Path) -> None:
        path = tmp_path / "zero3.json"
        path.write_text('{"zero_optimization": {"stage": 3}}')
        recipe = spoiled({"deepspeed": str(path)})
        forced = {"FORCE_TORCHRUN": "1"}
        assert ids(RecipeContext(recipe, data=DATA, environment=forced)) == set()
        assert ids(RecipeContext(recipe, data=DATA, environment=forced, trainer="pii-sft")) == {
            "deepspeed-config"
        }
        silent = RecipeContext(
            recipe, data=DATA, environment=forced, trainer="pii-sft", answers=False
        )
        assert ids(silent) == set()
        quantised = {**recipe, "quantization_bit": 4}
        assert ids(RecipeContext(quantised, data=DATA, environment=forced)) == {"deepspeed-config"}


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
