"""Every metric gives everything for the truth, nothing for silence, and minds no order."""

from __future__ import annotations

import pytest

from pii_sft.evaluators import METRICS, Prediction
from pii_sft.spans import Document, Span
from tests.conftest import annotated

GOLD = [
    annotated("a", "Ann Lee met Bob.", ("Ann Lee", "PERSON"), ("Bob", "PERSON")),
    annotated("b", "Rome is far.", ("Rome", "CITY")),
    annotated("c", "Nothing."),
]
GUESSES = [Prediction((Span(0, 3, "PERSON"), Span(12, 15, "CITY"))), Prediction(), Prediction()]


def perfect(document: Document) -> tuple[Document, Prediction]:
    return document, Prediction(document.spans)


@pytest.mark.parametrize("name", METRICS.names())
class TestMetric:
    def test_the_truth_scores_one(self, name: str) -> None:
        score = METRICS.get(name).score(map(perfect, GOLD))
        assert (score.precision, score.recall, score.f1) == (1, 1, 1)

    def test_silence_scores_zero(self, name: str) -> None:
        score = METRICS.get(name).score((document, Prediction()) for document in GOLD)
        assert (score.precision, score.recall, score.f1) == (0, 0, 0)

    def test_order_does_not_matter(self, name: str) -> None:
        pairs = list(zip(GOLD, GUESSES, strict=True))
        turned = [
            (document, Prediction(tuple(reversed(guess.spans)))) for document, guess in pairs[::-1]
        ]
        assert METRICS.get(name).score(pairs) == METRICS.get(name).score(turned)
