"""Targets whose answers name strings, and which occurrence of a string they mean."""

from __future__ import annotations

import dataclasses
from typing import Any

from pii_sft.align import Policy
from pii_sft.errors import UsageError
from pii_sft.targets.base import Target

USUAL: Policy = "next"
"""What targets are read by unless something else is asked for."""


def policy_of(target: Target) -> Policy:
    """The policy a target reads answers by; `USUAL` if it has no choice."""
    policy: Policy = getattr(target, "policy", USUAL)
    return policy


def aligned_by(target: Target, policy: Policy) -> Target:
    """A target that reads its answers by another policy of the aligner.

    Args:
        target: a frozen dataclass with a field `policy`, or any target for `USUAL`.
        policy: which occurrence a string without a number means, if the text holds several.

    Raises:
        UsageError: answers of the target say themselves where their entities stand.
    """
    if policy == policy_of(target):
        return target
    if not hasattr(target, "policy"):
        raise UsageError(
            f"Answers of the target {target.name} say themselves where their entities stand. Leave "
            "out --align-by."
        )
    choosing: Any = target
    made: Target = dataclasses.replace(choosing, policy=policy)
    return made
