"""How much of the text is protected: characters, whatever their label or span."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pii_sft.spans import Span


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
        """Gold characters that no prediction covers: what would still be readable."""
        return self.gold - self.correct

    @property
    def over_redacted(self) -> int:
        """Predicted characters outside every gold span: what would be lost for nothing."""
        return self.predicted - self.correct


def count_characters(gold: Iterable[Span], predicted: Iterable[Span]) -> Characters:
    """Compare the characters that two sets of spans cover, in any order.

    Source: the leakage rate of OpenMed (`openmed/eval/metrics.py`), except that a character
    counts as covered under any label, because a redaction under the wrong name hides it too.
    """
    ours = [(span.start, span.end) for span in gold]
    theirs = [(span.start, span.end) for span in predicted]
    covered = _length_of_union(sorted(ours))
    if ours == theirs:
        return Characters(covered, covered, covered)
    redacted = _length_of_union(sorted(theirs))
    either = _length_of_union(sorted(ours + theirs))
    return Characters(covered, redacted, covered + redacted - either)


def _length_of_union(bounds: Iterable[tuple[int, int]]) -> int:
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
