"""Events: kinds of outcome that a span can have, and their numbers."""

from __future__ import annotations

from pii_sft.evaluators.coverage import (
    Event,
)
from pii_sft.evaluators.errors import ERROR_KINDS

CORRECT = "correct"


SPLIT_GOLD = "gold span cut into several predictions"


MERGING = "prediction that joins several gold spans"


BLIND_PAIR = "pair that only a matching without labels has"


SPAN_EVENTS = frozenset({CORRECT, *ERROR_KINDS})
"""The events of which each gold span and each prediction has exactly one."""


class Numbering(dict[Event, int]):
    """Numbers events in the order in which they first occur."""

    def __missing__(self, event: Event) -> int:
        number = self[event] = len(self)
        return number
