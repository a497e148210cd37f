"""Many strings, searched for in the texts of a block at once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.audit.block import Block
from pii_sft.spans import Span

T = TypeVar("T")

Codes = NDArray[np.uint64]
Indices = NDArray[np.intp]

WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u058f\u1e00-\u1fff]+")
"""Words of scripts that put spaces between them; others are compared by two characters in a row."""

_LAST_WORD = 0x2000
_IS_WORD = np.array([WORD.match(chr(each)) is not None for each in range(_LAST_WORD + 1)])
_FIRST_WIDE = 0x80
_SLOT_BITS = 20
_MOST = 1 << 16
"""Characters that are searched at once without making the table of powers longer."""

# A word's hash is its characters as digits of a number to an odd base, modulo 2^64: those of all
# words of a text come from one running sum, and an odd base has an inverse to shift them by.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_SCATTER = np.uint64(0xD6E8FEB86659FD93)


class StringIndex(Generic[T]):
    """Finds strings where they stand as whole words outside all spans.

    Each is listed under the part of it that the fewest others hold: a word, or two characters in a
    row of scripts without spaces. Which parts stand in the texts of a block is looked up in a table
    of hashes, for all of them at once.

    Args:
        strings: strings, each with what it stands for; one without such a part is never found.
    """

    def __init__(self, strings: Iterable[tuple[str, T]]) -> None:
        parted = [(parts, string, it) for string, it in strings if (parts := _parts(string))]
        frequency = Counter(part for parts, _, _ in parted for part in parts)
        self._listed: dict[str, list[tuple[int, str, T]]] = {}
        self._listed_under: dict[str, str] = {}
        for parts, string, it in parted:
            part = min(parts, key=lambda part: (frequency[part], part))
            self._listed.setdefault(part, []).append((parts[part], string, it))
            self._listed_under[string] = part
        words = [each for each in self._listed if WORD.fullmatch(each)]
        pairs = [each for each in self._listed if not WORD.fullmatch(each)]
        self._searches = [
            (_table_of(parts, parts_in), parts_in)
            for parts, parts_in in ((words, _words_in), (pairs, _pairs_in))
            if parts
        ]

    def search(self, block: Block) -> Iterator[tuple[int, Span, T]]:
        """Places of documents in a block, where in their text something stands, and what."""
        codes = np.where(block.covered, 0, block.codes).view(np.uint64)
        text, begins, text_ends = block.text, block.begins.tolist(), block.text_ends.tolist()
        for taken, parts_in in self._searches:
            slots, starts, ends = parts_in(codes)
            hits = np.flatnonzero(taken[slots])
            for start, end in zip(starts[hits].tolist(), ends[hits].tolist(), strict=True):
                for place, string, it in self._listed.get(text[start:end], ()):
                    low, high = start - place, start - place + len(string)
                    if low < 0 or not text.startswith(string, low):
                        continue
                    document = bisect_right(begins, low) - 1
                    if high > text_ends[document] or block.covered[low:high].any():
                        continue
                    if not joins(text, low) and not joins(text, high):
                        shift = begins[document]
                        yield document, Span(low - shift, high - shift, ""), it

    def forget(self, string: str) -> None:
        """Find a string no more."""
        part = self._listed_under.pop(string, "")
        if left := [each for each in self._listed.pop(part, ()) if each[1] != string]:
            self._listed[part] = left


def joins(text: str, at: int) -> bool:
    """True if a place is inside a word."""
    return 0 < at < len(text) and bool(WORD.match(text[at - 1]) and WORD.match(text[at]))


def _words_in(codes: Codes) -> tuple[Codes, Indices, Indices]:
    """Words of at least two characters: slots in the table, starts, ends."""
    word = np.zeros(len(codes) + 2, np.int8)
    word[1:-1] = _IS_WORD[np.minimum(codes, _LAST_WORD)]
    edges = np.flatnonzero(np.diff(word))
    starts, ends = edges[::2], edges[1::2]
    longer = ends - starts > 1
    starts, ends = starts[longer], ends[longer]
    powers, inverses = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    return _slots((sums[ends] - sums[starts]) * inverses[starts]), starts, ends


def _pairs_in(codes: Codes) -> tuple[Codes, Indices, Indices]:
    """Two characters in a row, one of them neither of a word nor ASCII: likewise."""
    wide = (codes >= _FIRST_WIDE) & ~_IS_WORD[np.minimum(codes, _LAST_WORD)]
    starts = np.flatnonzero(wide[:-1] | wide[1:])
    return _slots(codes[starts] << np.uint64(32) | codes[starts + 1]), starts, starts + 2


def _table_of(
    anchors: Sequence[str], parts_in: Callable[[Codes], tuple[Codes, Indices, Indices]]
) -> NDArray[np.bool_]:
    """A table in which the slots of some words or pairs are taken."""
    taken = np.zeros(1 << _SLOT_BITS, bool)
    taken[parts_in(_codes("\0".join(anchors)))[0]] = True
    return taken


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


def _slots(hashes: Codes) -> Codes:
    return hashes * _SCATTER >> np.uint64(64 - _SLOT_BITS)


def _powers_of(base: int, count: int) -> Codes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


_table = (_powers_of(_BASE, _MOST), _powers_of(_INVERSE, _MOST))


def _powers(count: int) -> tuple[Codes, Codes]:
    if count <= _MOST:
        return _table
    return _powers_of(_BASE, count), _powers_of(_INVERSE, count)


def _parts(string: str) -> dict[str, int]:
    """Words of a string; for scripts without spaces, two characters in a row: where each stands."""
    words = {match[0]: match.start() for match in WORD.finditer(string) if len(match[0]) > 1}
    if words or string.isascii():
        return words
    pairs = enumerate(pairwise(string))
    return {a + b: at for at, (a, b) in pairs if a.isalnum() and b.isalnum()}
