"""Count arrays: the different events, and how often each occurs in each document."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.evaluators.aggregation.events import CORRECT, SPAN_EVENTS, EventLists
from pii_sft.evaluators.coverage import Event
from pii_sft.evaluators.known_labels import shown
from pii_sft.evaluators.schemes import Scheme
from pii_sft.evaluators.statistics.count_tables import (
    DenseTable,
    Floats,
    Indices,
    SparseTable,
    Table,
)

Flags = NDArray[np.bool_]

COVERAGE = ("gold", "leaked", "over_redacted", "without_pii", "false_alarm", "silence")
"""Columns of every document: characters inside gold spans, inside gold spans only, inside
predictions only; and whether it has no gold span, predictions but no gold span, gold spans but no
prediction. Most of these are 0 in most documents."""


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
        label_pairs = [
            (gold and shown(gold, known), predicted and shown(predicted, known))
            if name in SPAN_EVENTS
            else (None, None)
            for name, gold, predicted in events
        ]
        self.labels = sorted({label for pair in label_pairs for label in pair if label is not None})
        index: dict[str | None, int] = {name: at for at, name in enumerate(self.labels)}
        index[None] = -1
        self.gold: Indices = np.array([index[gold] for gold, _ in label_pairs], np.intp)
        self.predicted: Indices = np.array([index[label] for _, label in label_pairs], np.intp)
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
        """Mask of the events of a name."""
        flags: Flags = self._names == name
        return flags

    def correct(self, scheme: Scheme) -> Flags:
        """Mask of the events that are correct under a scheme."""
        flags = self.paired
        if scheme.bounds:
            flags = flags & self.same_bounds
        return flags & self.same_label if scheme.label else flags

    def partial(self, scheme: Scheme) -> Flags:
        """Mask of the events that are partially correct under a scheme."""
        if scheme.credits_overlap:
            return self.paired & ~self.correct(scheme)
        return np.zeros_like(self.paired)

    def by_label(self, times: Floats, label_of: Indices, weight: Flags | Floats) -> Floats:
        """Weighted events, added up by their gold or predicted label (columns).

        Args:
            times: how often each event (columns) occurs in each set of documents (rows).
            label_of: the index of each event's gold or predicted label.
            weight: of each event.
        """
        labelled = np.flatnonzero((label_of >= 0) & (weight != 0))
        order = labelled[np.argsort(label_of[labelled], kind="stable")]
        ends = np.searchsorted(label_of[order], np.arange(1, len(self.labels) + 1))
        sums = np.zeros((len(self.labels), len(times)))
        first = 0
        for label, end in enumerate(ends.tolist()):
            if first < end:
                events = order[first:end]
                sums[label] = weight[events].astype(np.float64) @ times.T[events]
            first = end
        return np.ascontiguousarray(sums.T)

    def about(self, times: Floats, name: str) -> Floats:
        """Count the events of a name by the first label that they concern (columns)."""
        return self.by_label(times, self._concerned, self.named(name))

    def identifiers(self, name: str) -> dict[str, Flags]:
        """By kind of identifier, which events have a name and concern that kind."""
        kinds = sorted({kind for each, _, kind in self._events if each == name and kind})
        return {
            kind: np.array([(each, of) == (name, kind) for each, _, of in self._events], np.bool_)
            for kind in kinds
        }


class Counts(msgspec.Struct, frozen=True):
    """Counts of each document.

    Attributes:
        events: the different events.
        times: how often each event (columns) occurs in each document (rows).
        coverage: what is known of each document (rows), see `columns`.
        columns: names of the columns of `coverage`: `COVERAGE`, and what measures count.
    """

    events: Events
    times: SparseTable
    coverage: DenseTable
    columns: tuple[str, ...] = COVERAGE

    def __len__(self) -> int:
        return len(self.times)

    @property
    def tables(self) -> tuple[Table, Table]:
        """The tables that are added up over documents."""
        return self.times, self.coverage

    def of(self, documents: Sequence[int]) -> Counts:
        """The same for some documents, by their position."""
        chosen = np.asarray(documents, np.intp)
        return Counts(self.events, self.times.of(chosen), self.coverage.of(chosen), self.columns)


def counted(lists: EventLists, known: Collection[str] | None = None) -> Counts:
    """Turn the events of documents into counts.

    Args:
        lists: the events; nothing may be added while the result is in use, which shares their
            memory.
        known: labels to show by name; None for all.
    """
    times = listed_times(lists.events, lists.lengths, len(lists.numbers))
    columns = (*COVERAGE, *lists.counted)
    return Counts(Events(list(lists.numbers), known), times, _coverage(lists), columns)


def listed_times(events: array[int], lengths: array[int], different: int) -> SparseTable:
    """Counts of each event (columns) in each document (rows).

    Args:
        events: numbers of the events of all documents, one document after another; the result
            shares their memory.
        lengths: for each document, how many events it has.
        different: how many different events there are.
    """
    numbers, sizes = np.frombuffer(events, np.int32), np.frombuffer(lengths, np.uint32)
    return SparseTable.listed(numbers, sizes, different)


def _coverage(lists: EventLists) -> DenseTable:
    gold = np.frombuffer(lists.gold_characters, np.uint32)
    predicted = np.frombuffer(lists.predicted_characters, np.uint32)
    correct = np.frombuffer(lists.correct_characters, np.uint32)
    more = [np.frombuffer(each, np.int64) for each in lists.counted.values()]
    columns = (
        gold,
        gold - correct,
        predicted - correct,
        gold == 0,
        (gold == 0) & (predicted > 0),
        (gold > 0) & (predicted == 0),
    )
    cells = np.stack([column.astype(np.uint32) for column in columns], axis=1)
    return DenseTable(np.column_stack([cells, *more]) if more else cells)
