"""Places of the characters of a copy in the text it was copied from; linear in their lengths.

A copy may differ from its text: other white space, typos, stretches left out, added or repeated, a
missing end. Stretches in which both agree are matched. Text between two such stretches is compared
word by word (`pii_sft.targets.tags.word_diff`) if it is short, and is left unmatched if it is long.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import pairwise

from pii_sft.align.boundaries import goes_on
from pii_sft.targets.tags.word_diff import matches, words

_SPACE = re.compile(r"\s")
_GUARDED = re.compile("[<{]")

ANCHOR = 12
"""Characters that have to agree after a difference, before matching continues."""

LOOKAHEAD = 24
"""Characters behind the first such agreement within which a better one may begin."""

LONGEST_GAP = 600
"""Most characters between two matches that are compared word by word."""

SLACK = 16
"""Most characters of the text that a copy may lack at its end without counting as cut."""

NOWHERE = -1


def trace(copy: str, text: str, borders: Collection[int] = ()) -> Sequence[int]:
    """The index in the text of each character of a copy, whatever its case; else `NOWHERE`.

    Args:
        copy: the copy.
        text: what it was copied from.
        borders: where in the copy something begins or ends, so that no word goes on.
    """
    if text.startswith(copy):
        return range(len(copy))
    return _guarded(copy, text) or _Walk(_folded(copy), _folded(text), borders).origin


def copied(copy: str, text: str, origin: Sequence[int]) -> float:
    """Share of a copy that follows the text, from 0 to 1; white space does not count.

    Args:
        copy: the copy.
        text: what it was copied from.
        origin: its trace.
    """
    places = [index for index, each in zip(origin, copy, strict=True) if not each.isspace()]
    if len(places) < 2:
        return float(places != [NOWHERE])
    together = sum(
        NOWHERE < before < after and len(text[before:after].split()) <= 1
        for before, after in pairwise(places)
    )
    return together / (len(places) - 1)


def _folded(text: str) -> str:
    """A text without case, and with one kind of white space."""
    lowered = text.lower()
    return _SPACE.sub(" ", lowered if len(lowered) == len(text) else text)


def _guarded(copy: str, text: str) -> list[int] | None:
    """A copy with nothing but a space put in behind some `<` and `{`, as `guarded` does."""
    origin: list[int] = []
    begin = at = 0
    for stop in [*(found.end() for found in _GUARDED.finditer(text)), len(text)]:
        size = min(stop - begin, len(copy) - at)
        if copy[at : at + size] != text[begin : begin + size]:
            return None
        origin += range(begin, begin + size)
        at += size
        begin = stop
        if copy.startswith(" ", at) and not text.startswith(" ", begin):
            origin.append(NOWHERE)
            at += 1
    return origin if at == len(copy) else None


class _Walk:
    """One walk along a copy, with the index of the text beside it."""

    def __init__(self, copy: str, text: str, borders: Collection[int]) -> None:
        self._copy = copy
        self._text = text
        self._borders = frozenset(borders)
        self.origin = [NOWHERE] * len(copy)
        self._places: dict[str, list[int]] = {}
        for index in range(len(text) - ANCHOR + 1):
            self._places.setdefault(text[index : index + ANCHOR], []).append(index)
        at = here = 0
        while True:
            same = self._agree(at, here)
            self.origin[at : at + same] = range(here, here + same)
            at, here = at + same, here + same
            if at == len(copy):
                return
            anchor, place = self._next_anchor(at, here)
            if anchor == len(copy):
                rest = len(copy) - at
                whole = len(text) - here <= rest + SLACK
                self._compare(at, anchor, here, len(text) if whole else here + rest)
                return
            self._compare(at, anchor, here, max(here, place))
            at, here = anchor, place

    def _agree(self, at: int, here: int) -> int:
        """Number of characters that agree from here on; in steps that double, then halve."""
        copy, text = self._copy, self._text
        most = min(len(copy) - at, len(text) - here)
        done, step = 0, 16
        while step:
            size = min(step, most - done)
            if size and copy[at : at + size] == text[here : here + size]:
                at, here, done = at + size, here + size, done + size
                step *= 2
            else:
                step //= 2
        return done

    def _next_anchor(self, at: int, here: int) -> tuple[int, int]:
        """Next place at which copy and text agree, with the least difference before."""
        found: dict[int, tuple[int, int]] = {}
        last = len(self._copy) - ANCHOR
        anchor = at
        while anchor <= last:
            places = self._places.get(self._copy[anchor : anchor + ANCHOR])
            if places is not None:
                last = min(last, anchor + LOOKAHEAD) if not found else last
                for near in (here, here + anchor - at):
                    ahead = bisect_left(places, near)
                    for place in places[max(0, ahead - 1) : ahead + 1]:
                        found.setdefault(place - anchor, (anchor, place))
            anchor += 1
        if not found:
            return len(self._copy), len(self._text)
        return min(found.values(), key=lambda each: self._difference(at, each[0], here, each[1]))

    def _difference(self, at: int, stop: int, here: int, end: int) -> int:
        """Number of letters to be put in or left out between two agreements."""
        from rapidfuzz.distance import Indel

        if end < here:
            return stop - at + ANCHOR
        if stop - at > LONGEST_GAP or end - here > LONGEST_GAP:
            return stop - at + end - here
        return Indel.distance(self._copy[at:stop], self._text[here:end])

    def _compare(self, at: int, stop: int, here: int, end: int) -> None:
        """Match what lies between two agreements, word by word."""
        if not (0 < stop - at <= LONGEST_GAP and 0 < end - here <= LONGEST_GAP):
            return
        copy, text, borders = self._copy, self._text, self._borders
        while at and here and self.origin[at - 1] == here - 1 and self._inside_word(at):
            at, here = at - 1, here - 1
        while stop < len(copy) and copy[stop] == text[end : end + 1] and self._inside_word(stop):
            stop, end = stop + 1, end + 1
        ours, theirs = words(copy, at, stop, borders), words(text, here, end)
        for index, place in matches(copy, ours, text, theirs):
            self.origin[index] = place

    def _inside_word(self, at: int) -> bool:
        """True if a word goes on over an index of the copy."""
        return at not in self._borders and goes_on(self._copy, at)
