"""What is wrong with a recipe: rules with evidence and a change that mends each finding."""

from __future__ import annotations

from pii_sft.training.rules.case import Case, DataFacts, gather
from pii_sft.training.rules.check import RULES, check, mended

__all__ = ["RULES", "Case", "DataFacts", "check", "gather", "mended"]
