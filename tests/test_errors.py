"""Errors say what, where and what to do; never what the text says."""

from __future__ import annotations

import pytest

from pii_sft.errors import (
    SHOWN_PROBLEMS,
    InputError,
    MissingExtraError,
    PiiSftError,
    Problem,
    ProblemTally,
    RecordError,
    UsageError,
)


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem("offsets", "a.jsonl", 3, "d1", "span 1-9"), "a.jsonl:3 [d1] span 1-9"),
        (Problem("offsets", "a.jsonl", 3, None, "span 1-9"), "a.jsonl:3 span 1-9"),
        (Problem("no file", "a.jsonl", 0, None, "is missing"), "a.jsonl is missing"),
        (Problem("no file", "a.ann", 0, "", "is empty"), "a.ann [] is empty"),
    ],
)
def test_problem(problem: Problem, shown: str) -> None:
    assert str(problem) == shown


def test_record_error() -> None:
    error = RecordError("offsets", "span 1-9 does not fit", "d1")
    assert (error.kind, error.reason, error.id) == ("offsets", "span 1-9 does not fit", "d1")
    assert str(error) == "offsets: span 1-9 does not fit"
    assert RecordError("offsets", "x").id is None


def test_missing_extra_says_what_to_install() -> None:
    error = MissingExtraError("torch", "train")
    assert "torch" in str(error)
    assert "pip install 'pii-sft[train]'" in str(error)


def test_problems_are_grouped() -> None:
    error = InputError(
        [
            Problem("offsets", "a", 1, None, "first"),
            Problem("no text", "a", 2, None, "second"),
            Problem("offsets", "a", 3, None, "third"),
        ],
        "Do this.",
    )
    assert str(error).splitlines() == [
        "offsets:",
        "  a:1 first",
        "  a:3 third",
        "no text:",
        "  a:2 second",
        "Do this.",
    ]


def test_only_the_first_problems_are_shown() -> None:
    sorts = [f"{letter} is wrong" for letter in "abcdefghijklmnopqrstuvwxyz"]
    problems = [Problem("k", "f", line, None, sort) for line, sort in enumerate(sorts, 1)]
    shown = str(InputError(problems)).splitlines()
    assert InputError(problems).problems == tuple(problems)
    assert len(shown) == 2 + SHOWN_PROBLEMS
    assert shown[-1] == "and 6 more of other sorts"


def test_problems_that_differ_in_numbers_are_counted() -> None:
    tally = ProblemTally()
    for line in range(1, 1201):
        tally.add(Problem("offsets", "a", line, None, f"span {line}-{line + 3} does not fit"))
    tally.add(Problem("offsets", "a", 1201, None, "is odd"))
    assert len(tally) == 1201
    assert str(tally.error("Do this.")).splitlines() == [
        "offsets:",
        "  a:1 span 1-4 does not fit",
        "  a:2 span 2-5 does not fit",
        "  a:3 span 3-6 does not fit",
        "  and 1,197 more like these",
        "  a:1201 is odd",
        "Do this.",
    ]


@pytest.mark.parametrize("kind", [UsageError, MissingExtraError, RecordError, InputError])
def test_one_base(kind: type[Exception]) -> None:
    assert issubclass(kind, PiiSftError)
