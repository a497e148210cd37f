"""Events: the kinds of outcome of a span, numbered, and lists of them for many documents."""

from __future__ import annotations

from array import array

from pii_sft.evaluators.coverage import Event
from pii_sft.evaluators.errors import ERROR_KINDS

CORRECT = "correct"
SPLIT_GOLD = "gold span cut into several predictions"
MERGING = "prediction that joins several gold spans"
BLIND_PAIR = "pair that only a matching without labels has"

SPAN_EVENTS = frozenset({CORRECT, *ERROR_KINDS})
"""Each gold span and each prediction has exactly one of these events."""


class Numbering(dict[Event, int]):
    """Numbers events in the order in which they first occur."""

    def __missing__(self, event: Event) -> int:
        number = self[event] = len(self)
        return number


class EventLists:
    """The events and characters of documents, a few bytes for each.

    Attributes:
        numbers: number of each event.
        events: numbers of the events of all documents, one document after another.
        lengths: for each document, how many events it has.
        gold_characters: for each document, characters inside a gold span.
        predicted_characters: for each document, characters inside a predicted span.
        correct_characters: for each document, characters inside both.
        counted: for each document, what measures of other packages count, by name.
    """

    def __init__(self) -> None:
        self.numbers = Numbering()
        self.events = array("I")
        self.lengths = array("I")
        self.gold_characters = array("I")
        self.predicted_characters = array("I")
        self.correct_characters = array("I")
        self.counted: dict[str, array[int]] = {}

    def gold_labels(self) -> set[str]:
        """The labels of gold spans."""
        return {gold for name, gold, _ in self.numbers if gold and name in SPAN_EVENTS}
