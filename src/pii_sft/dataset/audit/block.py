"""Blocks of documents, with their characters and spans as numpy arrays.

Most spans have no fault. Lookups in tables of characters show that for all spans of a block at
once, and checks look only at the others one by one.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.audit.places import Seen
from pii_sft.spans import HoldsText

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

SIZE = 1 << 8
"""Documents in a block: few enough for the processor's cache."""
BETWEEN = "  "
"""Separator after each text."""

_LAST = 0x110000
_PLAIN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))
"""Letters of scripts without case, marks or numbers among them."""
_LOOKED_UP = ((0, 0x33FF), (0xFE00, 0xFFFF))


class Labels(dict[str, int]):
    """Gives each label a number, in the order of first occurrence."""

    def __missing__(self, label: str) -> int:
        self[label] = len(self)
        return self[label]


class StoredArrays(HoldsText, msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The arrays of a block as they are stored between the two passes of an audit.

    Attributes:
        text: all texts, with two spaces behind each.
        lengths: of the texts, as the bytes of an array, like the fields below.
        counts: of the spans of each document.
        labels: of each span, the number of its label.
        starts: of each span, its start in the text of its document.
        ends: of each span, its end.
    """

    text: str
    lengths: bytes
    counts: bytes
    labels: bytes
    starts: bytes
    ends: bytes


def arrays_of(seen: Sequence[Seen], labels: Labels) -> StoredArrays:
    """Make the arrays of some documents."""
    texts = [each.document.text for each in seen]
    spans = [span for each in seen for span in each.document.spans]
    numbers = (
        list(map(len, texts)),
        [len(each.document.spans) for each in seen],
        [labels[span.label] for span in spans],
        [span.start for span in spans],
        [span.end for span in spans],
    )
    return StoredArrays(
        BETWEEN.join((*texts, "")), *(array("i", each).tobytes() for each in numbers)
    )


class Block:
    """Consecutive documents with their characters and spans as arrays.

    Args:
        seen: the documents.
        labels: numbers of labels, the same for all blocks.
        first: number of the first document.
        arrays: of the documents; None to make them.

    Attributes:
        text: all texts, with two spaces behind each.
        codes: its code points.
        begins: where each text begins.
        lengths: of the texts.
        document: of each span, the index of its document in the block.
        label: of each span, the number of its label.
        start: of each span, where it begins in `text`.
        end: of each span, where it ends.
        firsts: of each document, the index of its first span; at the end, the number of spans.
    """

    def __init__(
        self,
        seen: Sequence[Seen],
        labels: Labels,
        first: int = 0,
        arrays: StoredArrays | None = None,
    ) -> None:
        arrays = arrays or arrays_of(seen, labels)
        self.seen = seen
        self.labels = labels
        self.first = first
        self.text = arrays.text
        encoded = self.text.encode("utf-32-le", "surrogatepass")
        # Indices of any other type are converted each time that a table is asked.
        self.codes: Codes = np.frombuffer(encoded, np.uint32).astype(np.intp)
        self.lengths = _indices(arrays.lengths)
        self.begins: Indices = np.zeros(len(seen), np.intp)
        np.cumsum(self.lengths[:-1] + len(BETWEEN), out=self.begins[1:])
        counts = _indices(arrays.counts)
        self.document: Indices = np.repeat(np.arange(len(seen)), counts)
        self.label = _indices(arrays.labels)
        shift = self.begins[self.document]
        self.start: Indices = _indices(arrays.starts) + shift
        self.end: Indices = _indices(arrays.ends) + shift
        self.firsts: Indices = np.zeros(len(seen) + 1, np.intp)
        np.cumsum(counts, out=self.firsts[1:])

    def __iter__(self) -> Iterator[Seen]:
        return iter(self.seen)

    @property
    def text_ends(self) -> Indices:
        """Where each text ends."""
        return self.begins + self.lengths

    @cached_property
    def edges(self) -> tuple[Codes, Codes, Codes, Codes]:
        """Give four characters of each span: before it, its first, its last, after it."""
        codes = self.codes
        before = np.where(self.start > 0, codes[self.start - 1], ord(" "))
        return before, codes[self.start], codes[self.end - 1], codes[self.end]

    @cached_property
    def _bits(self) -> NDArray[np.uint16]:
        return _bits(len(_classes))[self.codes]

    def of_class(self, bit: int) -> Flags:
        """True for the characters of a class."""
        flags: Flags = self._bits & bit != 0
        return flags

    @cached_property
    def covered(self) -> Flags:
        """True for the characters inside a span."""
        if not len(self.start):
            return np.zeros(len(self.codes), bool)
        reach = np.maximum.accumulate(self.end)
        apart = np.flatnonzero(self.start[1:] > reach[:-1])
        bounds = np.empty(2 * len(apart) + 4, np.intp)
        bounds[0], bounds[1], bounds[-2], bounds[-1] = 0, self.start[0], reach[-1], len(self.codes)
        bounds[2:-2:2], bounds[3:-2:2] = reach[apart], self.start[apart + 1]
        lengths = np.diff(bounds)
        return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)

    def some(self, spans: Flags) -> Iterator[tuple[Seen, int]]:
        """Yield each flagged span, as its document and its number there."""
        chosen = np.flatnonzero(spans)
        documents = self.document[chosen]
        numbers = chosen - self.firsts[documents]
        for document, number in zip(documents.tolist(), numbers.tolist(), strict=True):
            yield self.seen[document], number

    def one(self, span: int) -> tuple[Seen, int]:
        """The document of a span, and its number there."""
        document = int(self.document[span])
        return self.seen[document], span - int(self.firsts[document])

    def with_character(self, characters: Flags) -> list[Seen]:
        """Yield the documents that hold a flagged character."""
        at = np.flatnonzero(characters)
        documents = np.searchsorted(self.begins, at, "right") - 1
        return [self.seen[each] for each in dict.fromkeys(documents.tolist())]

    def count(self, characters: Flags, starts: Indices, ends: Indices) -> Indices:
        """Count the flagged characters in each of several ranges."""
        at = np.flatnonzero(characters)
        found: Indices = np.searchsorted(at, ends) - np.searchsorted(at, starts)
        return found


def _indices(numbers: bytes) -> Indices:
    return np.frombuffer(numbers, np.intc).astype(np.intp)


def table_of(characters: Iterable[str]) -> Flags:
    """A table by code point that is True for some characters."""
    table = np.zeros(_LAST, bool)
    table[[ord(each) for each in characters]] = True
    return table


def table_of_ranges(ranges: Iterable[tuple[int, int]]) -> Flags:
    """A table by code point that is True from one to another, both included."""
    table = np.zeros(_LAST, bool)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


@cache
def table_where(holds: Callable[[str], bool], *, plain: bool, other: bool) -> Flags:
    """Make a table by code point from a predicate.

    Args:
        holds: the predicate.
        plain: its value for Han characters and Hangul syllables, for which it is not called.
        other: the value assumed for rare characters, for which it is not called either.
    """
    table = np.full(_LAST, other)
    for low, high in _LOOKED_UP:
        table[low : high + 1] = [holds(chr(code)) for code in range(low, high + 1)]
    for low, high in _PLAIN:
        table[low : high + 1] = plain
    return table


_classes: list[Flags] = []


def character_class(table: Flags) -> int:
    """Register a table of characters with all blocks; gives the bit of its characters."""
    _classes.append(table)
    return 1 << len(_classes) - 1


@cache
def _bits(count: int) -> NDArray[np.uint16]:
    """A table by code point of all classes."""
    table = np.zeros(_LAST, np.uint16)
    for number, each in enumerate(_classes[:count]):
        table |= each.astype(np.uint16) << number
    return table


def is_mark(character: str) -> bool:
    """True for characters that combine with another one: accents, joiners, variation selectors."""
    return unicodedata.category(character)[0] == "M" or character == "\u200d"


SPACE = character_class(table_of(" "))
