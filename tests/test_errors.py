"""Errors say what, where and what to do; never what the text says."""

from __future__ import annotations

import pytest

from pii_sft.errors import (
    SHOWN_PROBLEMS,
    InputError,
    MissingExtraError,
    PiiSftError,
    Problem,
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
    problems = [Problem("k", "a", line, None, "x") for line in range(1, SHOWN_PROBLEMS + 6)]
    error = InputError(problems)
    assert len(error.problems) == SHOWN_PROBLEMS + 5
    assert len(str(error).splitlines()) == 1 + SHOWN_PROBLEMS
    assert f"a:{SHOWN_PROBLEMS} x" in str(error)
    assert f"a:{SHOWN_PROBLEMS + 1} x" not in str(error)


@pytest.mark.parametrize("kind", [UsageError, MissingExtraError, RecordError, InputError])
def test_one_base(kind: type[Exception]) -> None:
    assert issubclass(kind, PiiSftError)
