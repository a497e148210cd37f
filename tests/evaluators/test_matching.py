"""The matching: what is paired, and that nothing else decides."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.errors import UsageError
from pii_sft.evaluators import match
from pii_sft.evaluators.overlaps import overlap
from pii_sft.spans import Span


def spans(*rows: tuple[int, int, str]) -> list[Span]:
    return [Span(*row) for row in rows]


def bounds(pairs: tuple[tuple[Span, Span], ...]) -> list[tuple[int, int, int, int]]:
    return [(gold.start, gold.end, found.start, found.end) for gold, found in pairs]


@pytest.mark.parametrize("order", itertools.permutations([(0, 4, "NAME"), (0, 9, "NAME")]))
def test_identical_span_wins_in_any_order(order: tuple[tuple[int, int, str], ...]) -> None:
    # nervaluate 1.2.1 scores the same document 0 or 0.667, by the order of the predictions
    result = match(spans((0, 9, "NAME")), spans(*order))
    assert result.pairs == ((Span(0, 9, "NAME"), Span(0, 9, "NAME")),)
    assert result.spurious == (Span(0, 4, "NAME"),)


def test_touching_spans_do_not_overlap() -> None:
    # nervaluate 1.2.1 takes ends as inclusive and gives this half of the credit
    result = match(spans((0, 4, "A")), spans((4, 8, "A")))
    assert result.pairs == ()
    assert result.missed == (Span(0, 4, "A"),)
    assert result.spurious == (Span(4, 8, "A"),)


def test_one_shared_character_is_an_overlap() -> None:
    assert len(match(spans((0, 5, "A")), spans((4, 8, "B"))).pairs) == 1


def test_each_gold_is_matched_once_and_the_surplus_is_spurious() -> None:
    result = match(spans((0, 4, "A")), spans((0, 4, "A"), (0, 4, "A"), (0, 4, "A")))
    assert len(result.pairs) == 1
    assert result.spurious == (Span(0, 4, "A"), Span(0, 4, "A"))


def test_repeated_gold_is_found_as_often_as_predicted() -> None:
    result = match(spans((0, 4, "A"), (0, 4, "A")), spans((0, 4, "A")))
    assert len(result.pairs) == 1
    assert result.missed == (Span(0, 4, "A"),)


def test_same_label_comes_before_a_larger_overlap() -> None:
    result = match(spans((0, 10, "A")), spans((0, 9, "B"), (8, 12, "A")))
    assert bounds(result.pairs) == [(0, 10, 8, 12)]


def test_same_bounds_come_before_the_same_label() -> None:
    result = match(spans((0, 10, "A")), spans((0, 10, "B"), (0, 9, "A")))
    assert bounds(result.pairs) == [(0, 10, 0, 10)]
    assert result.pairs[0][1].label == "B"


def test_two_pairs_come_before_one_with_more_overlap() -> None:
    # greedy by overlap pairs (10, 20) with (10, 21) and leaves two spans alone
    gold = spans((10, 20, "A"), (19, 30, "A"))
    found = spans((5, 11, "A"), (10, 21, "A"))
    result = match(gold, found)
    assert bounds(result.pairs) == [(10, 20, 5, 11), (19, 30, 10, 21)]
    assert result.missed == result.spurious == ()


def test_same_label_pairs_come_before_more_pairs() -> None:
    gold = spans((0, 10, "A"), (9, 20, "B"))
    found = spans(
        (5, 15, "A"),
    )
    assert match(gold, found).pairs == ((Span(0, 10, "A"), Span(5, 15, "A")),)


def test_overlap_is_a_share_of_both_spans() -> None:
    # as many shared characters, but the longer prediction covers much else
    result = match(spans((0, 10, "A")), spans((0, 9, "A"), (0, 100, "A")))
    assert bounds(result.pairs) == [(0, 10, 0, 9)]


def test_one_prediction_answers_one_gold() -> None:
    result = match(spans((0, 13, "A"), (14, 18, "B")), spans((0, 18, "A")))
    assert bounds(result.pairs) == [(0, 13, 0, 18)]
    assert result.missed == (Span(14, 18, "B"),)


def test_nested_spans_are_matched_one_by_one() -> None:
    nested = spans((0, 20, "ORG"), (0, 5, "CITY"), (6, 20, "NAME"))
    result = match(nested, list(reversed(nested)))
    assert len(result.pairs) == 3
    assert all(gold == found for gold, found in result.pairs)


def test_same_bounds_with_two_labels_find_their_own() -> None:
    result = match(spans((0, 5, "A"), (0, 5, "B")), spans((0, 5, "C"), (0, 5, "B")))
    assert [(gold.label, found.label) for gold, found in result.pairs] == [("A", "C"), ("B", "B")]


def test_which_of_two_golds_with_equal_bounds_is_left_is_decided_by_what_is_left() -> None:
    # C takes the bounds of A or B; B has another prediction of its label, so C must take A
    result = match(spans((0, 5, "A"), (0, 5, "B")), spans((0, 5, "C"), (0, 7, "B")))
    assert [(gold.label, found.label) for gold, found in result.pairs] == [("A", "C"), ("B", "B")]


def test_nothing_on_either_side() -> None:
    assert match([], []).pairs == ()
    assert match([], spans((0, 1, "A"))).spurious == (Span(0, 1, "A"),)
    assert match(spans((0, 1, "A")), []).missed == (Span(0, 1, "A"),)


@pytest.mark.parametrize(
    ("gold", "predicted", "share", "paired"),
    [
        ((0, 10), (0, 3), 0.3, True),
        ((0, 10), (0, 3), 0.5, False),
        ((0, 10), (0, 5), 0.5, True),
        ((0, 10), (0, 5), 0.51, False),
        ((0, 10), (0, 7), 0.75, False),
        ((0, 10), (0, 8), 0.75, True),
        ((0, 100), (0, 7), 0.07, True),
        ((0, 100), (50, 79), 0.29, True),
        ((0, 10), (0, 10), 1.0, True),
        ((0, 10), (0, 11), 1.0, True),
        ((0, 10), (1, 11), 1.0, False),
    ],
)
def test_min_overlap_is_a_share_of_the_gold_span(
    gold: tuple[int, int], predicted: tuple[int, int], share: float, paired: bool
) -> None:
    result = match(spans((*gold, "A")), spans((*predicted, "A")), share)
    assert bool(result.pairs) is paired


@pytest.mark.parametrize("share", [-0.1, 1.1, 50, float("nan")])
def test_min_overlap_must_be_a_share(share: float) -> None:
    with pytest.raises(UsageError, match="min_overlap"):
        match([], [], share)


def test_long_chain_is_matched_completely() -> None:
    # each prediction overlaps two golds, over more spans than the finest overlap measure can hold
    gold = [Span(10 * index, 10 * index + 6, "A") for index in range(400)]
    found = [Span(10 * index + 4, 10 * index + 12, "A") for index in range(400)]
    result = match(gold, found)
    assert len(result.pairs) == 400
    assert [pair[0] for pair in result.pairs] == gold
    assert [pair[1] for pair in result.pairs] == found


def test_long_chain_puts_bounds_before_labels_before_number_of_pairs() -> None:
    # pairing every prediction with the gold before it gives 300 pairs of the right label;
    # but the last prediction has the bounds of the last gold
    gold = [Span(10 * index, 10 * index + 6, "A") for index in range(300)]
    found = [Span(10 * index + 4, 10 * index + 12, "A") for index in range(299)]
    found.append(Span(2990, 2996, "B"))
    result = match(gold, found)
    assert (Span(2990, 2996, "A"), Span(2990, 2996, "B")) in result.pairs
    assert len(result.pairs) == 300


def test_ties_are_decided_by_position_not_by_order() -> None:
    gold, found = spans((0, 10, "A"), (20, 30, "A")), spans((5, 25, "A"))
    for shuffled in itertools.permutations(gold):
        assert bounds(match(shuffled, found).pairs) == [(0, 10, 5, 25)]


def test_order_never_matters_in_dense_documents() -> None:
    draw = random.Random(3)
    for _ in range(200):
        gold = [_span(draw) for _ in range(8)]
        found = [_span(draw) for _ in range(8)]
        expected = match(gold, found)
        draw.shuffle(gold)
        draw.shuffle(found)
        assert match(gold, found) == expected


def _span(draw: random.Random) -> Span:
    start = draw.randrange(30)
    return Span(start, start + draw.randrange(1, 12), draw.choice("ABC"))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6), st.sampled_from("AB")), max_size=5))
def test_a_span_against_several_is_matched_as_scipy_does(
    others: list[tuple[int, int, str]],
) -> None:
    from scipy.optimize import linear_sum_assignment

    one = Span(2, 7, "A")
    several = sorted({Span(start, start + size, label) for start, size, label in others})
    touching = [each for each in several if each.start < one.end and each.end > one.start]
    for golds, predictions in (([one], touching), (touching, [one])):
        found = match(golds, predictions).pairs
        if not touching:
            assert found == ()
            continue
        ranks = [
            (
                (gold.start, gold.end) == (predicted.start, predicted.end),
                gold.label == predicted.label,
                overlap(gold, predicted),
            )
            for gold in golds
            for predicted in predictions
        ]
        order = {rank: number for number, rank in enumerate(sorted(set(ranks)), 1)}
        weights = np.array([order[rank] for rank in ranks]).reshape(len(golds), -1)
        ((row,), (column,)) = linear_sum_assignment(weights, maximize=True)
        assert found == ((golds[row], predictions[column]),)
