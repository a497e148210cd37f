"""Characters that gold spans and predictions cover, whatever their labels."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pii_sft.spans import Span

Bounds = tuple[int, int]
"""Start and end of a stretch of text, in code points, half-open."""


class Characters(msgspec.Struct, frozen=True):
    """Code points of a document, each counted once however many spans cover it.

    Attributes:
        gold: inside a gold span.
        predicted: inside a predicted span.
        correct: inside both.
    """

    gold: int
    predicted: int
    correct: int

    @property
    def leaked(self) -> int:
        """Count gold characters that no prediction covers: they would stay readable."""
        return self.gold - self.correct

    @property
    def over_redacted(self) -> int:
        """Count predicted characters outside every gold span: they would be hidden without need."""
        return self.predicted - self.correct


def count_characters(spans: Iterable[Span]) -> int:
    """Code points inside any of the spans, which come in any order."""
    return _length_of_union(sorted_bounds(spans))


def compared(gold: list[Bounds], covered: list[Bounds]) -> Characters:
    """Compare the characters that gold spans and predictions cover.

    Source: the leakage rate of OpenMed (`openmed/eval/metrics.py`), except that a character
    counts as covered under any label, because a redaction under the wrong name hides it too.

    Args:
        gold: bounds of the gold spans, sorted.
        covered: what the predictions cover, as `merged` makes it.
    """
    ours = _length_of_union(gold)
    theirs = sum(end - start for start, end in covered)
    either = _length_of_union(sorted(gold + covered))
    return Characters(ours, theirs, ours + theirs - either)


def sorted_bounds(spans: Iterable[Span]) -> list[Bounds]:
    """Starts and ends of spans, sorted."""
    return sorted([(span.start, span.end) for span in spans])


def merged(bounds: Iterable[Bounds]) -> list[Bounds]:
    """The union of sorted intervals: sorted, apart from one another."""
    together: list[Bounds] = []
    reached = -1
    for start, end in bounds:
        if start > reached:
            together.append((start, end))
            reached = end
        elif end > reached:
            together[-1] = together[-1][0], end
            reached = end
    return together


def _length_of_union(bounds: Iterable[Bounds]) -> int:
    """Number of positions in at least one of the intervals, which come sorted."""
    total = reached = 0
    for start, end in bounds:
        if start >= reached:
            total += end - start
            reached = end
        elif end > reached:
            total += end - reached
            reached = end
    return total
