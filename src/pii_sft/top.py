"""The highest of a stream, in bounded memory."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Top(Generic[T]):
    """Keeps the things with the highest scores; of equals, those that come first.

    Args:
        size: how many are kept.

    Attributes:
        seen: how many things there were, passed over ones included.
    """

    def __init__(self, size: int) -> None:
        self.seen = 0
        self._size = size
        self._heap: list[tuple[float, int, T]] = []

    def admits(self, score: float) -> bool:
        """True if a thing with this score, coming next, would be kept."""
        return len(self._heap) < self._size or (self._size > 0 and score > self._heap[0][0])

    def pass_over(self) -> None:
        """Count a thing that is not kept, where making it would cost something."""
        self.seen += 1

    def add(self, score: float, thing: T) -> None:
        """Keep a thing if its score is among the highest."""
        self.seen += 1
        if not self.admits(score):
            return
        entry = (score, -self.seen, thing)  # no two have one number: things are never compared
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)

    def result(self) -> list[T]:
        """From the highest score on."""
        return [thing for *_, thing in sorted(self._heap, key=lambda each: each[:2], reverse=True)]

    def __len__(self) -> int:
        return len(self._heap)
