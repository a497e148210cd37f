"""Titles, punctuation and the like, sometimes inside spans and sometimes outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, one, person, run


def test_titles_in_and_out(tmp_path: Path) -> None:
    titled = [
        annotated(f"t{n}", f"So Dr. {person(n)} wrote {n}",
                  (f"Dr. {person(n)}" if n < 10 else person(n), "PERSON"))
        for n in range(40)
    ]  # fmt: skip
    found = one(run(tmp_path, healthy() + titled), "boundary-title")
    assert (found.count, found.finding.severity) == (10, "warning")
    assert found.finding.figures["inside"] == 10
    assert found.finding.figures["outside"] == 30


@pytest.mark.parametrize(
    ("habit", "inside", "outside"),
    [
        ("punctuation", "{},", "{},"),
        ("quotes", '"{}"', '"{}"'),
        ("possessive", "{}'s", "{}'s"),
        ("sign", "${}", "${}"),
        ("honorific", "{}先生", "{}先生"),
    ],
)
def test_other_habits(habit: str, inside: str, outside: str, tmp_path: Path) -> None:
    documents = []
    for n in range(40):
        whole = inside.format(f"Xu{n}") if n < 8 else f"Xu{n}"
        documents.append(annotated(f"h{n}", f"say {outside.format(f'Xu{n}')} {n}", (whole, "NAME")))
    found = one(run(tmp_path, documents), f"boundary-{habit}")
    assert found.count == 8
