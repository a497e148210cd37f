"""Numbers that other tools state or give, restated: where they are right, ours are the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pii_sft.evaluators import Scorer, Scores
from pii_sft.spans import Span

Row = tuple[int, int, str]
Counts = tuple[int, int, int, int, int]
SCHEMES = ("strict", "exact", "partial", "type")


def scored(
    gold: Sequence[Sequence[Row]],
    predicted: Sequence[Sequence[Row]],
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
    beta: float = 1.0,
) -> Scores:
    scorer = Scorer(min_overlap, min_iou)
    for ours, theirs in zip(gold, predicted, strict=True):
        scorer.add([Span(*each) for each in ours], [Span(*each) for each in theirs])
    return scorer.result(ci=0.0, beta=(beta,))


PEOPLE: list[Row] = [(1, 3, "PER"), (6, 8, "ORG")]
ONE: list[list[Row]] = [[(0, 10, "PER")]]


@pytest.mark.parametrize(
    ("gold", "predicted", "min_overlap", "expected"),
    [
        pytest.param(
            [[(1, 3, "PER"), (6, 8, "ORG")], [(1, 2, "LOC"), (2, 4, "PER"), (6, 7, "DATE")]],
            [[(2, 4, "PER"), (6, 8, "ORG")], [(1, 3, "LOC"), (3, 4, "PER"), (6, 7, "DATE")]],
            0.01,
            [(2, 3, 0, 0, 0), (2, 3, 0, 0, 0), (2, 0, 3, 0, 0), (5, 0, 0, 0, 0)],
            id="README",
        ),
        pytest.param(
            [
                [(1, 2, "PER"), (3, 5, "ORG"), (5, 6, "LOC")],
                [(1, 2, "PER"), (3, 4, "ORG")],
            ],
            [
                [(1, 2, "PER"), (3, 4, "ORG"), (5, 6, "PER")],
                [(1, 2, "PER"), (3, 4, "LOC")],
            ],
            0.01,
            [(2, 3, 0, 0, 0), (4, 1, 0, 0, 0), (4, 0, 1, 0, 0), (3, 2, 0, 0, 0)],
            id="test_evaluator.py",
        ),
        pytest.param(
            ONE,
            [[(0, 3, "PER")]],
            0.01,
            [(0, 1, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (1, 0, 0, 0, 0)],
            id="3 of 10, at 1 %",
        ),
        pytest.param(ONE, [[(0, 3, "PER")]], 0.5, [(0, 0, 0, 1, 1)] * 4, id="3 of 10, at 50 %"),
        pytest.param(
            ONE,
            [[(0, 5, "PER")]],
            0.5,
            [(0, 1, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (1, 0, 0, 0, 0)],
            id="5 of 10, at 50 %",
        ),
        pytest.param(ONE, [[(0, 5, "PER")]], 0.51, [(0, 0, 0, 1, 1)] * 4, id="5 of 10, at 51 %"),
        pytest.param(ONE, [[(0, 7, "PER")]], 0.75, [(0, 0, 0, 1, 1)] * 4, id="7 of 10, at 75 %"),
        pytest.param(
            ONE,
            [[(0, 8, "PER")]],
            0.75,
            [(0, 1, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0), (1, 0, 0, 0, 0)],
            id="8 of 10, at 75 %",
        ),
        pytest.param(
            [[(0, 5, "PER"), (10, 15, "ORG"), (20, 25, "LOC")]],
            [[(0, 2, "PER"), (10, 13, "ORG"), (20, 25, "LOC"), (30, 33, "MISC")]],
            0.5,
            [(1, 1, 0, 1, 2), (1, 1, 0, 1, 2), (1, 0, 1, 1, 2), (2, 0, 0, 1, 2)],
            id="several, at 50 %",
        ),
        pytest.param([PEOPLE], [[(1, 3, "PER")]], 0.01, [(1, 0, 0, 1, 0)] * 4, id="missed"),
        pytest.param(
            [PEOPLE],
            [[(1, 3, "PER"), (6, 8, "LOC")]],
            0.01,
            [(1, 1, 0, 0, 0), (2, 0, 0, 0, 0), (2, 0, 0, 0, 0), (1, 1, 0, 0, 0)],
            id="wrong label",
        ),
        pytest.param(
            [PEOPLE],
            [[(1, 3, "PER"), (6, 7, "LOC")]],
            0.01,
            [(1, 1, 0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 1, 0, 0), (1, 1, 0, 0, 0)],
            id="wrong end",
        ),
        pytest.param(
            [PEOPLE],
            [[(1, 3, "PER"), (7, 8, "LOC")]],
            0.01,
            [(1, 1, 0, 0, 0), (1, 1, 0, 0, 0), (1, 0, 1, 0, 0), (1, 1, 0, 0, 0)],
            id="wrong start",
        ),
        pytest.param(
            [PEOPLE],
            [[(1, 3, "PER"), (4, 5, "PER"), (6, 8, "LOC")]],
            0.01,
            [(1, 1, 0, 0, 1), (2, 0, 0, 0, 1), (2, 0, 0, 0, 1), (1, 1, 0, 0, 1)],
            id="surplus",
        ),
    ],
)
def test_counts_of_nervaluate(
    gold: list[list[Row]],
    predicted: list[list[Row]],
    min_overlap: float,
    expected: list[Counts],
) -> None:
    # nervaluate 1.2.1, its README and tests
    result = scored(gold, predicted, min_overlap)
    names = ("correct", "incorrect", "partial", "missed", "spurious")
    found = [
        tuple(result.schemes[scheme].micro.counts[name] for name in names) for scheme in SCHEMES
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param([(4, 14, "PERSON")], [(4, 14, "PERSON")], (1, 0, 0), id="same"),
        pytest.param([(4, 14, "PERSON")], [], (0, 0, 1), id="missed"),
        pytest.param([], [(4, 14, "PERSON")], (0, 1, 0), id="spurious"),
        pytest.param([(4, 12, "LOCATION")], [(4, 12, "PERSON")], (0, 1, 1), id="wrong label"),
        pytest.param([(4, 22, "PERSON")], [(4, 8, "PERSON")], (0, 1, 1), id="little overlap"),
        pytest.param([(4, 17, "ORG")], [(4, 7, "PERSON")], (0, 1, 1), id="little overlap, wrong"),
    ],
)
def test_counts_over_union_of_presidio(
    gold: list[Row], predicted: list[Row], expected: tuple[int, int, int]
) -> None:
    # presidio-evaluator 0.3.2, SpanEvaluator with a threshold of 0.75: tp, fp, fn
    counts = scored([gold], [predicted], min_iou=0.75).schemes["type"].micro.counts
    correct = counts["correct"]
    assert (correct, counts["actual"] - correct, counts["possible"] - correct) == expected


KAGGLE_GOLD = {
    "d1": [(0, 1, "B-NAME_STUDENT"), (1, 2, "I-NAME_STUDENT"), (9, 10, "B-EMAIL")],
    "d2": [(4, 5, "B-ID_NUM")],
}
KAGGLE_PREDICTED = {
    "d1": [(0, 1, "B-NAME_STUDENT"), (1, 2, "B-NAME_STUDENT"), (9, 10, "B-EMAIL")],
    "d2": [(7, 8, "B-URL_PERSONAL")],
}


def test_f5_of_tokens_of_the_kaggle_competition() -> None:
    """Micro F5 over (document, token, tag): each tagged token is a span of its own."""
    result = scored(list(KAGGLE_GOLD.values()), list(KAGGLE_PREDICTED.values()), beta=5)
    strict = result.schemes["strict"].micro
    counts = strict.counts
    assert strict.rates["f5"] == 0.5
    assert counts["correct"] == 2
    assert counts["actual"] - counts["correct"] == counts["possible"] - counts["correct"] == 2
    # the community's first version takes a wrong tag for a missed one only
    found, surplus, lost = counts["correct"], counts["spurious"], 2
    assert 26 * found / (26 * found + 25 * lost + surplus) == pytest.approx(0.504854, abs=1e-6)


def test_leakage_of_openmed() -> None:
    # openmed 3.1.0: exact, relaxed and leaked characters of one document
    gold = [(0, 10, "PERSON"), (20, 24, "LOCATION"), (31, 39, "PHONE")]
    found = [(0, 4, "PERSON"), (20, 24, "LOCATION"), (31, 35, "PHONE"), (36, 39, "PHONE")]
    result = scored([gold], [found])
    strict, kind = result.schemes["strict"].micro, result.schemes["type"].micro
    assert strict.rates["f1"] == pytest.approx(2 / 7)
    assert (kind.rates["precision"], kind.rates["recall"]) == (0.75, 1.0)
    assert result.characters.rates["recall"] == pytest.approx(15 / 22)
    assert result.characters.counts["leaked"] == 7


def test_scores_of_spacy() -> None:
    # spaCy 3.8.18, Scorer.score_spans
    gold = [(0, 10, "PER"), (20, 25, "LOC"), (31, 37, "ORG")]
    found = [(0, 4, "PER"), (20, 25, "LOC"), (31, 37, "LOC")]
    strict = scored([gold], [found]).schemes["strict"]
    assert list(strict.micro.rates.values()) == pytest.approx([1 / 3] * 3)
    assert strict.labels["LOC"].rates == pytest.approx(
        {"precision": 0.5, "recall": 1.0, "f1": 2 / 3}
    )
    assert set(strict.labels["ORG"].rates.values()) == {0.0}


def test_a_report_of_seqeval() -> None:
    # seqeval 1.2.2, docstring of classification_report
    strict = scored([[(3, 6, "MISC")], [(0, 2, "PER")]], [[(2, 6, "MISC")], [(0, 2, "PER")]])
    rows = strict.schemes["strict"]
    for row in (rows.micro, rows.macro, rows.weighted):
        assert set(row.rates.values()) == {0.5}
    assert set(rows.labels["MISC"].rates.values()) == {0.0}
    assert set(rows.labels["PER"].rates.values()) == {1.0}
