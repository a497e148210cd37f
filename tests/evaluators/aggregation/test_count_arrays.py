"""Tables of counts: the same numbers whether they are plain or sparse."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.evaluators.aggregation import count_arrays
from pii_sft.evaluators.comparison.compare import compare_triples
from pii_sft.spans import Document, Span

BY = ("label", "entity_length", "length", "size", "language")


def guesses(seed: int, documents: list[Document]) -> list[Prediction]:
    draw = random.Random(seed)
    return [
        Prediction(
            tuple(
                Span(span.start, span.end + draw.randrange(2), draw.choice("ABCD"))
                for span in document.spans
                if draw.random() < 0.7
            ),
            unplaced=("A",) if draw.random() < 0.1 else (),
        )
        for document in documents
    ]


def drawn_documents(number: int) -> list[Document]:
    draw = random.Random(3)
    return [
        Document(
            f"d{at}",
            "word " * 40,
            tuple(
                Span(5 * each, 5 * each + 4, draw.choice("ABC"))
                for each in range(draw.randrange(9))
            ),
            {"language": draw.choice(["en", "zh"])},
        )
        for at in range(number)
    ]


@pytest.mark.parametrize("number", [1, 60])
def test_plain_and_sparse_tables_give_the_same(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = drawn_documents(number)
    one, other = guesses(1, documents), guesses(2, documents)

    def found() -> list[object]:
        pairs = list(zip(documents, one, strict=True))
        triples = zip(documents, one, other, strict=True)
        return [
            evaluate_pairs(pairs, by=BY, resamples=50).to_dict(),
            compare_triples(triples, resamples=50, randomisations=40).to_dict(),
        ]

    plain = found()
    monkeypatch.setattr(count_arrays, "DENSE_CELLS", 0)
    assert found() == plain


def test_a_few_documents_are_scored_without_scipy(tmp_path: Path) -> None:
    """It takes longer to import than they take to score."""
    code = (
        "import sys; from pii_sft import evaluate;"
        "evaluate([[(0, 3, 'A'), (5, 9, 'B')]], [[(0, 3, 'A'), (5, 7, 'B'), (6, 9, 'B')]]);"
        "print('scipy' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["False", "True"]
