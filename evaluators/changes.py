"""What became of each document between two systems: errors that appeared, and that disappeared."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from pii_sft.evaluators.cases import Case
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.labelling import shown_case


class Change(msgspec.Struct, frozen=True):
    """A document about which two systems differ; offsets and labels, never text.

    Attributes:
        id: of the document.
        appeared: errors of the second system that the first does not make.
        disappeared: errors of the first that the second does not make.
    """

    id: str
    appeared: tuple[SpanError, ...]
    disappeared: tuple[SpanError, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        return {
            "id": self.id,
            "appeared": [msgspec.to_builtins(each) for each in self.appeared],
            "disappeared": [msgspec.to_builtins(each) for each in self.disappeared],
        }


class Changes:
    """Counts the documents that changed, and remembers those that changed most.

    Args:
        size: how many to remember.

    Attributes:
        better: documents with fewer errors.
        worse: documents with more.
        otherwise: documents with as many, but others.
    """

    def __init__(self, size: int) -> None:
        self.better = 0
        self.worse = 0
        self.otherwise = 0
        self._size = size
        self._seen = 0
        self._heap: list[tuple[int, int, Change]] = []

    def add(self, id: str, before: Iterable[SpanError], after: Iterable[SpanError]) -> None:
        """Compare the errors in one more document."""
        self._seen += 1
        old, new = Counter(before), Counter(after)
        if old == new:
            return
        change = Change(id, tuple((new - old).elements()), tuple((old - new).elements()))
        appeared, disappeared = len(change.appeared), len(change.disappeared)
        self.better += appeared < disappeared
        self.worse += appeared > disappeared
        self.otherwise += appeared == disappeared
        heapq.heappush(self._heap, (appeared + disappeared, -self._seen, change))
        if len(self._heap) > self._size:
            heapq.heappop(self._heap)

    def most(self, known: Collection[str] | None) -> tuple[Change, ...]:
        """From the greatest change on; of equals, the first of the stream first.

        Args:
            known: labels to show by name, see `pii_sft.evaluators.labelling`; None for all.
        """
        return tuple(_shown(each, known) for *_, each in sorted(self._heap, reverse=True))


def _shown(change: Change, known: Collection[str] | None) -> Change:
    return Change(
        change.id,
        shown_case(Case(change.id, change.appeared), known).errors,
        shown_case(Case(change.id, change.disappeared), known).errors,
    )
