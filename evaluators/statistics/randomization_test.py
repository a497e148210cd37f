"""Approximate randomisation test: how large a difference arises by chance.

If two systems are equally good, their answers to a document can be exchanged, and only chance
changes the difference. Each randomisation exchanges them for a random half of the documents.
Documents, not spans, are exchanged, because the errors of one document go together.

Source: Noreen, "Computer-Intensive Methods for Testing Hypotheses", 1989, chapter 2; Yeh, "More
accurate tests for the statistical significance of result differences", COLING 2000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.statistics.count_tables import Floats, Table

DOCUMENTS_AT_A_TIME = 4096
RANDOMISATIONS_AT_A_TIME = 512

TOLERANCE = 1e-12
"""Differences that are equal but for the last bits of a float are equal."""


def exchanged(
    differences: Sequence[Table], randomisations: int, seed: int
) -> Iterator[list[Floats]]:
    """Yield how much the totals of one system grow, and the other's shrink, by random exchanges.

    Args:
        differences: for each kind of count, what the other system has more in each document; the
            same documents in all.
        randomisations: how many times a random half of the documents is exchanged.
        seed: of the randomisations.

    Yields:
        Blocks of rows, one row for each randomisation, of column totals for each table.
    """
    random = np.random.default_rng((seed, 1))
    documents = len(differences[0])
    for first in range(0, randomisations, RANDOMISATIONS_AT_A_TIME):
        size = min(RANDOMISATIONS_AT_A_TIME, randomisations - first)
        totals = [np.zeros((table.width, size)) for table in differences]
        for start in range(0, documents, DOCUMENTS_AT_A_TIME):
            end = min(start + DOCUMENTS_AT_A_TIME, documents)
            bits = np.frombuffer(random.bytes((end - start) * -(-size // 8)), np.uint8)
            swapped = np.unpackbits(bits.reshape(end - start, -1), axis=1, count=size)
            for total, table in zip(totals, differences, strict=True):
                table.add_to(total, start, swapped)
        yield [total.T for total in totals]


def p_value(times_as_large: int, trials: int) -> float:
    """Two-sided p-value; the observed outcome counts as one more trial, so it is never 0."""
    return (times_as_large + 1) / (trials + 1)


def as_large(observed: Floats, trials: Floats) -> NDArray[np.int64]:
    """In how many trials (rows) each difference (columns) is as large as observed, either way."""
    counts: NDArray[np.int64] = np.count_nonzero(
        np.abs(trials) >= np.abs(observed) - TOLERANCE, axis=0
    )
    return counts
