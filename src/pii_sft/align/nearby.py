"""Stretches of a text that a string may have been copied from with a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from pii_sft.align.folding import evenly_spaced, unaccented
from pii_sft.align.places import Stretch
from pii_sft.align.slips import slips, slips_allowed
from pii_sft.align.words import goes_on, joins, splits_character, stands_alone

_MOST_SEEDS = 1_000
_WORD = re.compile(r"\S+")


class Nearby:
    """One text, folded, with one space wherever it has white space."""

    def __init__(self, text: str) -> None:
        self._source = text
        self._text = evenly_spaced(unaccented(text))
        self._is_source = text.isascii() and len(self._text) == len(text)

    def find(self, surface: str) -> list[Stretch]:
        """Where the text holds what is nearest to a string, in text order.

        Of a string with two slips, one third at least stands in the text as it is. So only the
        surroundings of such parts are compared.

        Returns:
            Nothing if different strings of the text are equally near, since a choice would be a
            guess, or if the parts of the string are so common that they say nothing.
        """
        key = evenly_spaced(unaccented(surface))
        allowed = slips_allowed(key)
        if not allowed:
            return []
        compared = (
            (stretch, slips(key, self._text[slice(*stretch)]))
            for stretch in self._candidates(key, allowed)
        )
        near = {stretch: number for stretch, number in compared if number is not None}
        fewest = min(near.values(), default=allowed + 1)
        nearest = sorted(stretch for stretch, number in near.items() if number == fewest)
        if fewest > allowed or len({self._text[slice(*stretch)] for stretch in nearest}) > 1:
            return []
        return [whole for each in nearest if (whole := self._original(each))]

    def _candidates(self, key: str, allowed: int) -> Iterator[Stretch]:
        """Whole words of about the length of a string, around each of its parts."""
        seeds = list(self._seeds(key, allowed + 1))
        if len(seeds) > _MOST_SEEDS:
            return
        starts = {start for seed in set(seeds) for start in _around(seed, allowed)}
        for start in starts:
            if self._starts_at(start, key):
                for end in _around(start + len(key), allowed):
                    if self._ends_at(end, key):
                        yield start, end

    def _seeds(self, key: str, parts: int) -> Iterator[int]:
        """Where a string would start whose parts are found; one more than too many at most."""
        size = -(-len(key) // parts)
        found = 0
        for offset in range(0, len(key), size):
            at = self._text.find(key[offset : offset + size])
            while at >= 0 and found <= _MOST_SEEDS:
                found += 1
                yield at - offset
                at = self._text.find(key[offset : offset + size], at + 1)

    def _starts_at(self, at: int, key: str) -> bool:
        text = self._text
        return (
            0 <= at < len(text)
            and (joins(text[at]) or text[at] == key[0])
            and (at == 0 or not goes_on(text, at))
        )

    def _ends_at(self, at: int, key: str) -> bool:
        text = self._text
        return (
            0 < at <= len(text)
            and (joins(text[at - 1]) or text[at - 1] == key[-1])
            and (at == len(text) or not goes_on(text, at))
        )

    def _original(self, stretch: Stretch) -> Stretch | None:
        """The stretch of the source with the accents behind it; None if it splits a character."""
        source, (first, last) = self._source, stretch
        start, end = self._origin(first), self._origin(last - 1) + 1
        while end < len(source) and splits_character(source, end):
            end += 1
        whole = evenly_spaced(unaccented(source[start:end])) == self._text[first:last]
        return (start, end) if whole and stands_alone(source, start, end) else None

    def _origin(self, at: int) -> int:
        """The index in the source of a character of the folded text, which is no space."""
        if self._is_source:
            return at
        word = self._text.rfind(" ", 0, at) + 1
        start = self._words[self._text.count(" ", 0, at)]
        if self._source.isascii():
            return start + at - word
        left = at - word
        while left >= len(unaccented(self._source[start])):
            left -= len(unaccented(self._source[start]))
            start += 1
        return start

    @cached_property
    def _words(self) -> list[int]:
        """Where the words of the source begin, but for those of which folding leaves nothing."""
        words = _WORD.finditer(self._source)
        if self._source.isascii():
            return [word.start() for word in words]
        return [word.start() for word in words if unaccented(word[0])]


def _around(middle: int, reach: int) -> range:
    return range(middle - reach, middle + reach + 1)
