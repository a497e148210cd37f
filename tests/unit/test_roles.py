"""What each part of an answer is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from pii_sft.prompt import guarded
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS
from pii_sft.targets.roles import ROLES, STRETCHES, stretches
from tests.properties.texts import documents

NOT_IN = {
    "json": ["", "none", "[", '[["A"', '[["A","b"]', "[[1,2]]", "[null]"],
    "lines": ["", "none", "PERSON: Ann", "PERSON: Ann\n", "PERSON\n-", ": Ann\n-", "PERSON: \n-"],
    "tags": ["<A>b", "b</A>", "<A>b</A></A>", "a < b", "</A>b<A>", "<A>b</A><"],
}


def parts(answer: str, role: str, target: str = "json") -> list[str]:
    return [
        answer[each.start : each.end] for each in stretches(target, answer) if each.role == role
    ]


def test_every_target_has_roles() -> None:
    assert set(STRETCHES) == set(TARGETS.names())


def test_parts_of_a_list() -> None:
    answer = '[["PERSON","Ann \\"A\\" Lee"],["CITY","Rome",2]]'
    assert parts(answer, "label") == ["PERSON", "CITY"]
    assert parts(answer, "surface") == ['Ann \\"A\\" Lee', "Rome"]
    assert parts(answer, "more") == ["[", ","]
    assert parts(answer, "end") == ["]"]
    assert [each.start for each in stretches("json", answer) if each.role == "end"] == [
        len(answer) - 1
    ]


def test_parts_of_lines() -> None:
    answer = "PERSON: Ann: \\\\ Lee\nCITY#2: Rome\n\\-: x\nA: y\n-"
    assert parts(answer, "more", "lines") == ["P", "C", "\\", "A"]
    assert parts(answer, "label", "lines") == ["ERSON", "ITY", "-"]
    assert parts(answer, "surface", "lines") == ["Ann: \\\\ Lee", "Rome", "x", "y"]
    assert parts(answer, "end", "lines") == ["-"]
    assert stretches("lines", answer)[-1].start == len(answer) - 1


def test_parts_of_a_copy() -> None:
    answer = "Dr \\<x> <PERSON>Ann \\<A> \\\\</PERSON> in <CITY>Rome</CITY>."
    assert parts(answer, "more", "tags") == ["<", "<"]
    assert parts(answer, "label", "tags") == ["PERSON", "CITY"]
    assert parts(answer, "surface", "tags") == ["Ann \\<A> \\\\", "Rome"]
    assert [(each.start, each.end) for each in stretches("tags", answer) if each.role == "end"] == [
        (len(answer), len(answer))
    ]


def test_a_copy_with_nested_and_crossing_tags() -> None:
    nested = "<A><B>Ann</B> Lee</A> met <A>Bo <B>of</A> Rome</B>"
    assert parts(nested, "label", "tags") == ["A", "B", "A", "B"]
    assert parts(nested, "surface", "tags") == ["Ann", " Lee", "Bo ", "of", " Rome"]


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [("json", "[]", (1, 2, "end")), ("lines", "-", (0, 1, "end")), ("tags", "Hi.", (3, 3, "end"))],
)
def test_an_empty_list_ends_at_once(
    target: str, answer: str, expected: tuple[int, int, str]
) -> None:
    assert [(each.start, each.end, each.role) for each in stretches(target, answer)] == [expected]


@pytest.mark.parametrize(
    ("target", "answer"),
    [("json", '[["CITY","Rome"]]'), ("lines", "CITY: Rome\n-"), ("tags", "in <CITY>Rome</CITY>")],
)
def test_thoughts_before_the_list(target: str, answer: str) -> None:
    assert parts(f"<think>\n\n</think>\n\n{answer}", "surface", target) == ["Rome"]


@pytest.mark.parametrize(
    ("target", "answer"), [(name, answer) for name, answers in NOT_IN.items() for answer in answers]
)
def test_what_is_no_answer_is_scaffolding(target: str, answer: str) -> None:
    assert stretches(target, answer) == []


def test_unknown_target_is_scaffolding() -> None:
    assert stretches("unheard-of", '[["A","b"]]') == []


@pytest.mark.parametrize("target", sorted(STRETCHES))
@given(document=documents())
def test_stretches_are_in_order_and_disjoint(target: str, document: Document) -> None:
    for answer in (TARGETS.get(target).render(document), guarded(TARGETS.get(target).render(document))):
        done = 0
        for each in stretches(target, answer):
            assert done <= each.start <= each.end <= len(answer)
            assert each.start < each.end or (each.role == "end" and each.start == len(answer))
            assert each.role in ROLES
            done = each.end


@pytest.mark.parametrize("target", sorted(STRETCHES))
@given(document=documents())
def test_one_decision_more_than_entities(target: str, document: Document) -> None:
    answer = guarded(TARGETS.get(target).render(document))
    roles = [each.role for each in stretches(target, answer)]
    assert roles.count("more") == len(document.spans)
    assert roles.count("end") == 1
    assert roles[-1] == "end"


@pytest.mark.parametrize("target", ["json", "lines"])
@given(document=documents())
def test_labels_and_surfaces_of_a_list(target: str, document: Document) -> None:
    """Read back from the stretches alone, each entity is written as if it stood in a list alone."""
    answer = TARGETS.get(target).render(document)
    assert parts(answer, "surface", target) == [
        _alone(target, document.surface(span), span.label)[1] for span in document.spans
    ]
    assert _labels(target, answer) == [
        _alone(target, document.surface(span), span.label)[0] for span in document.spans
    ]
