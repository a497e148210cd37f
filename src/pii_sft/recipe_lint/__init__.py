"""The linter of recipes: rules with evidence and a change that mends each finding."""

from __future__ import annotations

from pii_sft.recipe_lint.context import DataFacts, RecipeContext, gather
from pii_sft.recipe_lint.lint import RULES, check, mended

__all__ = [
    "RULES",
    "DataFacts",
    "RecipeContext",
    "check",
    "gather",
    "mended",
]
