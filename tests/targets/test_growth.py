"""Answers that would take hours if time grew with the square of their length."""

from __future__ import annotations

import pytest

from pii_sft.targets import TARGETS

ANSWERS = {
    "blanks": "PERSON:" + " " * 400_000 + "x",
    "lines": "PERSON: Ann\n" * 4_000,
    "tags inside each other": "<A>" * 8_000 + "x" + "</A>" * 8_000,
    "tags across each other": "<A>x<B>y</A>z</B>" * 8_000,
}


@pytest.mark.parametrize("shape", ANSWERS)
def test_long_answers_are_read_in_their_time(shape: str) -> None:
    found = TARGETS.get("json").parse("Ann Lee " * 20_000, ANSWERS[shape])
    assert bool(found.spans) == (shape == "lines")
