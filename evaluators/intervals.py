"""How far a score could be chance: percentile intervals from resampled documents.

Documents, not spans, are drawn with replacement, because the errors of one document go together
(Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DRAWS_AT_A_TIME = 1 << 21


def resampled_totals(counts: Any, resamples: int, seed: int) -> Floats:
    """Column totals of resampled documents.

    Args:
        counts: what was counted in each document, a sparse matrix of documents by columns.
        resamples: how many times to draw as many documents as there are.
        seed: of the draws; the same seed gives the same totals.

    Returns:
        `resamples` rows of column totals. Memory beyond that is flat: the draws are made in
        blocks of about two million.
    """
    documents, columns = counts.shape
    totals = np.zeros((resamples, columns))
    if not documents:
        return totals
    random = np.random.default_rng(seed)
    by_column = counts.T.tocsr()
    block = max(1, _DRAWS_AT_A_TIME // documents)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        drawn = random.integers(documents, size=(size, documents))
        drawn += np.arange(size)[:, None] * documents
        times = np.bincount(drawn.ravel(), minlength=size * documents)
        weights = np.ascontiguousarray(times.reshape(size, documents).T, np.float64)
        totals[first : first + size] = (by_column @ weights).T
    return totals


def intervals(values: Floats, level: float) -> Floats:
    """Percentile intervals of several metrics.

    Args:
        values: along the first axis, each metric on all documents, then on each resample; NaN
            where a resample has nothing to measure it on. Such resamples are left out.
        level: share of the resamples that an interval holds, between 0 and 1.

    Returns:
        Lower and upper ends along the last axis, the axes of the metrics before it. An interval
        always holds the metric's value on all documents: averages over many rare labels are
        biased in resamples, and their intervals are widened to hold it.
    """
    point = np.nan_to_num(values[0])
    ordered = np.sort(values[1:], axis=0)
    known = np.count_nonzero(~np.isnan(ordered), axis=0)
    lower = _quantile(ordered, known, (1 - level) / 2)
    upper = _quantile(ordered, known, (1 + level) / 2)
    return np.stack([np.fmin(lower, point), np.fmax(upper, point)], axis=-1)


def _quantile(ordered: Floats, known: NDArray[np.intp], share: float) -> Floats:
    """Quantiles along axis 0 of the first `known` values, interpolated; NaN where there are none.

    As `numpy.nanquantile`, which takes the columns one by one.
    """
    position = share * np.maximum(known - 1, 0)
    below = np.floor(position).astype(np.intp)[None]
    above = np.ceil(position).astype(np.intp)[None]
    low = np.take_along_axis(ordered, below, axis=0)[0]
    high = np.take_along_axis(ordered, above, axis=0)[0]
    quantile: Floats = low + (high - low) * (position - below[0])
    return quantile
