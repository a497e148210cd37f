"""Pseudo-random numbers from a key and a seed, independent of order and process count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK = (1 << 64) - 1


def seeded_hash(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """A number for each key, spread over all 64 bits (SplitMix64; Steele, Lea and Flood, 2014)."""
    step = np.uint64(((seed + 1) * 0x9E3779B97F4A7C15) & _MASK)
    mixed = keys + step
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def chances(keys: NDArray[np.uint64], seed: int) -> NDArray[np.float64]:
    """A number from 0 to below 1 for each key."""
    return (seeded_hash(keys, seed) >> np.uint64(11)) / float(1 << 53)
