"""The status of an answer, and the issues that explain it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Issue = Literal[
    "repaired",
    "truncated",
    "looped",
    "empty",
    "refused",
    "failed",
    "malformed_entity",
    "not_in_text",
    "duplicate",
    "placeholder",
    "unknown_label",
    "unreadable",
    "rule_timeout",
    "utf_16_offsets",
    "byte_offsets",
    "inclusive_ends",
    "offsets_from_one",
]

ISSUES: dict[Issue, str] = {
    "repaired": "the answer broke the format and was read by repair",
    "truncated": "the answer ends inside the list; the cut entity was dropped",
    "looped": "the answer repeated itself and was stopped",
    "empty": "the answer holds nothing",
    "refused": "the model declined to answer",
    "failed": "no entity list was found in the answer",
    "malformed_entity": "an item of the list does not name one label and one string",
    "not_in_text": "the text does not hold the string of an entity; it counts as spurious",
    "duplicate": "an entity was repeated, more often than the text holds it; it was left out",
    "placeholder": "a string stands for nothing, such as `-` or `N/A`; it was left out",
    "unknown_label": "the data set has no such label; it is shown as `(unknown)`",
    "unreadable": "reading the answer raised an exception, which is a bug; it counts as `failed`",
    "rule_timeout": "a rule took too long and was stopped; what it is for may be missing",
    "utf_16_offsets": "offsets count UTF-16 units, as the strings beside them show; converted",
    "byte_offsets": "offsets count UTF-8 bytes, as the strings beside them show; converted",
    "inclusive_ends": "spans end with their last character, as their strings show; converted",
    "offsets_from_one": "offsets count from 1, as the strings beside them show; converted",
}

ABOUT_ENTITIES: frozenset[Issue] = frozenset(
    (
        *("not_in_text", "duplicate", "placeholder", "unknown_label", "rule_timeout"),
        *("utf_16_offsets", "byte_offsets", "inclusive_ends", "offsets_from_one"),
    )
)
"""Issues of single entities in an answer of the right format."""

Status = Literal["clean", "repaired", "truncated", "looped", "empty", "refused", "failed"]

STATUSES: dict[Status, str] = {
    "empty": "the answer holds nothing",
    "refused": "the model declined to answer",
    "failed": "no entity list was found in the answer",
    "looped": "the answer repeated itself to the end",
    "truncated": "the answer ends before its list does",
    "repaired": "the answer was read, though not in the right format",
    "clean": "the answer is in the right format, whatever its entities are worth",
}
"""Every answer has the first of these statuses that applies."""


def status_of(issues: Iterable[str]) -> Status:
    """The one status of an answer with these issues."""
    found = set(issues)
    for status in STATUSES:
        if status in found:
            return status
    return "clean" if ABOUT_ENTITIES.issuperset(found) else "repaired"
