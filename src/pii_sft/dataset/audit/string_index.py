"""Search for many strings at once in the texts of a block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.audit.block import Block, Flags, Indices, character_class, table_where
from pii_sft.spans import Span

T = TypeVar("T")

Digits = NDArray[np.uint64]
Hashes = NDArray[np.uint64]

WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u058f\u1e00-\u1fff]+")
"""Words of scripts that put spaces between them; others are compared by two characters in a row."""

_OF_WORD = character_class(
    table_where(lambda each: WORD.match(each) is not None, plain=False, other=False)
)
_FIRST_WIDE = 0x80
_SLOT_BITS = 20
_AT_ONCE = 256
"""Strings whose hashes are taken at once."""
_MOST = 1 << 16
"""Characters that are searched at once without making the table of powers longer."""

# A string's hash is its characters as digits of a number to an odd base, modulo 2^64: those of all
# stretches of a text come from one running sum, and an odd base has an inverse to shift them by.
# The digits are counted from 1: what stands in a span is a row of zeros, which no string is.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_SCATTER = np.uint64(0xD6E8FEB86659FD93)


class StringIndex(Generic[T]):
    """Finds strings where they stand as whole words outside all spans.

    Each string is indexed by its rarest part: a word, or two characters in a row in scripts without
    spaces. Strings whose part occurs in a block are then compared by their hashes, all at once.

    Args:
        strings: strings, each with what it stands for; one without such a part is never found.
    """

    def __init__(self, strings: Iterable[tuple[str, T]]) -> None:
        parted = [(parts, string, it) for string, it in strings if (parts := _parts(string))]
        frequency = Counter(part for parts, _, _ in parted for part in parts)
        listed: dict[str, list[tuple[int, str, T]]] = {}
        for parts, string, it in parted:
            part = min(parts, key=lambda part: (frequency[part], part))
            listed.setdefault(part, []).append((parts[part], string, it))
        words = {part: each for part, each in listed.items() if WORD.fullmatch(part)}
        pairs = {part: each for part, each in listed.items() if part not in words}
        self._words, self._pairs = _Listed(words), _Listed(pairs)

    def search(self, block: Block) -> Iterator[tuple[int, Span, T]]:
        """Places of documents in a block, where in their text something stands, and what."""
        running = _Running(np.where(block.covered, 0, block.codes + 1).view(np.uint64))
        word = block.of_class(_OF_WORD)
        free = ~block.covered
        yield from self._words.search(block, running, word, *_words_in(running, word & free))
        yield from self._pairs.search(block, running, word, *_pairs_in(running.digits, word))

    def forget(self, string: str) -> None:
        """Find a string no more."""
        self._words.forget(string)
        self._pairs.forget(string)


class _Running:
    """Running sums, from which the hash of any stretch is computed.

    Args:
        digits: of the text.
    """

    def __init__(self, digits: Digits) -> None:
        self.digits = digits
        powers, self._inverses = _powers(len(digits) + 1)
        self._sums = np.zeros(len(digits) + 1, np.uint64)
        np.cumsum(digits * powers[: len(digits)], out=self._sums[1:])

    def hashes(self, starts: Indices, ends: Indices) -> Hashes:
        """Hashes of stretches."""
        hashes: Hashes = (self._sums[ends] - self._sums[starts]) * self._inverses[starts]
        return hashes


class _Listed(Generic[T]):
    """Strings, listed under parts that are all words, or all pairs.

    Args:
        listed: by part, where it stands in a string, the string, and what that stands for.
    """

    def __init__(self, listed: dict[str, list[tuple[int, str, T]]]) -> None:
        hashes = dict(zip(_part_hashes(list(listed)).tolist(), listed.values(), strict=True))
        self._parts = np.array(sorted(hashes), np.uint64)
        by_part = [hashes[each] for each in sorted(hashes)]
        self._firsts: Indices = np.cumsum([0, *map(len, by_part)])
        entries = [entry for each in by_part for entry in each]
        self._strings = [string for _, string, _ in entries]
        self._stand_for = [it for *_, it in entries]
        self._numbers = {string: number for number, string in enumerate(self._strings)}
        self._place: Indices = np.array([at for at, *_ in entries], np.intp)
        self._length: Indices = np.array(list(map(len, self._strings)), np.intp)
        self._hash = _hashes_of(self._strings)
        self._forgotten = np.zeros(len(entries), bool)
        self._taken = np.zeros(1 << _SLOT_BITS, bool)
        self._taken[_slots(self._parts)] = True

    def search(
        self, block: Block, running: _Running, word: Flags, hashes: Hashes, starts: Indices
    ) -> Iterator[tuple[int, Span, T]]:
        """Likewise, where some parts are known to stand."""
        if not self._strings:
            return
        lows, entries = self._listed_under(hashes, starts)
        highs = lows + self._length[entries]
        inside = (lows >= 0) & (highs < len(running.digits)) & ~self._forgotten[entries]
        lows, highs, entries = lows[inside], highs[inside], entries[inside]
        equal = running.hashes(lows, highs) == self._hash[entries]
        equal &= ~(word[lows - 1] & word[lows]) & ~(word[highs - 1] & word[highs])
        lows, highs, entries = lows[equal], highs[equal], entries[equal]
        documents = np.searchsorted(block.begins, lows, "right") - 1
        shifts = block.begins[documents]
        whole = highs <= block.text_ends[documents]
        found = (documents, lows, lows - shifts, highs - shifts, entries)
        for document, low, start, end, entry in zip(
            *(each[whole].tolist() for each in found), strict=True
        ):
            if self._forgotten[entry] or not block.text.startswith(self._strings[entry], low):
                continue
            yield document, Span(start, end, ""), self._stand_for[entry]

    def _listed_under(self, hashes: Hashes, starts: Indices) -> tuple[Indices, Indices]:
        """Where the strings that are listed under some parts would begin, and their numbers."""
        hits = np.flatnonzero(self._taken[_slots(hashes)])
        rows = np.searchsorted(self._parts, hashes[hits])
        rows[rows == len(self._parts)] = 0
        same = self._parts[rows] == hashes[hits]
        hits, rows = hits[same], rows[same]
        counts = self._firsts[rows + 1] - self._firsts[rows]
        before = np.cumsum(counts) - counts
        entries = np.arange(counts.sum()) + np.repeat(self._firsts[rows] - before, counts)
        return np.repeat(starts[hits], counts) - self._place[entries], entries

    def forget(self, string: str) -> None:
        if string in self._numbers:
            self._forgotten[self._numbers[string]] = True


def joins(text: str, at: int) -> bool:
    """True if a place is inside a word."""
    return 0 < at < len(text) and bool(WORD.match(text[at - 1]) and WORD.match(text[at]))


def _words_in(running: _Running, word: Flags) -> tuple[Hashes, Indices]:
    """Words of at least two characters: their hashes, and where they begin."""
    edges = np.flatnonzero(np.diff(word, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    longer = ends - starts > 1
    starts, ends = starts[longer], ends[longer]
    return running.hashes(starts, ends), starts


def _pairs_in(digits: Digits, word: Flags) -> tuple[Hashes, Indices]:
    """Two characters in a row, one of them neither of a word nor ASCII: likewise."""
    wide = (digits > _FIRST_WIDE) & ~word
    starts = np.flatnonzero(wide[:-1] | wide[1:])
    return digits[starts] << np.uint64(32) | digits[starts + 1], starts


def _part_hashes(parts: Sequence[str]) -> Hashes:
    """Hashes of words, or of pairs, that are told from each other by their first."""
    if parts and not WORD.fullmatch(parts[0]):
        pairs = _digits("".join(parts))
        return pairs[::2] << np.uint64(32) | pairs[1::2]
    return _hashes_of(parts)


def _hashes_of(strings: Sequence[str]) -> Hashes:
    """Hashes of whole strings."""
    found = [np.zeros(0, np.uint64)]
    for at in range(0, len(strings), _AT_ONCE):  # all of them would take a table of powers as long
        some = strings[at : at + _AT_ONCE]
        ends: Indices = np.cumsum([0, *map(len, some)])
        found.append(_Running(_digits("".join(some))).hashes(ends[:-1], ends[1:]))
    return np.concatenate(found)


def _digits(text: str) -> Digits:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes.astype(np.uint64) + np.uint64(1)


def _slots(hashes: Hashes) -> NDArray[np.uint64]:
    return hashes * _SCATTER >> np.uint64(64 - _SLOT_BITS)


def _powers_of(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


_table = (_powers_of(_BASE, _MOST), _powers_of(_INVERSE, _MOST))


def _powers(count: int) -> tuple[Hashes, Hashes]:
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
