"""Which proposals count, at any dial, without asking a model."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pii_sft.decoding.proposals import Proposal, choose

TEXT = "Ann Lee and Bob, c/o Ann Lee Ltd, Rome 12 34"


def proposal(start: int, end: int, odds: float, label: str = "P", **more: float) -> Proposal:
    return Proposal(
        start,
        end,
        label,
        odds,
        more.get("label_logprob", -0.1),
        more.get("end_logprob", -0.1),
        taken=odds > 0,
    )


@st.composite
def some(draw: st.DrawFn) -> list[Proposal]:
    """Proposals as decoding makes them: those of the answer don't overlap, the others may."""
    found, at = [], 0
    for _ in range(draw(st.integers(0, 4))):
        inked = [place for place in range(at, len(TEXT)) if not TEXT[place].isspace()]
        if not inked:
            break
        start = draw(st.sampled_from(inked))
        at = 1 + draw(st.sampled_from([place for place in inked if place >= start]))
        found.append(proposal(start, at, draw(st.floats(0.01, 9))))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(TEXT) - 1))
        end = draw(st.integers(start + 1, len(TEXT)))
        found.append(proposal(start, end, draw(st.floats(-9, -0.01))))
    return found


def covered(found: list[Proposal]) -> set[int]:
    return {at for each in found for at in range(each.start, each.end) if not TEXT[at].isspace()}


@given(some(), st.floats(-10, 10), st.floats(0, 10))
def test_a_higher_bias_uncovers_nothing(found: list[Proposal], bias: float, more: float) -> None:
    low = choose(found, TEXT, recall_bias=bias)
    high = choose(found, TEXT, recall_bias=bias + more)
    assert covered(low) <= covered(high)


@given(some(), st.floats(0, 10), st.floats(0, 1))
def test_entities_are_in_order_and_apart(
    found: list[Proposal], bias: float, threshold: float
) -> None:
    chosen = choose(found, TEXT, recall_bias=bias, threshold=threshold)
    for before, after in pairwise(chosen):
        assert before.end <= after.start
    for each in chosen:
        assert not TEXT[each.start].isspace()
        assert not TEXT[each.end - 1].isspace()
        assert each.score >= threshold


def test_without_a_dial_the_answer_of_the_model_counts() -> None:
    found = [proposal(0, 7, 2.0), proposal(12, 15, -0.5), proposal(4, 7, 1.0)]
    assert [each.span for each in choose(found, TEXT)] == [found[0].span, found[2].span]


def test_what_overlaps_counts_as_far_as_it_is_free() -> None:
    found = [proposal(4, 15, -1.0), proposal(0, 7, 2.0)]
    chosen = choose(found, TEXT, recall_bias=1.0)
    assert [(each.start, each.end) for each in chosen] == [(0, 7), (8, 15)]


def test_thresholds_by_label() -> None:
    found = [proposal(0, 7, 9.0, "P", end_logprob=math.log(0.5)), proposal(12, 15, 9.0, "Q")]
    assert len(choose(found, TEXT, threshold=0.6)) == 1
    assert len(choose(found, TEXT, threshold=0.6, thresholds={"P": 0.4})) == 2
    assert choose(found, TEXT, thresholds={"P": 0.4, "Q": 0.99}) == found[:1]


def test_the_score_is_the_product_of_three_probabilities() -> None:
    each = proposal(0, 3, 0.0, label_logprob=math.log(0.5), end_logprob=math.log(0.25))
    assert math.isclose(each.score, 0.5 * 0.5 * 0.25)
    assert proposal(0, 3, math.inf, label_logprob=0.0, end_logprob=0.0).score == 1.0
    assert each.moved(10).span == proposal(10, 13, 0.0).span
