"""Targets: how entities are written for the model, and how what it wrote is read back."""

from __future__ import annotations

from pii_sft.registry import Registry
from pii_sft.targets.base import ISSUES, Found, Parsed, Proof, Target, prove

TARGETS: Registry[Target] = Registry(
    "target",
    "pii_sft.targets",
    {
        "json": "pii_sft.targets.json_list:TARGET",
    },
)

__all__ = ["ISSUES", "TARGETS", "Found", "Parsed", "Proof", "Target", "prove"]
