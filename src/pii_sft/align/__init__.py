"""From strings to offsets: where in a text the surfaces of an ordered list of entities stand.

No tokenizer is involved, and the offsets returned always count in the text as it was given.
"""

from __future__ import annotations

from pii_sft.align.aligning import align, align_by
from pii_sft.align.locating import occurrence_number, occurrences
from pii_sft.align.places import TIERS, Place, Policy, Stretch, Tier, Wanted
from pii_sft.align.words import stands_alone

__all__ = [
    "TIERS",
    "Place",
    "Policy",
    "Stretch",
    "Tier",
    "Wanted",
    "align",
    "align_by",
    "occurrence_number",
    "occurrences",
    "stands_alone",
]
