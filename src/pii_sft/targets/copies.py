"""Where each character of a copy stands in the text it was copied from; linear in their lengths.

A copy may differ from its text: other white space, slips, stretches left out, put in or repeated,
no end. Where both agree for some characters they are matched; what lies between is compared letter
by letter if it is short, and belongs to nothing if it is long.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

_GUARDED = re.compile("[<{]")

ANCHOR = 12
"""How many characters have to agree to find the way again, after a difference."""

LONGEST_GAP = 600
"""How many characters between two matches are compared letter by letter."""

SLACK = 16
"""How many more characters a text may have left than its copy, without being thought cut."""

NOWHERE = -1


def trace(copy: str, text: str) -> Sequence[int]:
    """The index in the text of each character of a copy; `NOWHERE` for what was put in.

    A difference of one letter counts as that letter.
    """
    if text.startswith(copy):
        return range(len(copy))
    return _guarded(copy, text) or _Walk(copy, text).origin


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

    def __init__(self, copy: str, text: str) -> None:
        self._copy = copy
        self._text = text
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
        """How many characters agree from here on; in steps that double, then halve."""
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
        """Where copy and text agree next: there ahead if possible, else the closest before."""
        for anchor in range(at, len(self._copy) - ANCHOR + 1):
            places = self._places.get(self._copy[anchor : anchor + ANCHOR])
            if places is not None:
                ahead = bisect_left(places, here)
                place = places[ahead] if ahead < len(places) else places[-1]
                return self._back(anchor, place, at, here)
        return len(self._copy), len(self._text)

    def _back(self, anchor: int, place: int, at: int, here: int) -> tuple[int, int]:
        """Where the agreement at an anchor begins."""
        while anchor > at and place > here and self._copy[anchor - 1] == self._text[place - 1]:
            anchor, place = anchor - 1, place - 1
        return anchor, place

    def _compare(self, at: int, stop: int, here: int, end: int) -> None:
        """Match what lies between two agreements, letter by letter."""
        from rapidfuzz.distance import Levenshtein

        if not (0 < stop - at <= LONGEST_GAP and 0 < end - here <= LONGEST_GAP):
            return
        for step in Levenshtein.opcodes(self._copy[at:stop], self._text[here:end]):
            if step.tag in ("equal", "replace"):
                self.origin[at + step.src_start : at + step.src_end] = range(
                    here + step.dest_start, here + step.dest_end
                )
