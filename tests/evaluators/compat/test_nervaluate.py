"""What is handed to nervaluate, and how its answer is shown."""

from __future__ import annotations

import pytest

from pii_sft.evaluators import Prediction
from pii_sft.evaluators.compat import Numbers, compat
from pii_sft.spans import Document, Span

COUNTED = ("correct", "incorrect", "partial", "missed", "spurious")
Row = tuple[int, int, str]


def numbers(name: str, gold: list[Row], predicted: list[Row]) -> Numbers:
    document = Document("d", "x" * 60, tuple(Span(*row) for row in gold))
    return compat(name, [(document, Prediction(tuple(Span(*row) for row in predicted)))])


def counted(found: Numbers, strategy: str) -> tuple[int, ...]:
    return tuple(found.values["overall"][strategy][name] for name in COUNTED)


def test_its_own_example() -> None:
    # `test_evaluator_simple_case`: one right, one with another label, one spurious
    found = numbers(
        "nervaluate-inclusive",
        [(1, 4, "PER"), (6, 9, "ORG")],
        [(1, 4, "PER"), (6, 9, "LOC"), (20, 25, "PER")],
    )
    assert counted(found, "strict") == (1, 1, 0, 0, 1)
    assert counted(found, "exact") == (2, 0, 0, 0, 1)


def test_predictions_keep_their_order() -> None:
    gold = [(0, 9, "A")]
    close, right = (0, 4, "A"), (0, 9, "A")
    first = numbers("nervaluate", gold, [right, close]).values["overall"]["strict"]["f1"]
    assert first == pytest.approx(2 / 3)
    assert numbers("nervaluate", gold, [close, right]).values["overall"]["strict"]["f1"] == 0.0


def test_a_wrong_label_is_missed_and_spurious_by_label() -> None:
    found = numbers("nervaluate", [(0, 4, "A")], [(0, 4, "B")])
    assert counted(found, "strict") == (0, 1, 0, 0, 0)
    assert found.values["entities"]["A"]["strict"]["missed"] == 1
    assert found.values["entities"]["B"]["exact"]["spurious"] == 1


def test_spans_that_touch_overlap_unless_their_ends_are_converted() -> None:
    gold, predicted = [(0, 4, "A")], [(4, 8, "A")]
    assert counted(numbers("nervaluate", gold, predicted), "partial") == (0, 0, 1, 0, 0)
    assert counted(numbers("nervaluate-inclusive", gold, predicted), "partial") == (0, 0, 0, 1, 1)


def test_nothing_scores_zero() -> None:
    for found in (compat("nervaluate", []), numbers("nervaluate", [], [])):
        assert found.values["entities"] == {}
        assert set(found.values["overall"]["strict"].values()) == {0}


def test_tables_hold_what_the_dictionary_holds() -> None:
    found = numbers("nervaluate", [(0, 4, "A")], [(0, 4, "A"), (6, 9, "B")])
    overall, *by_label = found.tables
    assert list(overall.rows) == ["ent_type", "exact", "partial", "strict"]
    assert overall.rows["strict"] == (1, 0, 0, 0, 1, 0.5, 1.0, pytest.approx(2 / 3))
    assert [table.title for table in by_label] == [
        f"nervaluate, {name} by label" for name in ("strict", "partial", "ent_type", "exact")
    ]
    assert list(by_label[0].rows) == ["A", "B"]
    assert found.values["entities"]["B"]["strict"]["spurious"] == 1
    assert found.notes == ()
