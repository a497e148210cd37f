"""Parsing counts: what is clean, and what is counted how often."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest

from pii_sft.evaluators.parse_counts import Parsing
from pii_sft.targets import ISSUES, STATUSES, status_of


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
        (
            ("unknown_label", "not_in_text"),
            {"clean": 1, "unknown_labels": 1, "unaligned_entities": 1},
        ),
        (("malformed_entity", "malformed_entity"), {"repaired": 1, "malformed_entities": 2}),
        (("repaired", "truncated", "duplicate"), {"truncated": 1, "duplicates": 1}),
        (("looped", "truncated"), {"looped": 1}),
        (("truncated", "failed"), {"failed": 1}),
        (("truncated", "empty"), {"empty": 1}),
        (("refused",), {"refused": 1}),
        (("invented later",), {"repaired": 1}),
    ],
)
def test_issues_of_one_answer(issues: tuple[str, ...], expected: dict[str, int]) -> None:
    assert counted(issues) == expected


def test_answers_add_up() -> None:
    assert counted((), (), ("failed",)) == {"clean": 2, "failed": 1}


@pytest.mark.parametrize("issues", list(combinations(sorted(ISSUES), 3)), ids=" ".join)
def test_each_answer_has_one_status(issues: tuple[str, ...]) -> None:
    found = counted(issues)
    assert sum(found.get(status, 0) for status in STATUSES) == 1
    assert found[status_of(issues)] == 1


@pytest.mark.parametrize("issue", sorted(ISSUES))
def test_no_issue_of_a_target_is_lost(issue: str) -> None:
    assert counted((issue,)) != {"clean": 1}
    assert counted((issue,)) != {}


def test_every_status_is_counted() -> None:
    assert STATUSES.keys() <= set(Parsing.__struct_fields__)
