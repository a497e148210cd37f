"""Recall of gold spans by their place, and reliability of confidences."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest

import msgspec
import numpy as np

from pii_sft.evaluators import Prediction, match
from pii_sft.spans import Document

LENGTHS = (0, 500, 1000, 2000, 4000, 8000)
"""Shortest lengths of the classes of documents, in characters."""

PLACES = ("first third", "second third", "last third")
BINS = 10


class Share(msgspec.Struct):
    """A count of a total.

    Attributes:
        hits: how many.
        total: of how many.
    """

    hits: int = 0
    total: int = 0

    @property
    def rate(self) -> float:
        """Their quotient; 0 of nothing."""
        return self.hits / self.total if self.total else 0.0

    def add(self, hit: bool) -> None:
        """Count one more."""
        self.hits += hit
        self.total += 1


class Slices(msgspec.Struct):
    """Recall and precision by slices of the spans, strict.

    Attributes:
        by_length: recall by the class of the document's length, by its shortest.
        by_place: recall by the third of the document in which a span begins.
        confidence: precision by tenth of the confidence, with the sum of confidences.
        sums: sum of the confidences of each tenth.
        missed: gold spans that nothing touches, by label.
        silent: documents with spans for which nothing was predicted.
        documents: documents with spans.
    """

    by_length: dict[int, Share] = {}
    by_place: dict[str, Share] = {}
    confidence: dict[int, Share] = {}
    sums: dict[int, float] = {}
    missed: Counter[str] = Counter()
    silent: int = 0
    documents: int = 0

    @classmethod
    def empty(cls) -> Slices:
        """Of no document yet."""
        places = {place: Share() for place in PLACES}
        return cls(by_place=places, missed=Counter(), by_length={}, confidence={}, sums={})

    def add(self, document: Document, prediction: Prediction) -> None:
        """Look at one more document."""
        right = set(document.spans) & set(prediction.spans)
        for span, score in zip(prediction.spans, prediction.scores, strict=False):
            if score is not None:
                tenth = min(BINS - 1, int(score * BINS))
                self.confidence.setdefault(tenth, Share()).add(span in right)
                self.sums[tenth] = self.sums.get(tenth, 0.0) + score
        if not document.spans:
            return
        self.documents += 1
        self.silent += not prediction.spans
        size = max(1, len(document.text))
        length = LENGTHS[bisect_right(LENGTHS, len(document.text)) - 1]
        for span in document.spans:
            hit = span in right
            self.by_length.setdefault(length, Share()).add(hit)
            self.by_place[PLACES[min(2, 3 * span.start // size)]].add(hit)
        self.missed.update(span.label for span in match(document.spans, prediction.spans).missed)

    @property
    def overconfidence(self) -> float:
        """Mean confidence less the share that is right; 0 without any."""
        total = sum(each.total for each in self.confidence.values())
        hits = sum(each.hits for each in self.confidence.values())
        return (sum(self.sums.values()) - hits) / total if total else 0.0

    @property
    def calibration_error(self) -> float:
        """The expected calibration error over ten bins (Naeini et al., 2015)."""
        total = sum(each.total for each in self.confidence.values())
        off = sum(abs(self.sums[each] - share.hits) for each, share in self.confidence.items())
        return off / total if total else 0.0


def slices(pairs: Iterable[tuple[Document, Prediction]]) -> Slices:
    """Look at each gold document with what was predicted for it."""
    found = Slices.empty()
    for document, prediction in pairs:
        found.add(document, prediction)
    return found


MOST_POINTS = 200


class Curve:
    """Precision and recall as a threshold on the confidence rises; 12 bytes a prediction."""

    def __init__(self) -> None:
        self._scores, self._right = array("d"), array("b")
        self._gold = 0
        self._unscored = 0

    def add(self, document: Document, prediction: Prediction) -> None:
        """Look at one more document."""
        self._gold += len(document.spans)
        right = set(document.spans)
        for span, score in zip_longest(prediction.spans, prediction.scores):
            if score is None:
                self._unscored += 1
            else:
                self._scores.append(score)
                self._right.append(span in right)
                right.discard(span)

    def points(self) -> list[tuple[float, float]]:
        """Recall and precision, from the highest threshold down; empty unless all have a score."""
        if self._unscored or not self._scores or not self._gold:
            return []
        scores, right = np.array(self._scores), np.array(self._right)
        order = np.argsort(-scores, kind="stable")
        hits = np.cumsum(right[order])
        last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
        if len(last) > MOST_POINTS:
            last = last[np.unique(np.linspace(0, len(last) - 1, MOST_POINTS).astype(int))]
        return [(float(hits[at] / self._gold), float(hits[at] / (at + 1))) for at in last]
