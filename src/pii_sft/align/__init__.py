"""From strings to offsets: where in a text the surfaces of an ordered list of entities stand.

No tokenizer is involved, and the offsets returned always count in the text as it was given.
"""

from __future__ import annotations

from pii_sft.align.aligner import align, align_by, occurrence_number, occurrences
from pii_sft.align.boundaries import splits_character, stands_alone
from pii_sft.align.substring_index import finder
from pii_sft.align.types import TIERS, Place, Policy, Stretch, Tier, Wanted

__all__ = [
    "TIERS",
    "Place",
    "Policy",
    "Stretch",
    "Tier",
    "Wanted",
    "align",
    "align_by",
    "finder",
    "occurrence_number",
    "occurrences",
    "splits_character",
    "stands_alone",
]
