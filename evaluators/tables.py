"""Counts as arrays: the different outcomes, and how often each occurs in each document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.schemes import Scheme

if TYPE_CHECKING:
    from pii_sft.evaluators.counts import Scorer

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

EXTRA = ("gold", "predicted", "correct", "without_pii", "false_alarms", "splits", "merges")
"""Columns that follow those of the outcomes: characters, then documents, then spans."""


class Outcomes:
    """The different outcomes of a stream of documents, one element each in every array.

    Attributes:
        labels: names of all labels, sorted.
        gold: index of the gold label; -1 without a gold span.
        predicted: index of the predicted label; -1 without a prediction.
        has_gold: whether there is a gold span.
        has_prediction: whether there is a prediction.
        paired: whether there are both.
        same_label: whether there are both, with the same label.
        same_bounds: whether there are both, with the same bounds.
    """

    def __init__(self, scorer: Scorer) -> None:
        known = list(scorer.numbers)
        self.labels = sorted({name for each in known for name in each[:2] if name is not None})
        index: dict[str | None, int] = {name: at for at, name in enumerate(self.labels)}
        index[None] = -1
        self.gold: Indices = np.array([index[gold] for gold, _, _ in known], np.intp)
        self.predicted: Indices = np.array([index[label] for _, label, _ in known], np.intp)
        self.has_gold: Flags = self.gold >= 0
        self.has_prediction: Flags = self.predicted >= 0
        self.paired: Flags = self.has_gold & self.has_prediction
        self.same_label: Flags = self.paired & (self.gold == self.predicted)
        self.same_bounds: Flags = np.array([same for _, _, same in known], np.bool_)

    def correct(self, scheme: Scheme) -> Flags:
        """Which outcomes are correct under a scheme."""
        flags = self.paired
        if scheme.bounds:
            flags = flags & self.same_bounds
        return flags & self.same_label if scheme.label else flags

    def partial(self, scheme: Scheme) -> Flags:
        """Which outcomes are partially correct under a scheme."""
        if scheme.credits_overlap:
            return self.paired & ~self.correct(scheme)
        return np.zeros_like(self.paired)

    def by_label(self, side: Indices, weight: Flags | Floats) -> Any:
        """Sparse: the weight of each outcome (rows) under its label on one side (columns)."""
        from scipy import sparse

        labelled = np.flatnonzero(side >= 0)
        return sparse.csr_array(
            (weight[labelled].astype(np.float64), (labelled, side[labelled])),
            (len(side), len(self.labels)),
        )


def counts_by_document(scorer: Scorer) -> Any:
    """A sparse matrix: documents in rows; outcomes, then `EXTRA`, in columns."""
    from scipy import sparse

    ends = np.array(scorer.ends, np.int64)
    outcomes = np.array(scorer.outcomes, np.int64)
    spans = sparse.csr_array(
        (np.ones(len(outcomes)), outcomes, np.concatenate([[0], ends])),
        (len(ends), len(scorer.numbers)),
    )
    gold = np.array(scorer.gold_characters, np.float64)
    predicted = np.array(scorer.predicted_characters, np.float64)
    extra: dict[str, NDArray[Any]] = {
        "gold": gold,
        "predicted": predicted,
        "correct": np.array(scorer.correct_characters, np.float64),
        "without_pii": gold == 0,
        "false_alarms": (gold == 0) & (predicted > 0),
        "splits": np.array(scorer.splits, np.float64),
        "merges": np.array(scorer.merges, np.float64),
    }
    columns = sparse.csr_array(np.stack([extra[name] for name in EXTRA], axis=1))
    return sparse.hstack([spans, columns], format="csr")
