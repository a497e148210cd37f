"""Rules on the folder that a run writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.files import write_json
from pii_sft.prompt import Prompt
from pii_sft.recipe import Recipe
from pii_sft.recipe_lint import RecipeContext, check
from pii_sft.records.run import Run
from tests.recipe_lint.recipes import DATA, ids, spoiled


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
