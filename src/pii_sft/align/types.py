"""Strings to look for, and places found."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from pii_sft.spans import HoldsText

Tier = Literal["exact", "case", "space", "form", "digits", "fuzzy"]
"""Comparisons of a string with the text by freedom; each tier ignores what those before do.

`exact`: nothing. `case`: upper and lower case. `space`: white space. `form`: Unicode form, width,
accents, and the shape of quotes and dashes. `digits`: punctuation in long numbers; case and form
are ignored, too. `fuzzy`: single letters and marks of longer strings, never digits.
"""

TIERS: tuple[Tier, ...] = get_args(Tier)
"""The tiers, the strictest first."""

Policy = Literal["next", "first", "all"]
"""Rule for the occurrence of a string without a number, if the text holds several.

`next`: one that agrees with the order of the list. `first`: as many of the first as the string is
listed. `all`: every one.
"""

Stretch = tuple[int, int]
"""First code point of a stretch of text, and the one after its last."""


class Wanted(HoldsText, msgspec.Struct, frozen=True):
    """A string to be found.

    Attributes:
        surface: the string.
        occurrence: which occurrence of the string in the text is meant, counted from 1 with
            overlapping occurrences included; 0 leaves the choice to the policy.
    """

    surface: str
    occurrence: int = 0


class Place(msgspec.Struct, frozen=True):
    """Where a string was found.

    Attributes:
        start: first code point in the text.
        end: code point after the last one.
        tier: how freely the string had to be compared, from `TIERS`.
    """

    start: int
    end: int
    tier: Tier
