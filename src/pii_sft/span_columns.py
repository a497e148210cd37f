"""The texts of many documents as one text, and their spans as arrays: each question is asked once.

A span costs a few numbers here, where a loop over it costs as much as reading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pii_sft.spans import Document, nesting, with_checked_spans

T = TypeVar("T")
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BETWEEN = "\n"
_BEYOND_SPACES = 0x3001


class SpanColumns:
    """Documents side by side.

    Args:
        documents: their spans may still be wrong, or not in order.

    Attributes:
        documents: what was given.
        texts: their texts.
        text: those as one, with a line break in front of each and behind the last.
        begins: where each text begins in it, and behind the last where one more would.
        counts: how many spans each document has.
        spans: of all documents, in order.
        labels: label of each span.
        owners: number of the document of each span.
        starts: where each span starts in `text`.
        ends: where it ends.

    Raises:
        OverflowError: an offset has more than 64 bits.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.texts = [document.text for document in documents]
        self.text = f"{_BETWEEN}{_BETWEEN.join(self.texts)}{_BETWEEN}"
        self.begins = _sums(list(map(len, self.texts)), 1)
        self.counts = list(map(len, [document.spans for document in documents]))
        self.spans = [span for document in documents for span in document.spans]
        self.labels = [span.label for span in self.spans]
        self.owners = np.repeat(np.arange(len(documents)), self.counts)
        self._starts = np.array([span.start for span in self.spans], np.int64)
        self._ends = np.array([span.end for span in self.spans], np.int64)
        first = self.begins[self.owners]
        self.starts = self._starts + first
        self.ends = self._ends + first

    @classmethod
    def checked(cls, documents: list[Document]) -> SpanColumns:
        """Columns of documents whose spans were not looked at yet: they are verified, and sorted.

        Raises:
            RecordError: a span is empty, reversed, out of the text or without a label.
            OverflowError: an offset has more than 64 bits.
        """
        columns = cls(documents)
        wrong = columns.unsorted.nonzero()[0].tolist()
        for number in wrong:
            each = documents[number]
            documents[number] = with_checked_spans(each.id, each.text, each.spans, each.meta)
        return cls(documents) if wrong else columns

    @property
    def unsorted(self) -> Mask:
        """Documents of which a span is wrong, or does not start behind the one before."""
        sizes = np.diff(self.begins) - 1
        wrong = (self._starts < 0) | (self._starts >= self._ends)
        wrong |= self._ends > sizes[self.owners]
        wrong[1:] |= self.follows & (self._starts[1:] <= self._starts[:-1])
        if "" in self.labels:
            wrong |= np.array([not label for label in self.labels])
        return self.owning(wrong)

    @cached_property
    def follows(self) -> Mask:
        """Of each span from the second on, if it is of the same document as the one before."""
        return np.asarray(self.owners[1:] == self.owners[:-1])

    @cached_property
    def overlaps(self) -> Mask:
        """Spans that begin before the one before has ended."""
        found = np.zeros(len(self.spans), bool)
        found[1:] = self.follows & (self.starts[1:] < self.ends[:-1])
        return found

    @cached_property
    def characters(self) -> NDArray[np.uint32]:
        """Code points of `text`."""
        return np.frombuffer(self.text.encode("utf-32-le"), np.uint32)

    @cached_property
    def spaced(self) -> Mask:
        """Spans with white space at an edge."""
        edges = self.characters[np.stack([self.starts, self.ends - 1])]
        return np.asarray(_SPACES[np.minimum(edges, _BEYOND_SPACES)].any(axis=0))

    @property
    def deepest(self) -> int:
        """The most spans that one character lies in."""
        nested = self.owning(self.overlaps).nonzero()[0].tolist()
        flat = min(len(self.spans), 1)
        return max([nesting(self.documents[number].spans) for number in nested], default=flat)

    def owning(self, spans: Mask) -> Mask:
        """The documents that have one of some spans."""
        found = np.zeros(len(self.documents), bool)
        found[self.owners[spans]] = True
        return found

    def of_each(self, values: Sequence[T]) -> list[Sequence[T]]:
        """Values of all spans, cut into those of each document."""
        return [values[start:end] for start, end in pairwise(_sums(self.counts, 0).tolist())]


def _sums(sizes: Sequence[int], between: int) -> Numbers:
    """Where pieces of some sizes begin with so much in front of each, and one more would."""
    begins = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(np.array(sizes, np.int64) + between, out=begins[1:])
    return begins + between


_SPACES = np.array([chr(code).isspace() for code in range(_BEYOND_SPACES + 1)])
"""By code point; there is no white space beyond U+3000."""
