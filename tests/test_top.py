"""The highest of a stream: those a stable sort would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pii_sft.top import Top


@given(st.lists(st.integers(1, 5)), st.integers(0, 6))
def test_they_are_those_a_sort_would_give(scores: list[int], size: int) -> None:
    kept: Top[int] = Top(size)
    for place, score in enumerate(scores):
        if kept.admits(score):
            kept.add(score, place)
        else:
            kept.pass_over()
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:size]
    assert kept.result() == expected
    assert (len(kept), kept.seen) == (len(expected), len(scores))


@given(st.lists(st.integers(1, 5)), st.integers(0, 6))
def test_nothing_need_be_asked_before(scores: list[int], size: int) -> None:
    kept: Top[dict[str, int]] = Top(size)  # dicts have no order: things are never compared
    for place, score in enumerate(scores):
        kept.add(score, {"place": place})
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:size]
    assert [each["place"] for each in kept.result()] == expected
