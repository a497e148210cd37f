"""The numbers of nervaluate: its own stated ones, and those of the package on generated spans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.errors import UsageError
from pii_sft.evaluators import Prediction
from pii_sft.evaluators.compat import compat
from pii_sft.evaluators.compat.nervaluate import Nervaluate, nervaluate, of_pairs
from pii_sft.spans import Document, Span
from tests.conftest import ROOT

VECTORS = ROOT.parent / "shared" / "reference" / "vectors.json"
COUNTED = ("correct", "incorrect", "partial", "missed", "spurious")
Row = tuple[int, int, str]

FLAT = [(1, 3, "PER"), (6, 8, "ORG")]
NESTED = [(4, 37, "EVENT"), (4, 24, "EVENT"), (14, 24, "LOCATION"), (51, 55, "DATE")]


def spans(*rows: Row) -> list[Span]:
    return [Span(*row) for row in rows]


def counted(result: Nervaluate, strategy: str) -> tuple[int, ...]:
    return tuple(getattr(result.overall[strategy], name) for name in COUNTED)


@pytest.mark.parametrize(
    ("gold", "predicted", "strict", "ent_type", "exact", "partial"),
    [
        (FLAT, FLAT, (2, 0, 0, 0, 0), (2, 0, 0, 0, 0), (2, 0, 0, 0, 0), (2, 0, 0, 0, 0)),
        (FLAT, FLAT[:1], (1, 0, 0, 1, 0), (1, 0, 0, 1, 0), (1, 0, 0, 1, 0), (1, 0, 0, 1, 0)),
        (
            FLAT,
            [(1, 3, "PER"), (6, 8, "LOC")],
            (1, 1, 0, 0, 0),
            (1, 1, 0, 0, 0),
            (2, 0, 0, 0, 0),
            (2, 0, 0, 0, 0),
        ),
        (
            FLAT,
            [(1, 3, "PER"), (6, 7, "LOC")],
            (1, 1, 0, 0, 0),
            (1, 1, 0, 0, 0),
            (1, 1, 0, 0, 0),
            (1, 0, 1, 0, 0),
        ),
        (
            FLAT,
            [(1, 3, "PER"), (4, 5, "PER"), (6, 8, "LOC")],
            (1, 1, 0, 0, 1),
            (1, 1, 0, 0, 1),
            (2, 0, 0, 0, 1),
            (2, 0, 0, 0, 1),
        ),
        (
            NESTED,
            NESTED[::-1],
            (4, 0, 0, 0, 0),
            (4, 0, 0, 0, 0),
            (4, 0, 0, 0, 0),
            (4, 0, 0, 0, 0),
        ),
        (NESTED, NESTED[1:], (3, 0, 0, 1, 0), (3, 0, 0, 1, 0), (3, 0, 0, 1, 0), (3, 0, 0, 1, 0)),
        (
            NESTED,
            [NESTED[0], (4, 24, "DATE"), *NESTED[2:]],
            (3, 1, 0, 0, 0),
            (3, 1, 0, 0, 0),
            (4, 0, 0, 0, 0),
            (4, 0, 0, 0, 0),
        ),
        (
            NESTED,
            [NESTED[0], (4, 30, "EVENT"), *NESTED[2:]],
            (3, 1, 0, 0, 0),
            (4, 0, 0, 0, 0),
            (3, 1, 0, 0, 0),
            (3, 0, 1, 0, 0),
        ),
        (
            NESTED,
            [*NESTED, (60, 65, "MISC")],
            (4, 0, 0, 0, 1),
            (4, 0, 0, 0, 1),
            (4, 0, 0, 0, 1),
            (4, 0, 0, 0, 1),
        ),
    ],
)
def test_what_its_tests_of_strategies_state(
    gold: list[Row],
    predicted: list[Row],
    strict: tuple[int, ...],
    ent_type: tuple[int, ...],
    exact: tuple[int, ...],
    partial: tuple[int, ...],
) -> None:
    result = nervaluate([(spans(*gold), spans(*predicted))])
    assert counted(result, "strict") == strict
    assert counted(result, "ent_type") == ent_type
    assert counted(result, "exact") == exact
    assert counted(result, "partial") == partial


@pytest.mark.parametrize(
    ("length", "percentage", "reached"),
    [(3, 1.0, True), (3, 50.0, False), (5, 50.0, True), (5, 51.0, False), (8, 75.0, True)],
)
def test_overlap_is_a_share_of_the_gold_span(length: int, percentage: float, reached: bool) -> None:
    # `test_evaluator_min_overlap_with_different_thresholds`; ends are inclusive
    pair = (spans((0, 9, "PER")), spans((0, length - 1, "PER")))
    result = nervaluate([pair], min_overlap_percentage=percentage)
    assert result.overall["ent_type"].correct == reached
    assert result.overall["partial"].partial == reached
    assert result.overall["strict"].missed == (not reached)


def test_one_prediction_over_two_golds_takes_the_first() -> None:
    # its issue 40
    result = nervaluate([(spans((14, 18, "B"), (0, 13, "A")), spans((0, 18, "A")))])
    assert counted(result, "ent_type") == (1, 0, 0, 1, 0)
    assert counted(result, "strict") == (0, 1, 0, 1, 0)


def test_the_order_of_predictions_decides() -> None:
    gold = spans((0, 9, "A"))
    close, right = Span(0, 4, "A"), Span(0, 9, "A")
    assert nervaluate([(gold, [right, close])]).overall["strict"].f1 == pytest.approx(2 / 3)
    assert nervaluate([(gold, [close, right])]).overall["strict"].f1 == 0.0


def test_labels_that_are_not_listed_vanish() -> None:
    pair = (spans((0, 4, "A")), spans((0, 4, "A"), (6, 9, "NEW")))
    assert nervaluate([pair], labels=["A"]).overall["strict"].precision == 1.0
    assert list(nervaluate([pair], labels=["A"]).entities) == ["A"]
    assert nervaluate([pair]).overall["strict"].precision == 0.5


def test_a_wrong_label_is_missed_and_spurious_by_label() -> None:
    result = nervaluate([(spans((0, 4, "A")), spans((0, 4, "B")))])
    assert counted(result, "strict") == (0, 1, 0, 0, 0)
    assert result.entities["A"]["strict"].missed == 1
    assert result.entities["B"]["exact"].spurious == 1


def test_spans_that_touch_overlap_unless_their_ends_are_converted() -> None:
    pairs = [(Document("d", "x" * 9, (Span(0, 4, "A"),)), Prediction((Span(4, 8, "A"),)))]
    assert of_pairs(pairs).overall["partial"].partial == 1
    assert of_pairs(pairs, ends="inclusive").overall["partial"].spurious == 1
    assert compat("nervaluate", pairs) == of_pairs(pairs)
    assert compat("nervaluate-inclusive", pairs) == of_pairs(pairs, ends="inclusive")


def test_nothing_scores_zero() -> None:
    for documents in ([], [((), ())]):
        result = nervaluate(documents)
        assert result.entities == {}
        assert set(result.overall["strict"].to_dict().values()) == {0}


@pytest.mark.parametrize("percentage", [0.0, 0.99, 100.5, float("nan")])
def test_a_share_out_of_its_range_is_refused(percentage: float) -> None:
    with pytest.raises(UsageError):
        nervaluate([], min_overlap_percentage=percentage)


def test_tables_hold_what_the_dictionary_holds() -> None:
    result = nervaluate([(spans((0, 4, "A")), spans((0, 4, "A"), (6, 9, "B")))])
    overall, *by_label = result.tables()
    assert list(overall.rows) == ["ent_type", "exact", "partial", "strict"]
    assert overall.rows["strict"] == (1, 0, 0, 0, 1, 0.5, 1.0, pytest.approx(2 / 3))
    assert [table.title for table in by_label] == [
        f"nervaluate, {name} by label" for name in ("strict", "partial", "ent_type", "exact")
    ]
    assert list(by_label[0].rows) == ["A", "B"]
    assert result.to_dict()["entities"]["B"]["strict"]["spurious"] == 1
    assert result.notes == ()


def vectors() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    every = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    return [each for each in every if "semeval_counts" in each["kind"]]


@pytest.mark.parametrize("each", vectors(), ids=lambda each: each["id"])
def test_reference_vectors(each: dict[str, Any]) -> None:
    documents = [
        tuple([Span(start, end - 1, label) for start, end, label in side] for side in pair)
        for pair in zip(each["gold"], each["pred"], strict=True)
    ]
    percentage = each.get("params", {}).get("min_overlap_pct_of_gold", 1.0)
    found = nervaluate(documents, min_overlap_percentage=percentage).to_dict()  # type: ignore[arg-type]
    expected = each["expected"]
    for strategy, row in (expected.get("overall") or expected["semeval_overall"]).items():
        for name, value in row.items():
            assert found["overall"][strategy][name] == pytest.approx(value, abs=1e-6)
    for label, strategies in expected.get("per_label", {}).items():
        for strategy, row in strategies.items():
            for name, value in row.items():
                assert found["entities"][label][strategy][name] == pytest.approx(value, abs=1e-6)


SPAN = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 30),
    st.integers(0, 12),
    st.sampled_from("ABC"),
)
SIDE = st.lists(SPAN, max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=4),
    st.sampled_from([["A", "B", "C"], ["A", "B"], ["C"]]),
    st.sampled_from([1.0, 25.0, 33.3, 50.0, 75.0, 100.0]),
)
def test_the_package_says_the_same(
    documents: list[tuple[Sequence[Span], Sequence[Span]]], labels: list[str], percentage: float
) -> None:
    package = pytest.importorskip("nervaluate")
    gold, predicted = ([_dicts(side) for side in sides] for sides in zip(*documents, strict=True))
    theirs = package.Evaluator(
        gold, predicted, tags=labels, loader="dict", min_overlap_percentage=percentage
    ).evaluate()
    ours = nervaluate(documents, labels, percentage).to_dict()
    assert ours["overall"] == {name: vars(each) for name, each in theirs["overall"].items()}
    assert ours["entities"] == {
        label: {name: vars(each) for name, each in strategies.items()}
        for label, strategies in theirs["entities"].items()
    }


def _dicts(side: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"label": span.label, "start": span.start, "end": span.end} for span in side]
