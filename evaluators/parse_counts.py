"""Counts of how well answers could be parsed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pii_sft.targets.status import status_of


class Parsing(msgspec.Struct):
    """Counts of how answers were read. Predictions that never were text count as clean.

    Each answer counts once, under its status: `clean`, `repaired`, `failed`, `truncated`, `looped`,
    `empty` or `refused` add up to the number of answers. The other counts are of entities.

    Attributes:
        clean: answers in the right format, whether or not their entities are right.
        repaired: answers that were read, though not in the right format.
        failed: answers in which no entity list was found.
        truncated: answers that ended before their list did, repaired or not.
        looped: answers that repeated themselves to the end.
        malformed_entities: items that do not name one label and one string.
        unaligned_entities: entities whose string is not in the text.
        duplicates: entities named more often than the text holds them.
        empty: answers that hold nothing.
        refused: answers that decline to answer.
        unknown_labels: entities with a label that the data set does not have.
        placeholders: strings such as `-` that mean "none"; they were left out.
        rule_timeouts: documents in which a rule took too long.
        utf_16_offsets: documents whose offsets counted UTF-16 units, and were converted.
        byte_offsets: documents whose offsets counted UTF-8 bytes, and were converted.
        inclusive_ends: documents whose spans ended with their last character, likewise.
        offsets_from_one: documents whose offsets counted from 1, likewise.
    """

    clean: int = 0
    repaired: int = 0
    failed: int = 0
    truncated: int = 0
    looped: int = 0
    malformed_entities: int = 0
    unaligned_entities: int = 0
    duplicates: int = 0
    empty: int = 0
    refused: int = 0
    unknown_labels: int = 0
    placeholders: int = 0
    rule_timeouts: int = 0
    utf_16_offsets: int = 0
    byte_offsets: int = 0
    inclusive_ends: int = 0
    offsets_from_one: int = 0

    def add(self, issues: Iterable[str]) -> None:
        """Count the issues of one more answer, names from `pii_sft.targets.ISSUES`."""
        found = tuple(issues)
        if not found:
            self.clean += 1
            return
        status = status_of(found)
        setattr(self, status, getattr(self, status) + 1)
        self.malformed_entities += found.count("malformed_entity")
        self.unaligned_entities += found.count("not_in_text")
        self.duplicates += found.count("duplicate")
        self.unknown_labels += found.count("unknown_label")
        self.placeholders += found.count("placeholder")
        self.rule_timeouts += "rule_timeout" in found
        self.utf_16_offsets += "utf_16_offsets" in found
        self.byte_offsets += "byte_offsets" in found
        self.inclusive_ends += "inclusive_ends" in found
        self.offsets_from_one += "offsets_from_one" in found
