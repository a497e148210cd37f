"""Kinds of error: the definitions, case by case."""

from __future__ import annotations

import pytest

from pii_sft.evaluators import Scorer
from pii_sft.evaluators.errors import ERROR_KINDS, ErrorCounts
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


def finer(gold: Rows, predicted: Rows, unplaced: tuple[str, ...] = ()) -> dict[str, int]:
    scorer = Scorer()
    scorer.add([Span(*each) for each in gold], [Span(*each) for each in predicted], unplaced)
    return {kind: n for kind, n in scorer.result(ci=0.0).error_kinds.items() if n}


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([(0, 9, "A")], [(0, 9, "A")], {}),
        ([(0, 9, "A")], [(0, 10, "A")], {"too_long": 1}),
        ([(2, 9, "A")], [(1, 10, "A")], {"too_long": 1}),
        ([(0, 9, "A")], [(1, 9, "A")], {"too_short": 1}),
        ([(0, 9, "A")], [(1, 8, "A")], {"too_short": 1}),
        ([(0, 9, "A")], [(1, 10, "A")], {"shifted": 1}),
        ([(1, 9, "A")], [(0, 8, "A")], {"shifted": 1}),
        ([(0, 9, "A")], [(0, 9, "B")], {"label": 1}),
        ([(0, 9, "A")], [(0, 8, "B")], {"label_and_bounds": 1}),
        ([(0, 9, "A")], [], {"missed": 1}),
        ([], [(0, 9, "A")], {"spurious": 1}),
        ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "A")], {"split": 2}),
        ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "B")], {"split": 2}),
        ([(0, 9, "A")], [(0, 4, "B"), (5, 9, "B")], {"label_and_bounds": 1, "split": 1}),
        ([(0, 4, "A"), (5, 9, "A")], [(0, 9, "A")], {"merge": 2}),
        ([(0, 4, "A"), (5, 9, "B")], [(0, 9, "A")], {"merge": 2}),
        ([(0, 4, "A"), (5, 9, "A")], [(0, 9, "B")], {"label_and_bounds": 1, "merge": 1}),
        ([(0, 9, "A")], [(0, 9, "A"), (0, 9, "A")], {"duplicate": 1}),
        ([(0, 9, "A")], [(0, 9, "A"), (0, 9, "B")], {"duplicate": 1}),
        ([(0, 9, "A")], [(0, 9, "B"), (0, 9, "C")], {"label": 1, "duplicate": 1}),
        ([], [(0, 9, "A"), (0, 9, "B"), (0, 9, "B")], {"spurious": 1, "duplicate": 2}),
        ([(0, 9, "A")], [(0, 9, "A"), (0, 4, "A")], {"spurious": 1}),
        ([(0, 9, "A"), (0, 4, "B")], [(0, 9, "A")], {"missed": 1}),
        (
            [(0, 9, "A"), (12, 20, "A")],
            [(0, 4, "A"), (5, 16, "A"), (17, 20, "A")],
            {"split": 3},
        ),
    ],
)
def test_finer_kind(gold: Rows, predicted: Rows, expected: dict[str, int]) -> None:
    assert finer(gold, predicted) == expected


def test_a_string_that_the_text_lacks_is_a_kind_of_its_own() -> None:
    assert finer([], [], ("A", "A")) == {"hallucinated": 2}
    assert kinds([], []) == ErrorCounts()


def test_finer_kinds_are_explained() -> None:
    assert all(len(text) > 10 and text[0].islower() for text in ERROR_KINDS.values())
