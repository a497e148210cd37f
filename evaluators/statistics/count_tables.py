"""Dense and sparse tables of numbers counted in each document, added up over sets of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.spans import HoldsText

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_OFTEN = 24
"""Entries of a column from which a row of a matrix product is faster than adding them up."""

_EXACT_IN_SINGLE = 2**24


class Table(Protocol):
    """Documents (rows) with numbers in columns."""

    @property
    def width(self) -> int:
        """Number of columns."""

    def __len__(self) -> int:
        """Number of documents."""

    def of(self, documents: Indices) -> Table:
        """The same for some documents, by their position."""

    def totals(self) -> Floats:
        """Each column added up over all documents."""

    def add_to(self, sums: Floats, first: int, times: NDArray[Any]) -> None:
        """Add some documents to the sums of columns (rows) over sets of documents (columns).

        Args:
            sums: so far.
            first: position of the first document.
            times: how often each document from there on (rows) is in each set (columns); whole
                numbers that are not negative.
        """


class DenseTable(msgspec.Struct, frozen=True):
    """A table in which most cells are not 0."""

    cells: NDArray[Any]

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.cells.shape[1])

    def of(self, documents: Indices) -> DenseTable:
        """See `Table`."""
        return DenseTable(self.cells[documents])

    def totals(self) -> Floats:
        """See `Table`."""
        totals: Floats = self.cells.sum(axis=0, dtype=np.float64)
        return totals

    def add_to(self, sums: Floats, first: int, times: NDArray[Any]) -> None:
        """See `Table`."""
        cells = self.cells[first : first + len(times)]
        sums += cells.T.astype(np.float64) @ times.astype(np.float64)


class SparseTable(HoldsText, msgspec.Struct, frozen=True):
    """A table in which most cells are 0: each document has a list of entries.

    Attributes:
        columns: of all entries, one document after another.
        ends: where the entries of each document end.
        width: number of columns.
        values: what an entry counts for; None for once.
    """

    columns: NDArray[Any]
    ends: Indices
    width: int
    values: NDArray[Any] | None = None

    @classmethod
    def listed(
        cls,
        columns: NDArray[Any],
        lengths: NDArray[Any],
        width: int,
        values: NDArray[Any] | None = None,
    ) -> SparseTable:
        """From the entries, and how many each document has."""
        return cls(columns, np.cumsum(lengths, dtype=np.intp), width, values)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> Indices:
        """Number of entries of each document."""
        return np.diff(self.ends, prepend=0)

    @property
    def documents(self) -> Indices:
        """The document of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def of(self, documents: Indices) -> SparseTable:
        """See `Table`."""
        lengths = self.lengths[documents]
        ends = np.cumsum(lengths)
        entries = np.arange(ends[-1] if len(ends) else 0)
        entries += np.repeat(self.ends[documents] - ends, lengths)
        values = None if self.values is None else self.values[entries]
        return SparseTable(self.columns[entries], ends, self.width, values)

    def totals(self) -> Floats:
        """See `Table`."""
        return np.bincount(self.columns, self.values, self.width).astype(np.float64)

    def add_to(self, sums: Floats, first: int, times: NDArray[Any]) -> None:
        """See `Table`. Frequent columns use a product of matrices, rare ones are added up."""
        begin = self.ends[first - 1] if first else 0
        ends = self.ends[first : first + len(times)] - begin
        size = int(ends[-1]) if len(ends) else 0
        columns = self.columns[begin : begin + size]
        values = None if self.values is None else self.values[begin : begin + size]
        rows = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        order = np.argsort(columns, kind="stable")
        there, numbers = np.unique(columns, return_counts=True)
        lasts = np.cumsum(numbers).tolist()
        often = []
        for column, number, last in zip(there.tolist(), numbers.tolist(), lasts, strict=True):
            if number >= _OFTEN:
                often.append(column)
                continue
            entries = order[last - number : last]
            drawn = times[rows[entries]]
            if values is not None:
                drawn = drawn * values[entries, None]
            sums[column] += drawn[0] if number == 1 else drawn.sum(axis=0, dtype=np.float64)
        if often:
            sums[often] += self._product(often, columns, rows, values, times)

    def _product(
        self,
        chosen: Sequence[int],
        columns: NDArray[Any],
        rows: Indices,
        values: NDArray[Any] | None,
        times: NDArray[Any],
    ) -> Floats:
        place = np.full(self.width, -1)
        place[chosen] = np.arange(len(chosen))
        row_of = place[columns]
        kept = row_of >= 0
        cells = row_of[kept] * len(times) + rows[kept]
        weights = None if values is None else values[kept]
        counts = np.bincount(cells, weights, len(chosen) * len(times))
        counts = counts.reshape(len(chosen), len(times))
        # Whole numbers are exact in half the width, which multiplies twice as fast.
        most = np.abs(counts).sum(axis=1).max() * times.max(initial=0)
        whole = values is None or np.issubdtype(values.dtype, np.integer)
        width = np.float32 if whole and most < _EXACT_IN_SINGLE else np.float64
        found: Floats = (counts.astype(width) @ times.astype(width)).astype(np.float64)
        return found


def more_in(one: SparseTable, other: SparseTable) -> SparseTable:
    """The surplus of the other over the one in each document; what is equal has no entry."""
    keys = np.concatenate([each.documents * one.width + each.columns for each in (other, one)])
    signs = np.repeat([1, -1], [len(other.columns), len(one.columns)])
    cells, inverse = np.unique(keys, return_inverse=True)
    more = np.bincount(inverse, signs, len(cells)).astype(np.int64)
    cells, more = cells[more != 0], more[more != 0]
    lengths = np.bincount(cells // one.width, minlength=len(one))
    return SparseTable.listed(cells % one.width, lengths, one.width, more)
