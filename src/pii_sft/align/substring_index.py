"""Looking for many strings in one long text without reading it again for each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.spans import HoldsText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Find = Callable[[str, int], int]
"""Index of the next occurrence of a string from an index on, or -1; as `str.find`."""

_SHORTEST = 4096
"""The fewest characters of a text that is worth an index."""

_READINGS = 24
"""Readings of a whole text before its index is made, which costs about as much."""

_GRAMS = (4, 2)
"""Numbers of characters that are looked up together: as many as a string has, the longer first."""

_FACTOR = 0x9E3779B97F4A7C15


def finder(text: str) -> Find:
    """The fastest `str.find` for a text of this length."""
    return text.find if len(text) < _SHORTEST else _Finder(text).find


class _Finder:
    """One long text; what is read of it for one string after the other is kept count of."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _READINGS * len(text)

    def find(self, string: str, start: int = 0) -> int:
        """Index of the next occurrence from `start` on, or -1."""
        if self._left <= 0 and len(string) >= _GRAMS[-1]:
            size = next(size for size in _GRAMS if size <= len(string))
            return (self._long if size == _GRAMS[0] else self._short).find(string, start)
        at = self._text.find(string, start)
        self._left -= (at if at >= 0 else len(self._text)) - start
        return at

    @cached_property
    def _long(self) -> _Grams:
        return _Grams.of(self._text, _GRAMS[0])

    @cached_property
    def _short(self) -> _Grams:
        return _Grams.of(self._text, _GRAMS[-1])


class _Grams(HoldsText, msgspec.Struct):
    """Where each run of some characters stands in a text.

    Attributes:
        text: the text.
        size: how many characters a run has.
        codes: a number for each run, ascending; two runs seldom have the same.
        places: where each of them stands, ascending among equal ones.
        last: what was looked up last, which is mostly looked for again from the hit on: a string,
            where its rarest run stands, and how far inside of it that is.
    """

    text: str
    size: int
    codes: NDArray[np.uint64]
    places: NDArray[Any]
    last: tuple[str, NDArray[Any], int] | None = None

    @classmethod
    def of(cls, text: str, size: int) -> _Grams:
        """Index a text; the work is that of sorting its characters."""
        import numpy as np

        codes = _codes(text, size)
        places = np.argsort(codes, kind="stable")
        return cls(text, size, codes[places], places)

    def find(self, string: str, start: int) -> int:
        """Index of the next occurrence from `start` on, or -1: where its rarest run stands."""
        if self.last is None or self.last[0] != string:
            self.last = (string, *self._rarest(string))
        _, places, inside = self.last
        for place in places[places.searchsorted(start + inside) :]:
            if self.text.startswith(string, int(place) - inside):
                return int(place) - inside
        return -1

    def _rarest(self, string: str) -> tuple[NDArray[Any], int]:
        """Where the rarest run of a string stands, and how far inside the string."""
        codes = _codes_of_short(string, self.size)
        first = self.codes.searchsorted(codes, "left")
        last = self.codes.searchsorted(codes, "right")
        rarest = int((last - first).argmin())
        return self.places[first[rarest] : last[rarest]], rarest


def _codes(text: str, size: int) -> NDArray[np.uint64]:
    """A number for each run of `size` characters."""
    import numpy as np

    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    number = len(characters) - size + 1
    codes = np.zeros(number, dtype=np.uint64)
    for at in range(size):
        codes *= np.uint64(_FACTOR)
        codes += characters[at : at + number]
    return codes


_SHORT = 64
_ALL_BITS = (1 << 64) - 1


def _codes_of_short(string: str, size: int) -> NDArray[np.uint64]:
    """The same numbers, without the cost of vectors where a string is short, as most are."""
    import numpy as np

    if len(string) > _SHORT:
        return _codes(string, size)
    points = list(map(ord, string))
    codes = []
    for start in range(len(points) - size + 1):
        code = 0
        for point in points[start : start + size]:
            code = (code * _FACTOR + point) & _ALL_BITS
        codes.append(code)
    return np.array(codes, dtype=np.uint64)
