"""Balance of the training split: rows with rare labels are repeated, rows without entities dropped.

A model that sees mostly empty answers learns to stay silent, and one that sees a label twice in ten
thousand documents never writes it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.options import AUTO, Oversample
from pii_sft.dataset.row_index import Digests, Numbers
from pii_sft.dataset.selection.seeded_hash import chances
from pii_sft.dataset.selection.stratify import Labels

MOST_COPIES = 10
"""Most copies of a row in the training split; more copies of the same row teach nothing."""

_THINNING, _REPEATING = 1, 2


def thinned(keys: Digests, negatives: NDArray[np.bool_], keep: float, seed: int) -> Numbers:
    """Choose the rows without entities that are left out.

    Args:
        keys: a digest of each row.
        negatives: which rows have no entities.
        keep: share of them that stays, as near as whole numbers allow.
        seed: of the choice.
    """
    rows = np.flatnonzero(negatives)
    order = np.lexsort((rows, chances(keys[rows], seed + _THINNING)))
    return rows[order[round(keep * len(rows)) :]]


def copies(
    keys: Digests,
    train: NDArray[np.bool_],
    labels: Labels,
    kinds: int,
    oversample: Oversample,
    seed: int,
) -> Numbers:
    """Number of repetitions of each row, in addition to the row itself.

    With a ratio, each label should occur in that many rows for each row with the commonest label.
    With `auto`, the goal is the geometric mean of its own rows and those of the commonest label.
    Rows are repeated as often as their rarest label needs (Gupta, Dollár and Girshick, 2019), up
    to `MOST_COPIES` in all.

    Args:
        keys: a digest of each row.
        train: which rows are in the training split.
        labels: of the rows.
        kinds: number of labels.
        oversample: the ratio, or `auto`.
        seed: of the choice of rows whose number is rounded up.
    """
    have = np.zeros(kinds, np.int64)
    for part in labels():
        have += np.bincount(part.labels[train[part.rows]], minlength=kinds)
    if not have.any():
        return np.zeros(len(keys), np.int64)
    most = have.max()
    wanted = (
        np.sqrt(have * float(most)) if oversample == AUTO else np.full(kinds, oversample * most)
    )
    factors = np.divide(wanted, have, out=np.ones(kinds), where=have > 0)
    more = np.zeros(len(keys))
    for part in labels():
        wanted_more = np.minimum(factors, MOST_COPIES)[part.labels] - 1
        np.maximum.at(more, part.rows, np.where(train[part.rows], wanted_more, 0))
    whole = np.floor(more)
    repeats: Numbers = (whole + (chances(keys, seed + _REPEATING) < more - whole)).astype(np.int64)
    return repeats
