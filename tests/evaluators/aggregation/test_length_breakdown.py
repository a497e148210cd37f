"""Scores by the length of entities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.evaluators import SCHEMES, Prediction, evaluate_pairs
from pii_sft.evaluators.aggregation.length_breakdown import (
    ENTITY_LENGTHS,
    NOWHERE,
    entity_length_class,
)
from pii_sft.spans import Document, Span

COUNTS = ("correct", "incorrect", "partial", "missed", "spurious", "possible", "actual")


def by_entity_length(pairs: Any, **options: Any) -> dict[str, Any]:
    report = evaluate_pairs(pairs, by=("entity_length",), **{"ci": 0.0, **options})
    return report.to_dict()["breakdowns"]["entity_length"]


def pair(gold: list[Span], found: list[Span], unplaced: tuple[str, ...] = ()) -> Any:
    return Document("d", "x" * 200, tuple(gold)), Prediction(tuple(found), unplaced=unplaced)


@pytest.mark.parametrize(
    ("length", "name"),
    [
        (1, "1-4"),
        (4, "1-4"),
        (5, "5-9"),
        (9, "5-9"),
        (10, "10-19"),
        (19, "10-19"),
        (20, "20-49"),
        (49, "20-49"),
        (50, "50 and more"),
        (9999, "50 and more"),
    ],
)
def test_classes(length: int, name: str) -> None:
    assert entity_length_class(Span(7, 7 + length, "A")) == name


def test_recall_is_that_of_gold_spans_and_precision_that_of_predictions() -> None:
    pairs = [
        pair([Span(0, 3, "A"), Span(10, 16, "A")], [Span(0, 3, "A"), Span(10, 13, "A")]),
        pair([Span(0, 60, "A")], [Span(0, 60, "B"), Span(90, 92, "B")], ("C",)),
        pair([], []),
    ]
    found = by_entity_length(pairs)
    assert list(found) == ["1-4", "5-9", "50 and more", NOWHERE]
    strict = {name: each["schemes"]["strict"]["micro"] for name, each in found.items()}
    numbers = {
        name: [row[each] for each in ("possible", "actual", "correct", "incorrect", "spurious")]
        for name, row in strict.items()
    }
    assert numbers == {
        "1-4": [1, 3, 1, 0, 1],
        "5-9": [1, 0, 0, 1, 0],
        "50 and more": [1, 1, 0, 1, 0],
        NOWHERE: [0, 1, 0, 0, 1],
    }
    assert strict["1-4"]["precision"] == 1 / 3
    assert strict["1-4"]["recall"] == 1.0
    partial = {name: each["schemes"]["partial"]["micro"] for name, each in found.items()}
    assert partial["5-9"]["recall"] == 0.5
    assert partial["1-4"]["precision"] == 0.5
    assert found["50 and more"]["schemes"]["exact"]["micro"]["precision"] == 1.0
    assert found["50 and more"]["schemes"]["type"]["micro"]["correct"] == 0
    documents = {name: each["documents"] for name, each in found.items()}
    assert documents == {"1-4": 2, "5-9": 1, "50 and more": 1, NOWHERE: 1}


def test_spans_of_one_length_have_the_scores_of_all() -> None:
    """Labels and intervals included: only the classes are others."""
    gold = [Span(at, at + 3, "AB"[at % 2]) for at in range(0, 60, 4)]
    pairs = [
        pair(gold[:at], [*gold[at // 2 :], Span(at, at + 2, "A"), Span(100, 103, "C")])
        for at in range(1, 15)
    ]
    report = evaluate_pairs(pairs, by=("entity_length",), resamples=50).to_dict()
    [(name, part)] = report["breakdowns"]["entity_length"].items()
    assert name == "1-4"
    assert part["documents"] == len(pairs)
    for scheme in SCHEMES:
        row = part["schemes"][scheme]["micro"]
        overall = report["schemes"][scheme]["micro"]
        assert row["ci"].keys() == overall["ci"].keys()
        assert {each: row[each] for each in COUNTS} == {each: overall[each] for each in COUNTS}
        for rate, ends in overall["ci"].items():
            assert row["ci"][rate] == pytest.approx(ends)
            if scheme in {"strict", "type"}:
                assert row[rate] == overall[rate]


def spans(draw: st.DrawFn) -> list[Span]:
    return [
        Span(start, start + length, label)
        for start, length, label in draw(
            st.lists(
                st.tuples(
                    st.integers(0, 90),
                    st.sampled_from([1, 4, 5, 12, 30, 60]),
                    st.sampled_from("AB"),
                ),
                max_size=6,
            )
        )
    ]


@st.composite
def pairs_of_anything(draw: st.DrawFn) -> list[Any]:
    """Nested, overlapping and repeated spans, and entities that stand nowhere."""
    made = []
    for at in range(draw(st.integers(0, 4))):
        gold, found = spans(draw), spans(draw)
        kept = [each for each in gold if draw(st.booleans())]
        unplaced = tuple(draw(st.lists(st.sampled_from("AB"), max_size=2)))
        document = Document(str(at), "x" * 200, tuple(gold))
        made.append((document, Prediction((*kept, *found), unplaced=unplaced)))
    return made


@given(pairs_of_anything(), st.sampled_from([0.0, 0.5]))
def test_classes_add_up_to_the_whole(pairs: list[Any], min_iou: float) -> None:
    report = evaluate_pairs(pairs, by=("entity_length",), ci=0.0, min_iou=min_iou).to_dict()
    parts = report["breakdowns"]["entity_length"]
    assert list(parts) == [each for each in (*ENTITY_LENGTHS.values(), NOWHERE) if each in parts]
    for scheme in SCHEMES:
        rows = [part["schemes"][scheme]["micro"] for part in parts.values()]
        overall = report["schemes"][scheme]["micro"]
        for count in COUNTS:
            assert sum(row[count] for row in rows) == overall[count], (scheme, count)
        for row in rows:
            assert row["possible"] + row["actual"] > 0
            assert all(0 <= row[rate] <= 1 for rate in ("precision", "recall", "f1", "f2"))
            paired = row["correct"] + row["incorrect"] + row["partial"]
            assert row["possible"] == paired + row["missed"]
    for name, part in parts.items():
        held = [
            document.id
            for document, prediction in pairs
            if name in map(entity_length_class, (*document.spans, *prediction.spans))
            or (name == NOWHERE and prediction.unplaced)
        ]
        assert part["documents"] == len(held)


def test_without_documents_or_spans() -> None:
    assert by_entity_length([]) == {}
    assert by_entity_length([pair([], [])]) == {}
    assert by_entity_length([pair([], [])], ci=0.95, resamples=9) == {}


def test_labels_that_are_mapped_or_unknown_make_no_difference() -> None:
    pairs = [pair([Span(0, 3, "A")], [Span(0, 3, "Xanthippe")])]
    [part] = by_entity_length(pairs, known=["A"]).values()
    assert part["schemes"]["exact"]["micro"]["correct"] == 1
    assert part["schemes"]["strict"]["micro"]["correct"] == 0
