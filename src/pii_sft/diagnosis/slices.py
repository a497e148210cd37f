"""What becomes of gold spans by where they stand, and how far confidence can be trusted."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

import msgspec

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
        empty: documents with spans for which nothing was predicted.
        documents: documents with spans.
    """

    by_length: dict[int, Share] = {}
    by_place: dict[str, Share] = {}
    confidence: dict[int, Share] = {}
    sums: dict[int, float] = {}
    missed: Counter[str] = Counter()
    empty: int = 0
    documents: int = 0

    @property
    def overconfidence(self) -> float:
        """How far the mean confidence lies above the share that is right; 0 without any."""
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
    found = Slices(
        by_place={place: Share() for place in PLACES}, missed=Counter(), by_length={}, sums={}
    )
    for document, prediction in pairs:
        _add(found, document, prediction)
    return found


def _add(found: Slices, document: Document, prediction: Prediction) -> None:
    right = set(document.spans) & set(prediction.spans)
    for span, score in zip(prediction.spans, prediction.scores, strict=False):
        if score is not None:
            tenth = min(BINS - 1, int(score * BINS))
            found.confidence.setdefault(tenth, Share()).add(span in right)
            found.sums[tenth] = found.sums.get(tenth, 0.0) + score
    if not document.spans:
        return
    found.documents += 1
    found.empty += not prediction.spans
    size = max(1, len(document.text))
    length = LENGTHS[bisect_right(LENGTHS, len(document.text)) - 1]
    for span in document.spans:
        hit = span in right
        found.by_length.setdefault(length, Share()).add(hit)
        found.by_place[PLACES[min(2, 3 * span.start // size)]].add(hit)
    found.missed.update(span.label for span in match(document.spans, prediction.spans).missed)
