"""Offsets of code points as offsets of UTF-16 units, for tools that run in browsers."""

from __future__ import annotations

from bisect import bisect_left

_LAST_OF_ONE_UNIT = 0xFFFF


class Utf16Offsets:
    """Turns offsets in code points into offsets in UTF-16 units.

    Args:
        text: in which offsets count; its characters beyond the first plane take two units.
    """

    def __init__(self, text: str) -> None:
        self._astral = [at for at, each in enumerate(text) if ord(each) > _LAST_OF_ONE_UNIT]

    def __getitem__(self, offset: int) -> int:
        return offset + bisect_left(self._astral, offset)
