"""What each part of an answer is for."""

from __future__ import annotations

import pytest
from hypothesis import given

from pii_sft.prompt import guarded
from pii_sft.spans import Document
from pii_sft.targets import TARGETS
from pii_sft.targets.roles import STRETCHES, stretches
from tests.properties.texts import documents


def parts(answer: str, role: str) -> list[str]:
    return [
        answer[each.start : each.end] for each in stretches("json", answer) if each.role == role
    ]


def test_parts_of_a_list() -> None:
    answer = '[["PERSON","Ann \\"A\\" Lee"],["CITY","Rome",2]]'
    assert parts(answer, "label") == ["PERSON", "CITY"]
    assert parts(answer, "surface") == ['Ann \\"A\\" Lee', "Rome"]
    assert parts(answer, "more") == ["[", ","]
    assert parts(answer, "end") == ["]"]
    assert [each.start for each in stretches("json", answer) if each.role == "end"] == [
        len(answer) - 1
    ]


def test_an_empty_list_ends_at_once() -> None:
    assert [(each.start, each.role) for each in stretches("json", "[]")] == [(1, "end")]


def test_thoughts_before_the_list() -> None:
    answer = '<think>\n\n</think>\n\n[["CITY","Rome"]]'
    assert parts(answer, "surface") == ["Rome"]


@pytest.mark.parametrize("answer", ["", "none", "[", '[["A"', '[["A","b"]', "[[1,2]]", "[null]"])
def test_what_is_no_answer_is_scaffolding(answer: str) -> None:
    assert stretches("json", answer) == []


def test_unknown_target_is_scaffolding() -> None:
    assert stretches("unheard-of", '[["A","b"]]') == []


@pytest.mark.parametrize("target", sorted(STRETCHES))
@given(document=documents())
def test_one_decision_more_than_entities(target: str, document: Document) -> None:
    answer = guarded(TARGETS.get(target).render(document))
    found = stretches(target, answer)
    roles = [each.role for each in found]
    assert roles.count("more") == len(document.spans)
    assert roles.count("end") == 1
    assert roles.count("label") == roles.count("surface") == len(document.spans)
    assert all(0 <= each.start <= each.end <= len(answer) for each in found)
