"""Parsing counts: what is clean, and what is counted how often."""

from __future__ import annotations

import msgspec
import pytest

from pii_sft.evaluators.parsing import Parsing
from pii_sft.targets import ISSUES


def counted(*answers: tuple[str, ...]) -> dict[str, int]:
    parsing = Parsing()
    for issues in answers:
        parsing.add(issues)
    return {name: n for name, n in msgspec.structs.asdict(parsing).items() if n}


@pytest.mark.parametrize(
    ("issues", "expected"),
    [
        ((), {"clean": 1}),
        (("not_in_text", "not_in_text"), {"clean": 1, "unaligned_entities": 2}),
        (("duplicate",), {"clean": 1, "duplicates": 1}),
        (("repaired",), {"repaired": 1}),
        (("failed",), {"failed": 1}),
        (("malformed_entity", "malformed_entity"), {"malformed_entities": 2}),
        (
            ("repaired", "truncated", "duplicate"),
            {"repaired": 1, "truncated": 1, "duplicates": 1},
        ),
        (("invented later",), {}),
    ],
)
def test_issues_of_one_answer(issues: tuple[str, ...], expected: dict[str, int]) -> None:
    assert counted(issues) == expected


def test_answers_add_up() -> None:
    assert counted((), (), ("failed",)) == {"clean": 2, "failed": 1}


@pytest.mark.parametrize("issue", sorted(ISSUES))
def test_no_issue_of_a_target_is_lost(issue: str) -> None:
    assert counted((issue,)) != {"clean": 1}
    assert counted((issue,)) != {}
