"""The things of a stream with the most errors, in bounded memory."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class MostErrors(Generic[T]):
    """Keeps the things with the most errors; of equals, those that come first.

    Args:
        size: how many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0
        self._heap: list[tuple[int, int, T]] = []

    def admits(self, errors: int) -> bool:
        """Whether a thing with so many errors would be kept now."""
        return len(self._heap) < self._size or errors > self._heap[0][0]

    @property
    def seen(self) -> int:
        """How many things were looked at, passed over ones included."""
        return self._seen

    def pass_over(self) -> None:
        """Count a thing that is not kept."""
        self._seen += 1

    def add(self, errors: int, thing: T) -> None:
        """Look at one more thing."""
        self._seen += 1
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, (errors, -self._seen, thing))
        elif self.admits(errors):
            heapq.heapreplace(self._heap, (errors, -self._seen, thing))

    def result(self) -> list[T]:
        """What was kept, the most errors first."""
        return [thing for *_, thing in sorted(self._heap, key=lambda each: each[:2], reverse=True)]
