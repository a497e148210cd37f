"""Counts as arrays: the different events, and how often each occurs in each document."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.aggregation.events import CORRECT, SPAN_EVENTS, EventLists
from pii_sft.evaluators.coverage import Event
from pii_sft.evaluators.known_labels import shown
from pii_sft.evaluators.schemes import Scheme

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]
Whole = NDArray[np.uint32]

PIECE = 1 << 16
"""Documents whose coverage is made sparse at a time, so that the dense form stays small."""

DENSE_CELLS = 1 << 16
"""Cells up to which tables are plain arrays: they fit in a megabyte, take milliseconds to multiply,
and importing scipy takes longer than scoring them. All their numbers are whole or halves, so that
sums are the same to the last bit."""

COVERAGE = ("gold", "leaked", "over_redacted", "without_pii", "false_alarm", "silence")
"""Columns of every document: characters inside gold spans, inside these alone, inside
predictions alone; whether it has no gold span, no gold span but a prediction, the reverse. Most of
these are 0 in most documents."""


class Events:
    """The different events of a stream of documents, one element each in every array.

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

    def __init__(self, events: Sequence[Event], known: Collection[str] | None = None) -> None:
        self._events = events
        self._names = np.array([name for name, *_ in events], np.str_)
        sides = [
            (gold and shown(gold, known), predicted and shown(predicted, known))
            if name in SPAN_EVENTS
            else (None, None)
            for name, gold, predicted in events
        ]
        self.labels = sorted({label for side in sides for label in side if label is not None})
        index: dict[str | None, int] = {name: at for at, name in enumerate(self.labels)}
        index[None] = -1
        self.gold: Indices = np.array([index[gold] for gold, _ in sides], np.intp)
        self.predicted: Indices = np.array([index[label] for _, label in sides], np.intp)
        concerned = [first and shown(first, known) for _, first, _ in events]
        self._concerned: Indices = np.array([index[label] for label in concerned], np.intp)
        self.has_gold: Flags = self.gold >= 0
        self.has_prediction: Flags = self.predicted >= 0
        self.paired: Flags = self.has_gold & self.has_prediction
        self.same_label: Flags = (
            self.paired & ~self.named("label") & ~self.named("label_and_bounds")
        )
        self.same_bounds: Flags = self.named(CORRECT) | self.named("label")

    def named(self, name: str) -> Flags:
        """Which events have a name."""
        flags: Flags = self._names == name
        return flags

    def correct(self, scheme: Scheme) -> Flags:
        """Which events are correct under a scheme."""
        flags = self.paired
        if scheme.bounds:
            flags = flags & self.same_bounds
        return flags & self.same_label if scheme.label else flags

    def partial(self, scheme: Scheme) -> Flags:
        """Which events are partially correct under a scheme."""
        if scheme.credits_overlap:
            return self.paired & ~self.correct(scheme)
        return np.zeros_like(self.paired)

    def by_label(self, side: Indices, weight: Flags | Floats) -> Any:
        """The weight of each event (rows) under its label on one side (columns)."""
        labelled = (side >= 0) & (weight != 0)
        if len(side) * len(self.labels) <= DENSE_CELLS:
            table = np.zeros((len(side), len(self.labels)))
            table[labelled, side[labelled]] = weight[labelled]
            return table
        from scipy import sparse

        ends = np.zeros(len(side) + 1, np.intp)
        np.cumsum(labelled, out=ends[1:])
        return sparse.csr_array(
            (weight[labelled].astype(np.float64), side[labelled], ends),
            (len(side), len(self.labels)),
        )

    def about(self, name: str) -> Any:
        """Events of a name (rows) under the first label they concern (columns)."""
        return self.by_label(self._concerned, self.named(name))

    def identifiers(self, name: str) -> dict[str, Flags]:
        """By kind of identifier, which events have a name and concern that kind."""
        kinds = sorted({kind for each, _, kind in self._events if each == name and kind})
        return {
            kind: np.array([(each, of) == (name, kind) for each, _, of in self._events], np.bool_)
            for kind in kinds
        }


class Counts(msgspec.Struct, frozen=True):
    """Counts of each document; tables are sparse where they are large.

    Attributes:
        events: the different events.
        times: how often each event (columns) occurs in each document (rows).
        coverage: what is known of each document (rows), see `columns`.
        columns: names of the columns of `coverage`: `COVERAGE`, and what measures count.
    """

    events: Events
    times: Any
    coverage: Any
    columns: tuple[str, ...] = COVERAGE

    def __len__(self) -> int:
        return int(self.times.shape[0])

    def of(self, documents: Sequence[int]) -> Counts:
        """The same for some documents, by their position."""
        chosen = np.asarray(documents, np.intp)
        return Counts(self.events, self.times[chosen], self.coverage[chosen], self.columns)


def counted(lists: EventLists, known: Collection[str] | None = None) -> Counts:
    """Turn the events of documents into counts.

    Args:
        lists: the events; nothing may be added while the result is in use, which shares their
            memory.
        known: labels to show by name; None for all.
    """
    times = sparse_times(lists.events, lists.lengths, len(lists.numbers))
    columns = (*COVERAGE, *lists.counted)
    return Counts(Events(list(lists.numbers), known), times, _coverage(lists), columns)


def sparse_times(events: array[int], lengths: array[int], different: int) -> Any:
    """How often each event (columns) occurs in each document (rows).

    Args:
        events: numbers of the events of all documents, one document after another; the result
            shares their memory.
        lengths: for each document, how many events it has.
        different: how many different events there are.
    """
    numbers = np.frombuffer(events, np.int32)
    if len(lengths) * different <= DENSE_CELLS:
        documents = np.repeat(np.arange(len(lengths)), np.frombuffer(lengths, np.uint32))
        cells = np.bincount(documents * different + numbers, minlength=len(lengths) * different)
        return cells.reshape(len(lengths), different)
    from scipy import sparse

    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(np.frombuffer(lengths, np.uint32), out=ends[1:])
    ones = np.ones(len(numbers), np.uint8)
    return sparse.csr_array((ones, numbers, ends), (len(lengths), different))


def _coverage(lists: EventLists) -> Any:
    gold = np.frombuffer(lists.gold_characters, np.uint32)
    predicted = np.frombuffer(lists.predicted_characters, np.uint32)
    correct = np.frombuffer(lists.correct_characters, np.uint32)
    more = [np.frombuffer(each, np.int64) for each in lists.counted.values()]
    if len(gold) * len(COVERAGE) <= DENSE_CELLS:
        covered = _covered(gold, predicted, correct)
        return np.column_stack([covered, *more]) if more else covered
    from scipy import sparse

    pieces = [
        sparse.csr_array(_covered(gold[piece], predicted[piece], correct[piece]))
        for first in range(0, max(1, len(gold)), PIECE)
        for piece in [slice(first, first + PIECE)]
    ]
    coverage = sparse.vstack(pieces, format="csr")
    if not more:
        return coverage
    return sparse.hstack([coverage, sparse.csr_array(np.column_stack(more))], format="csr")


def _covered(gold: Whole, predicted: Whole, correct: Whole) -> Whole:
    """`COVERAGE` (columns) of some documents."""
    columns = (
        gold,
        gold - correct,
        predicted - correct,
        gold == 0,
        (gold == 0) & (predicted > 0),
        (gold > 0) & (predicted == 0),
    )
    return np.stack([column.astype(np.uint32) for column in columns], axis=1)
