"""Fast check for many spans at once: do they start and end at the edges of words?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pii_sft.align import stands_alone
from pii_sft.align.boundaries import clings, joins
from pii_sft.span_columns import Mask, SpanColumns
from pii_sft.targets.placeholders import PLACEHOLDERS

_UNKNOWN, _JOINS, _CLINGS, _LETTER, _NOTHING = 1, 2, 4, 8, 16
_kinds = np.full(0x10001, _UNKNOWN, np.uint8)
"""The kinds of each character by code point, filled on first use; the last is for all others."""
_kinds[-1] = _JOINS | _CLINGS


class WordEdges:
    """The characters at both sides of both ends of many spans."""

    def __init__(self, columns: SpanColumns) -> None:
        at = np.stack([columns.starts - 1, columns.starts, columns.ends - 1, columns.ends])
        near = np.minimum(columns.characters[at], len(_kinds) - 1)
        for code in set(near[_kinds[near] == _UNKNOWN].tolist()):
            _kinds[code] = _kind(chr(code))
        self._before, self._first, self._last, self._after = _kinds[near]
        self._columns = columns

    def cut_words(self) -> Mask:
        """Give a mask of the spans that cut a word or a grapheme."""
        cut = _may_go_on(self._before, self._first) | _may_go_on(self._last, self._after)
        columns = self._columns
        for index in cut.nonzero()[0].tolist():
            start, end = int(columns.starts[index]), int(columns.ends[index])
            cut[index] = not stands_alone(columns.text, start, end)
        return cut

    def may_stand_for_nothing(self) -> Mask:
        """Give a mask of the spans for which `is_placeholder` has to be called."""
        words = self._first & self._last & _LETTER != 0
        return np.asarray(~words | (self._first & _NOTHING != 0))


_INITIALS = frozenset(word[0] for word in PLACEHOLDERS)


def _kind(character: str) -> int:
    kinds = _JOINS * joins(character) | _CLINGS * clings(character)
    begins_nothing = character.lower()[0] in _INITIALS
    return kinds | _LETTER * character.isalnum() | _NOTHING * begins_nothing


def _may_go_on(before: NDArray[np.uint8], here: NDArray[np.uint8]) -> Mask:
    """False if `goes_on` surely is False."""
    return np.asarray((before & here & _JOINS != 0) | ((before | here) & _CLINGS != 0))
