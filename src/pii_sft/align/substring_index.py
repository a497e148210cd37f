"""Looking for many strings in one long text without reading it again for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, cast

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

_MOST_PLACES = 10_000
"""Places of the rarest runs of a string beyond which they say nothing."""

_MOST_PAIRS = 24
"""Pairs of characters by which a place is judged, which few wrong ones pass."""

_FACTOR = 0x9E3779B97F4A7C15


def finder(text: str) -> Find:
    """The fastest `str.find` for a text of this length."""
    long = long_text(text)
    return text.find if long is None else long.find


def long_text(text: str) -> LongText | None:
    """A text that is long enough to be worth an index; None for a shorter one."""
    return None if len(text) < _SHORTEST else LongText(text)


class LongText:
    """One long text; what is read of it for one string after the other is kept count of."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _READINGS * len(text)

    @property
    def is_indexed(self) -> bool:
        """True once strings have been looked for so often that an index costs less."""
        return self._left <= 0

    def find(self, string: str, start: int = 0) -> int:
        """Index of the next occurrence from `start` on, or -1."""
        if self.is_indexed and len(string) >= _GRAMS[-1]:
            size = next(size for size in _GRAMS if size <= len(string))
            return (self._long if size == _GRAMS[0] else self._short).find(string, start)
        at = self._text.find(string, start)
        self._left -= (at if at >= 0 else len(self._text)) - start
        return at

    def starts(self, string: str, typos: int) -> list[int] | None:
        """Where a string would start of which one run at least of the rarest stands in the text.

        They are one run more than typos, with a character between two of them, so that two letters
        that are swapped belong to one at most.

        Returns:
            None if the string is too short for so many runs, or the runs are too common.
        """
        import numpy as np

        runs = self._long.rarest(string, typos + 1)
        if runs is None or sum(len(places) for places, _ in runs) > _MOST_PLACES:
            return None
        found = np.concatenate([places - offset for places, offset in runs])
        return cast("list[int]", np.unique(found).tolist())

    def likely(self, starts: Sequence[int], string: str, typos: int, reach: int) -> list[int]:
        """The starts around which so much of a string stands as has to with so many typos.

        Of the pairs of neighbours, a typo changes three at most, which is if two are swapped, and
        two if it moves what is behind it. So with a single typo, all pairs but these are there in
        one row from the start and one from the end.

        Args:
            starts: where the string would start.
            string: the string, of at least two characters.
            typos: how many letters may be missing, swapped, changed or too many.
            reach: how far typos may move what is behind them.
        """
        import numpy as np

        size = _GRAMS[-1]
        codes = _codes_of_short(string, size)[:_MOST_PAIRS]
        number = len(codes)
        at = np.array(starts)[:, None] + np.arange(-reach, number + reach)
        around = self._pairs[np.clip(at, 0, len(self._pairs) - 1)]
        # By start and move, the pairs that are there; none is in front of the first and behind the
        # last, where rows end.
        there = np.zeros((len(starts), 2 * reach + 1, number + 2), bool)
        for move in range(2 * reach + 1):
            there[:, move, 1:-1] = around[:, move : move + number] == codes
        if typos == 1:
            ahead, behind = there[..., 1:].argmin(axis=2), there[..., -2::-1].argmin(axis=2)
            unmoved, moved = (ahead + behind).max(axis=1), ahead.max(axis=1) + behind.max(axis=1)
            enough = (unmoved >= number - size - 1) | (moved >= number - size)
        else:
            enough = there.any(axis=1).sum(axis=1) >= number - (size + 1) * typos
        return list(compress(starts, enough.tolist()))

    @cached_property
    def _pairs(self) -> NDArray[np.uint64]:
        return _codes(self._text, _GRAMS[-1])

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

    def rarest(self, string: str, number: int) -> list[tuple[NDArray[Any], int]] | None:
        """Where so many of the rarest runs of a string stand, and how far inside the string.

        Of all choices of runs with a character between them, the one with the fewest places.

        Returns:
            None if the string is too short for so many.
        """
        step = self.size + 1
        if len(string) + 1 < number * step:
            return None
        first, last = self._range(string)
        counts = (last - first).tolist()
        # The fewest places of so many runs that end before each index; as in seeds of read mappers.
        fewest: list[list[float]] = [[0] * (len(counts) + step)]
        for _ in range(number):
            before, now = fewest[-1], [math.inf] * step
            for at, count in enumerate(counts):
                now.append(min(now[-1], before[at] + count))
            fewest.append(now)
        runs = []
        at = len(counts) + step - 1
        for row in reversed(fewest[1:]):
            while row[at - 1] == row[at]:
                at -= 1
            at -= step
            runs.append((self.places[first[at] : last[at]], at))
        return runs

    def _rarest(self, string: str) -> tuple[NDArray[Any], int]:
        """Where the rarest run of a string stands, and how far inside the string."""
        first, last = self._range(string)
        rarest = int((last - first).argmin())
        return self.places[first[rarest] : last[rarest]], rarest

    def _range(self, string: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each run of a string, the first of its places and the one behind its last."""
        codes = _codes_of_short(string, self.size)
        return self.codes.searchsorted(codes, "left"), self.codes.searchsorted(codes, "right")


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
