"""Intervals of scores: percentile intervals from resampled documents.

Documents, not spans, are drawn with replacement, because the errors of one document go together
(Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.statistics.count_tables import Floats, Indices, Table

BLOCK = 1024
"""Documents that are drawn from at a time."""


def resampled_totals(counts: Sequence[Table], resamples: int, seed: int) -> list[Floats]:
    """Column totals of resampled documents.

    Args:
        counts: what was counted in each document; the same documents in all.
        resamples: how many times to draw as many documents as there are.
        seed: of the draws; the same seed and number of documents give the same draws.

    Returns:
        For each table, `resamples` rows of column totals. Memory beyond that is flat: the
        documents are taken `BLOCK` at a time.
    """
    totals = [np.zeros((table.width, resamples)) for table in counts]
    for first, times in _drawn(len(counts[0]), resamples, seed):
        for total, table in zip(totals, counts, strict=True):
            table.add_to(total, first, times)
    return [total.T for total in totals]


def _drawn(documents: int, resamples: int, seed: int) -> Iterator[tuple[int, Indices]]:
    """Draws of each document of a block (rows) in each resample (columns).

    How many of the draws of a resample fall into a block is drawn first (a multinomial number),
    then which of its documents they are: as if all were drawn from all documents at once.
    """
    if not documents or not resamples:
        return
    random = np.random.default_rng(seed)
    sizes = [min(BLOCK, documents - first) for first in range(0, documents, BLOCK)]
    shares = np.array(sizes) / documents
    draws = random.multinomial(documents, shares, size=resamples)
    for block, size in enumerate(sizes):
        of_resample = np.repeat(np.arange(resamples), draws[:, block])
        drawn = random.integers(size, size=len(of_resample))
        drawn *= resamples
        drawn += of_resample
        times = np.bincount(drawn, minlength=size * resamples)
        yield block * BLOCK, times.reshape(size, resamples)


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
