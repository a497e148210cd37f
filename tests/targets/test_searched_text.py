"""A text that many strings are held against says what `in` says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pii_sft.targets.searched_text import SearchedText

LONG = "Ann Lee lives in K\u00f6ln, \U0001f600 " * 400


def test_long_text_has_what_it_has_however_often_it_is_asked() -> None:
    text = SearchedText(LONG)
    asked = [f"Ann L{at}" for at in range(200)] + ["Ann Lee", "n, \U0001f600", "e", "", LONG]
    for string in asked:
        assert (string in text) == (string in LONG)
    assert "ann lee" not in text
    assert "ann lee" in text.lowered
    assert "annleelivesinK\u00f6ln".lower() in text.closed_up


@given(st.text("ab ", max_size=80), st.lists(st.text("ab ", max_size=5), max_size=60))
def test_any_string(text: str, strings: list[str]) -> None:
    padded = text * (5000 // len(text) + 1) if text else text
    searched = SearchedText(padded)
    for string in strings * 2:
        assert (string in searched) == (string in padded)
        assert (string.upper().lower() in searched.lowered) == (string in padded)


def test_says_nothing_of_itself() -> None:
    assert "Ann" not in repr(SearchedText(LONG))
