"""Hashes of many documents, kept on disk, and the search for equal ones."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.spill import Column

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.intp]

AT_ONCE = 1 << 18
"""Rows that are compared at once, about: some 9 MB, and as much to sort them."""
_READ_AT_ONCE = 1 << 16


class HashTable:
    """Rows of hashes, one a document.

    Args:
        row: names and types of their columns.
    """

    def __init__(self, row: np.dtype[Any]) -> None:
        self._row = row
        self._file = Column()
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._file.size // self._row.itemsize

    def add(self, rows: NDArray[Any]) -> None:
        """Store further rows."""
        self._file.add(rows.tobytes())

    def alike(self, key: str, but: int | None = None) -> Iterator[tuple[NDArray[Any], Numbers]]:
        """All rows in some parts; those that are equal in a column stand in one, in order.

        Args:
            key: the column.
            but: rows that hold this there are left out.

        Returns:
            Rows, and their numbers.
        """
        parts = np.uint64(max(1, -(-len(self) // AT_ONCE)))
        for part in range(int(parts)):
            taken = [(np.zeros(0, self._row), np.zeros(0, np.intp))]
            for first, rows in self._rows():
                hashes = rows[key]
                chosen = hashes % parts == part
                if but is not None:
                    chosen &= hashes != but
                taken.append((rows[chosen], np.flatnonzero(chosen) + first))
            yield (
                np.concatenate([rows for rows, _ in taken]),
                np.concatenate([numbers for _, numbers in taken]),
            )

    def _rows(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """All rows, some at a time, and the number of the first of them."""
        size = _READ_AT_ONCE * self._row.itemsize
        for start in range(0, self._file.size, size):
            data = self._file.piece(start, min(start + size, self._file.size))
            yield start // self._row.itemsize, np.frombuffer(data, self._row)
