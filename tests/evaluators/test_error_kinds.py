"""Kinds of error: the definitions, case by case."""

from __future__ import annotations

import pytest

from pii_sft.evaluators import Scorer
from pii_sft.evaluators.errors import ErrorCounts
from pii_sft.spans import Span

Rows = list[tuple[int, int, str]]


def kinds(gold: Rows, predicted: Rows) -> ErrorCounts:
    scorer = Scorer()
    scorer.add([Span(*each) for each in gold], [Span(*each) for each in predicted])
    return scorer.result(ci=0.0).errors


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([(0, 9, "A")], [(0, 9, "A")], ErrorCounts()),
        ([(0, 9, "A")], [(0, 8, "A")], ErrorCounts(boundary=1)),
        ([(0, 9, "A")], [(0, 9, "B")], ErrorCounts(label=1)),
        ([(0, 9, "A")], [(0, 8, "B")], ErrorCounts(label=1)),
        ([(0, 9, "A")], [], ErrorCounts(missed=1)),
        ([], [(0, 9, "A")], ErrorCounts(spurious=1)),
        ([(0, 4, "A")], [(4, 8, "A")], ErrorCounts(missed=1, spurious=1)),
        ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "A")], ErrorCounts(boundary=1, spurious=1, split=1)),
        ([(0, 4, "A"), (5, 9, "A")], [(0, 9, "A")], ErrorCounts(boundary=1, missed=1, merge=1)),
        (
            [(0, 9, "A"), (12, 20, "A")],
            [(0, 4, "A"), (5, 16, "A"), (17, 20, "A")],
            ErrorCounts(boundary=2, spurious=1, split=2, merge=1),
        ),
        ([(0, 9, "A")], [(0, 9, "A"), (0, 4, "A")], ErrorCounts(spurious=1)),
        ([(0, 9, "A")], [(0, 9, "A"), (0, 9, "A")], ErrorCounts(spurious=1)),
        ([(0, 9, "A"), (0, 4, "B")], [(0, 9, "A"), (0, 4, "B")], ErrorCounts()),
        ([(0, 9, "A"), (0, 9, "B")], [(0, 9, "C")], ErrorCounts(label=1, missed=1)),
        ([(0, 9, "A")], [(0, 8, "A"), (0, 8, "B")], ErrorCounts(boundary=1, spurious=1)),
    ],
)
def test_kind(gold: Rows, predicted: Rows, expected: ErrorCounts) -> None:
    assert kinds(gold, predicted) == expected
