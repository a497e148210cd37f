"""Targets: how answers are written for training, and how answers of a model are read."""

from __future__ import annotations

from pii_sft.registry import Registry
from pii_sft.targets.base import (
    AligningTarget,
    Drafting,
    Found,
    Parsed,
    Proof,
    Target,
    aligned_by,
    policy_of,
    prove,
    read_answer,
)
from pii_sft.targets.status import ABOUT_ENTITIES, ISSUES, STATUSES, Issue, Status, status_of
from pii_sft.targets.unknown_labels import UNKNOWN_LABEL, masked, masked_label, masked_spans

TARGETS: Registry[Target] = Registry(
    "target",
    "pii_sft.targets",
    {
        "json": "pii_sft.targets.json:TARGET",
        "lines": "pii_sft.targets.lines:TARGET",
        "tags": "pii_sft.targets.tags:TARGET",
    },
)

DEFAULT_TARGET = "tags"
"""It allows anchored decoding, in which a model decides at every place of the text
(docs/recall.md)."""

FULLEST_TARGET = "json"
"""It can hold any spans; used for data sets in which no answer is written."""

__all__ = [
    "ABOUT_ENTITIES",
    "DEFAULT_TARGET",
    "FULLEST_TARGET",
    "ISSUES",
    "STATUSES",
    "TARGETS",
    "UNKNOWN_LABEL",
    "AligningTarget",
    "Drafting",
    "Found",
    "Issue",
    "Parsed",
    "Proof",
    "Status",
    "Target",
    "aligned_by",
    "masked",
    "masked_label",
    "masked_spans",
    "policy_of",
    "prove",
    "read_answer",
    "status_of",
]
