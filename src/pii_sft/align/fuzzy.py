"""Stretches of a text that a string may have been copied from with a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from unicodedata import category

from pii_sft.align.boundaries import goes_on, joins, splits_character, stands_alone
from pii_sft.align.normalize import evenly_spaced, unaccented
from pii_sft.align.types import Stretch

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


_LETTERS_FOR_EACH = 8
_MOST = 3
_LEAST_IF_MISSING = 4
_LEAST_IF_SWAPPED = 5
_LEAST_IF_CHANGED = 10
_LEAST_OF_THE_REST = 4
_LEAST_WITHOUT_REST = 12

_LETTERS = re.compile(r"[^\W_]*")
_DIGIT = re.compile(r"\d")
_ROMAN_NUMBER = re.compile(r"[ivxlcdm]+")


def slips_allowed(surface: str) -> int:
    """How many slips a folded string may have: 1 for 8 letters and digits, 2 for 16, 3 for 24."""
    return min(_MOST, _size(surface) // _LETTERS_FOR_EACH)


def slips(surface: str, stretch: str) -> int | None:
    """How many words of a folded string differ from those of the text by one slip each.

    What does not differ has to vouch for what does: at least four letters or digits, unless the
    word with the slip has twelve itself.

    Args:
        surface: the string, one space between words.
        stretch: what stands in the text, likewise.

    Returns:
        None if a word differs by more, or there are more or fewer words.
    """
    ours, theirs = surface.split(" "), stretch.split(" ")
    if len(ours) != len(theirs):
        return None
    runs = [slip(*pair) for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    sizes = [len(run) for run in runs if run is not None]
    if len(sizes) < len(runs):
        return None
    if _size(stretch) - sum(sizes) < _LEAST_OF_THE_REST and min(sizes) < _LEAST_WITHOUT_REST:
        return None
    return len(runs)


def slip(ours: str, theirs: str) -> str | None:
    """The letters of the text that `ours` was copied from with one slip.

    A letter is missing (of a run of at least four), two neighbours are swapped (at least five), or
    one is changed or added (at least ten); or a mark of punctuation is missing, changed or added.
    Digits never differ, nor do letters in one run with a digit, nor marks between two; neither do
    Roman numbers, nor characters of scripts written without spaces, each of which is a word.

    Returns:
        The run of letters that the slip is in, empty if it is in punctuation; None if the words
        differ by something else.
    """
    first = _common_start(ours, theirs)
    behind = _common_start(ours[first:][::-1], theirs[first:][::-1])
    our_part, their_part = ours[first : len(ours) - behind], theirs[first : len(theirs) - behind]
    swapped = len(our_part) == 2 and our_part[::-1] == their_part
    if not swapped and max(len(our_part), len(their_part)) > 1:
        return None
    before, after = theirs[:first], theirs[first + len(their_part) :]
    changed = our_part + their_part
    if all(category(each)[0] == "P" for each in changed):
        return None if before[-1:].isdecimal() and after[:1].isdecimal() else ""
    run = _run_around(before, their_part, after)
    if not all(each.isalpha() and joins(each) for each in changed):
        return None
    if _DIGIT.search(run) or _ROMAN_NUMBER.fullmatch(run):
        return None
    if swapped:
        return run if len(run) >= _LEAST_IF_SWAPPED else None
    return run if len(run) >= (_LEAST_IF_CHANGED if our_part else _LEAST_IF_MISSING) else None


def _size(string: str) -> int:
    return sum(map(str.isalnum, string))


def _common_start(left: str, right: str) -> int:
    number = 0
    for ours, theirs in zip(left, right, strict=False):
        if ours != theirs:
            break
        number += 1
    return number


def _run_around(before: str, part: str, after: str) -> str:
    """Letters and digits of the text that stand together with what changed."""
    left, right = _LETTERS.match(before[::-1]), _LETTERS.match(after)
    return (left[0][::-1] if left else "") + part + (right[0] if right else "")
