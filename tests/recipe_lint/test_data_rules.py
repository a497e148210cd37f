"""Rules that read the data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError
from pii_sft.recipe_lint import DataFacts, RecipeContext, check, gather
from tests.recipe_lint.recipes import DATA, INFO, ROWS, ids, spoiled


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
