"""Spans come back from the strings of an answer, and only spans that the answer names."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from benchmarks import alignment_suites as suites
from benchmarks.alignment_suites import ABSENT, SUITES, Case
from pii_sft.align import Policy, Wanted, align, align_by
from tests.conftest import THOROUGH

LEAST = {"full-width": 0.99, "one character deleted": 0.95}


def spans(case: Case, policy: Policy = "next") -> list[tuple[int, int]]:
    found = align_by(case.text, [Wanted(each) for each in case.answer], policy)
    return [(place.start, place.end) for places in found for place in places]


def f1(cases: list[Case], policy: Policy = "next") -> float:
    """Each span counts once, and every place that was given counts."""
    right = given = wanted = 0
    for case in cases:
        found = spans(case, policy)
        right += len(set(found) & set(case.spans))
        given += len(found)
        wanted += len(case.spans)
    return 2 * right / (given + wanted)


@pytest.mark.parametrize("name", [name for name in SUITES if name != suites.EACH_ONCE])
def test_spans_come_back(name: str) -> None:
    assert f1(SUITES[name]()) >= LEAST.get(name, 1.0)


def test_every_mention_of_each_string() -> None:
    assert f1(SUITES[suites.EACH_ONCE](), "all") == 1.0
    assert f1(SUITES[suites.EACH_ONCE](), "next") < 0.91


def test_the_suites_are_what_they_are_named_after() -> None:
    """And where the strings were changed, plain searching does not find them."""
    for name, suite in SUITES.items():
        cases = suite()
        assert len(cases) == suites.DOCUMENTS
        assert all(len(case.spans) == 11 for case in cases)
        repeats = Counter(case.text[slice(*span)] for case in cases for span in case.spans)
        assert repeats.total() > len(repeats)
        if name in ("full-width", "one character deleted"):
            held = sum(each in case.text for case in cases for each in case.answer)
            assert held < 0.1 * repeats.total()


@pytest.mark.parametrize("name", ABSENT)
def test_absent_strings_are_never_placed(name: str) -> None:
    cases = ABSENT[name]()[:: 1 if THOROUGH else 3]
    placed = [
        place
        for case in cases
        for place in align(case.text, [Wanted(each) for each in case.answer])
        if place is not None
    ]
    assert placed == []
    assert sum(len(case.answer) for case in cases) > 400


@pytest.mark.parametrize("name", ["in order", "lower-cased", "full-width", "Chinese, in order"])
def test_any_order_gives_the_same_spans(name: str) -> None:
    draw = random.Random(1)
    for case in SUITES[name]()[:100]:
        again = Case(case.text, case.spans, tuple(draw.sample(case.answer, len(case.answer))))
        assert sorted(spans(again)) == sorted(spans(case))


def test_a_hallucination_among_true_strings_moves_none_of_them() -> None:
    for case, other in zip(SUITES["in order"](), SUITES["in order"]()[1:], strict=False):
        foreign = [each for each in other.answer if each not in case.text]
        answer = [*case.answer[:5], *foreign, *case.answer[5:]]
        mixed = Case(case.text, case.spans, tuple(answer))
        assert spans(mixed) == list(case.spans)
