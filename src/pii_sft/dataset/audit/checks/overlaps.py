"""Spans that overlap: twice labelled, nested, or crossing each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.dataset.audit.places import Seen


class Overlaps:
    """Compares each span with those before it that reach into it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans = 0
        self._twice = Places(subject)
        self._nested = Places(subject)
        self._crossing = Places(subject)
        self._pairs: Counter[tuple[str, str]] = Counter()

    def see(self, block: Block) -> None:
        """Compare the spans of documents, which are sorted, outer before inner."""
        self._spans += len(block.start)
        inside = np.zeros(len(block.start), bool)
        inside[1:] = block.start[1:] < np.maximum.accumulate(block.end)[:-1]
        for seen, number in block.some(inside):
            self._compare(seen, number)

    def _compare(self, seen: Seen, number: int) -> None:
        spans = seen.document.spans
        span = spans[number]
        for other in reversed(spans[:number]):
            if other.end <= span.start:
                continue
            if (other.start, other.end) == (span.start, span.end):
                self._twice.add(seen, span, f"also {other.label}")
                self._pairs[other.label, span.label] += 1
            elif other.end >= span.end:
                self._nested.add(seen, span, f"inside {other.label}")
            else:
                self._crossing.add(seen, span, f"crosses {other.label}")
            return

    def figures(self) -> Mapping[str, Any]:
        """Number of findings of each kind."""
        return {
            "overlaps": {
                "twice_labelled": self._twice.count,
                "nested": self._nested.count,
                "crossing": self._crossing.count,
            }
        }

    def found(self) -> Iterator[Found]:
        """Spans that overlap."""
        spans, subject = self._spans, self._subject
        if self._crossing.count:
            yield report(
                "crossing-spans",
                "error",
                (
                    "Spans that cross",
                    "{count} of {spans} spans begin inside another and end after it, which is "
                    "hardly ever meant and can't be written with tags",
                    "review them, or keep the longer of each two",
                ),
                self._crossing,
                command=subject.mending("overlaps"),
                spans=spans,
                gain=round(self._crossing.count / spans, 4),
            )
        if self._twice.count:
            (one, other), number = self._pairs.most_common(1)[0]
            yield report(
                "twice-labelled",
                "warning",
                (
                    "Spans with two labels",
                    "{count} of {spans} spans have the bounds of another with another label, "
                    "{number} of them {one} and {other}",
                    "decide on one; strict scores count each of them",
                ),
                self._twice,
                command=subject.mending("overlaps"),
                spans=spans,
                number=number,
                one=one,
                other=other,
                gain=round(self._twice.count / spans, 4),
            )
        if self._nested.count:
            yield report(
                "nested-spans",
                "note",
                (
                    "Nested spans",
                    "{count} of {spans} spans stand inside another: legal, but harder to learn, "
                    "and formats with one tag a token can't hold them",
                    "keep them if they are meant; otherwise keep the outer ones",
                ),
                self._nested,
                command=subject.mending("flatten"),
                spans=spans,
            )
