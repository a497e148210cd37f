"""A good recipe, and recipes with a mistake."""

from __future__ import annotations

from typing import Any

from pii_sft.recipe import Recipe, load_recipe, shipped_recipes
from pii_sft.recipe_lint import DataFacts, RecipeContext, check
from tests.conftest import ROOT

NAMES = sorted(shipped_recipes())
GOOD = ROOT / "recipes/qwen3_0_6b.yaml"
INFO = {f"pii_{split}": {"formatting": "sharegpt"} for split in ("train", "dev", "test")}
ROWS = 4000
DATA = DataFacts(ROWS, (), INFO)


def spoiled(changes: dict[str, Any]) -> Recipe:
    recipe = {**load_recipe(GOOD), **changes}
    return {key: value for key, value in recipe.items() if value is not None}


def ids(case: RecipeContext) -> set[str]:
    return {finding.id for finding in check(case)}
