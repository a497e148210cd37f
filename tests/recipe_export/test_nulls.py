"""A setting that YAML leaves empty is one that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pii_sft.recipe import load_recipe, recipe_file
from pii_sft.recipe_export import TRAINERS, exported


@pytest.mark.parametrize("trainer", TRAINERS)
def test_nulls_are_left_to_the_trainer(trainer: str, tmp_path: Path) -> None:
    plain = recipe_file("qwen1_5b")
    keys = sorted(load_recipe(plain))
    for key in keys:
        without, null = tmp_path / "without.yaml", tmp_path / "null.yaml"
        settings = load_recipe(plain)
        del settings[key]
        without.write_text(yaml.safe_dump(settings))
        null.write_text(yaml.safe_dump({**settings, key: None}))
        made = exported(str(null), [], trainer)
        assert made == exported(str(without), [], trainer), key
