"""MinHash signatures of texts, by whose bands near duplicates are found (LSH).

Texts are compared as sets of three characters in a row, which works for Chinese and English alike;
upper case and white space do not count. See Broder, "On the resemblance and containment of
documents" (1997), and Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from pii_sft.errors import MissingExtraError

BANDS = 20
ROWS = 6
"""Of two texts with a Jaccard similarity of 0.8, 99.8 % share a band; of 0.4, 8 %."""

_SHINGLE = 3
_BITS = 21


def minhasher() -> Callable[[str], bytes]:
    """A function that hashes the bands of a text's MinHash signature: one uint64 for each.

    Raises:
        MissingExtraError: datasketch is not installed.
    """
    if find_spec("datasketch") is None:
        raise MissingExtraError("datasketch", "near")
    from datasketch import MinHash

    empty = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=int)
    factors = np.random.default_rng(1).integers(1, 1 << 63, ROWS, dtype=np.uint64) | np.uint64(1)

    def hash_bands(text: str) -> bytes:
        minima = empty.copy()
        minima.update_batch(_mixed(shingles(text)).tolist())
        bands = minima.hashvalues.astype(np.uint64).reshape(BANDS, ROWS)
        digests: NDArray[np.uint64] = (bands * factors).sum(axis=1, dtype=np.uint64)
        return digests.tobytes()

    return hash_bands


def shingles(text: str) -> NDArray[np.uint64]:
    """The set of all three characters in a row of a text, as sorted numbers."""
    plain = " ".join(text.casefold().split()).ljust(_SHINGLE, "\x00")
    points = np.frombuffer(plain.encode("utf-32-le"), np.uint32).astype(np.uint64)
    last = len(points) - _SHINGLE + 1
    numbers = np.zeros(last, np.uint64)
    for offset in range(_SHINGLE):
        numbers = (numbers << np.uint64(_BITS)) | points[offset : last + offset]
    return np.unique(numbers)


def similarity(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Jaccard similarity of two sets of shingles, from 0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers spread over 32 bits."""
    return (numbers * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
