"""Offsets that an answer states beside its strings; used if the text has the string there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, islice

_MOST_OCCURRENCES = 10_000


class SaidOffsets:
    """One text, and which occurrence of a string an offset means.

    Models count code points from 0 or from 1, UTF-16 units, or bytes; in one of these units the
    text has to have the string at the offset.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._occurrences: dict[str, list[int]] = {}

    def occurrence(self, surface: str, start: int) -> int:
        """The number of the occurrence at an offset; 0 where the string does not stand there."""
        if not surface:
            return 0
        text = self._text
        at = start if text.startswith(surface, start) else self._counted_otherwise(surface, start)
        if at < 0:
            return 0
        places = self._places(surface)
        number = bisect_left(places, at)
        return number + 1 if places[number : number + 1] == [at] else 0

    def number(self, surface: str, said: int) -> int:
        """A number beside a string: of its occurrence, or where it begins if there are fewer."""
        if len(self._places(surface)) < min(said, _MOST_OCCURRENCES):
            return self.occurrence(surface, said) or said
        return said

    def _places(self, surface: str) -> list[int]:
        if surface not in self._occurrences:
            self._occurrences[surface] = list(islice(self._every(surface), _MOST_OCCURRENCES))
        return self._occurrences[surface]

    def _every(self, surface: str) -> Iterator[int]:
        at = self._text.find(surface)
        while at >= 0:
            yield at
            at = self._text.find(surface, at + 1)

    def _counted_otherwise(self, surface: str, start: int) -> int:
        """Place of the string if the offset counts from 1, or counts other units; else -1."""
        text = self._text
        if start > 0 and text.startswith(surface, start - 1):
            return start - 1
        if text.isascii():
            return -1
        for offsets in (self._utf16, self._bytes):
            at = bisect_left(offsets, start)
            if offsets[at : at + 1] == [start] and text.startswith(surface, at):
                return at
        return -1

    @cached_property
    def _utf16(self) -> Sequence[int]:
        return list(accumulate((1 + (each > "\uffff") for each in self._text), initial=0))

    @cached_property
    def _bytes(self) -> Sequence[int]:
        sizes = (len(each.encode("utf-8", "surrogatepass")) for each in self._text)
        return list(accumulate(sizes, initial=0))
