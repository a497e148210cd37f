"""How well answers kept to their format."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

ABOUT_ENTITIES = frozenset({"not_in_text", "duplicate"})
"""Issues of single entities in an answer of the right format."""


class Parsing(msgspec.Struct):
    """How the answers were read. Predictions that never were text count as clean.

    Attributes:
        clean: answers in the right format: no issue but those `ABOUT_ENTITIES`.
        repaired: answers read by repair.
        failed: answers in which no entity list was found.
        truncated: answers that ended before their list did. One that was also repaired counts
            under both.
        looped: answers that repeated themselves and were stopped.
        malformed_entities: items that do not name one label and one string.
        unaligned_entities: entities whose string is not in the text.
        duplicates: entities named more often than the text holds them.
    """

    clean: int = 0
    repaired: int = 0
    failed: int = 0
    truncated: int = 0
    looped: int = 0
    malformed_entities: int = 0
    unaligned_entities: int = 0
    duplicates: int = 0

    def add(self, issues: Iterable[str]) -> None:
        """Count the issues of one more answer, names from `pii_sft.targets.ISSUES`."""
        found = tuple(issues)
        self.clean += ABOUT_ENTITIES.issuperset(found)
        self.repaired += "repaired" in found
        self.failed += "failed" in found
        self.truncated += "truncated" in found
        self.looped += "looped" in found
        self.malformed_entities += found.count("malformed_entity")
        self.unaligned_entities += found.count("not_in_text")
        self.duplicates += found.count("duplicate")
