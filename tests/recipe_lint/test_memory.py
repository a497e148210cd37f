"""Estimates of memory, and rules on hardware."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.recipe import load_recipe
from pii_sft.recipe_lint import DataFacts, RecipeContext, check
from pii_sft.recipe_lint.memory import estimate, shape_of
from tests.conftest import ROOT
from tests.recipe_lint.recipes import DATA, INFO, NAMES, ROWS, ids, spoiled


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
