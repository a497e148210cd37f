"""Duplicates: documents whose text came before, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.minhash import BANDS, shingles, similarity
from pii_sft.dataset.row_index import Digests, Numbers

NEAR = 0.8
"""Jaccard similarity from which on two texts are near duplicates."""

_REMEMBERED = 2048


class Texts(Protocol):
    """Texts by number."""

    def __getitem__(self, number: int) -> str:
        """The text of that number."""


def repeats(digests: Digests, more: Digests | None = None) -> tuple[Numbers, Numbers]:
    """Find the items that are equal to an earlier one.

    Args:
        digests: one digest for each item.
        more: a second digest; items are equal if both are.

    Returns:
        The numbers of the items that repeat one, and for each the number of the first such item.
    """
    order, begins = _runs(digests, more)
    return order[~begins], _leaders(order, begins)[~begins]


def _runs(digests: Digests, more: Digests | None = None) -> tuple[Numbers, NDArray[np.bool_]]:
    """Order of the items in which equal ones follow each other, and where each run begins."""
    order = np.argsort(digests, kind="stable")
    equal = digests[order][1:] == digests[order][:-1]
    if more is not None:
        equal &= more[order][1:] == more[order][:-1]
    return order, np.concatenate([np.ones(min(1, len(order)), bool), ~equal])


def _leaders(order: Numbers, begins: NDArray[np.bool_]) -> Numbers:
    """The first item of the run that each item is in."""
    return order[np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))]


def near_pairs(band_hashes: Digests, rows: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Pairs of rows that may be near duplicates, each once, the earlier one first.

    Rows that share a band are compared with the first and with the last one before them.

    Args:
        band_hashes: the hashed bands of each row.
        rows: which rows to look at.
    """
    chosen = np.flatnonzero(rows)
    found: set[tuple[int, int]] = set()
    for band in range(BANDS):
        order, begins = _runs(band_hashes[chosen, band])
        later = np.flatnonzero(~begins)
        for earlier in (_leaders(order, begins)[later], order[later - 1]):
            found.update(zip(chosen[earlier].tolist(), chosen[order[later]].tolist(), strict=True))
    yield from sorted(found, key=lambda pair: (pair[1], pair[0]))


class Likeness:
    """Tells whether two texts are nearly the same.

    Args:
        texts: by number.
    """

    def __init__(self, texts: Texts) -> None:
        self._shingles = lru_cache(_REMEMBERED)(lambda row: shingles(texts[row]))

    def __call__(self, one: int, other: int) -> bool:
        """Compare two texts by their numbers."""
        return similarity(self._shingles(one), self._shingles(other)) >= NEAR


def near_repeats(band_hashes: Digests, rows: NDArray[np.bool_], texts: Texts) -> dict[int, int]:
    """Find near duplicates of an earlier row that is not a near duplicate itself.

    Args:
        band_hashes: the hashed bands of each row.
        rows: which rows to look at.
        texts: of the rows.

    Returns:
        The earlier row, by the number of its near duplicate.
    """
    alike = Likeness(texts)
    original: dict[int, int] = {}
    for earlier, later in near_pairs(band_hashes, rows):
        if later in original:
            continue
        kept = original.get(earlier, earlier)
        if alike(kept, later):
            original[later] = kept
    return original
