"""An entity as an answer writes it, before it is placed in the text."""

from __future__ import annotations

import msgspec

from pii_sft.spans import HoldsText

LONGEST_NUMBER = 9
"""Most digits of the number of an occurrence; no text has more occurrences."""


class Item(HoldsText, msgspec.Struct, frozen=True, gc=False):
    """An entity as an answer writes it, before it is placed in the text.

    Attributes:
        label: its label.
        surface: its string.
        occurrence: which occurrence of the string is meant, counted from 1; 0 where it is not said.
        output: start and end of the item in the answer, in code points, half-open.
    """

    label: str
    surface: str
    occurrence: int
    output: tuple[int, int]

    @property
    def string(self) -> tuple[str, str]:
        """The key by which two items name the same thing."""
        return self.label, self.surface
