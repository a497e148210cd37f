"""What each part of an answer is for."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.prompt import guarded
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS
from pii_sft.targets.json import JsonList
from pii_sft.targets.token_roles import ROLES, RoledTarget, Stretch, stretches
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
    assert all(isinstance(TARGETS.get(name), RoledTarget) for name in TARGETS.names())


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


class Whole(JsonList):
    """A target of another package that says what its answers' parts are for."""

    name = "whole"

    def stretches(self, answer: str) -> list[Stretch]:
        return [Stretch(0, len(answer), "surface")]


def test_a_target_of_another_package_has_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS._targets, "whole", f"{__name__}:WHOLE")
    assert stretches("whole", "Ann") == [Stretch(0, 3, "surface")]


WHOLE = Whole()


ODD_LABELS = [
    "PERSON",
    "姓名",
    'A"B',
    "a\\b",
    "-",
    "- x",
    "A",
    "a: b#2",
    "/s",
    "think",
    " x\n",
    "<b>",
    "😀",
]

_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "s": " "}


@st.composite
def odd_documents(draw: st.DrawFn) -> Document:
    """Awkward texts with labels that need escapes in some target."""
    document = draw(documents())
    labels = st.sampled_from(ODD_LABELS)
    spans = [Span(span.start, span.end, draw(labels)) for span in document.spans]
    return checked("d", document.text, spans)


def from_json(written: str) -> str:
    return str(json.loads(f'"{written}"'))


def from_line(written: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code, character = found.groups()
        return chr(int(code, 16)) if code else _LETTERS.get(character, character)

    return re.sub(r"\\(?:u([0-9a-f]{4})|(.))", plain, written)


def from_label_of_tag(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written, flags=re.DOTALL)


def from_copy(written: str) -> str:
    return re.sub(r"\\+(?=<|\Z)", lambda found: "\\" * (len(found[0]) // 2), written)


@pytest.mark.parametrize("target", TARGETS.names())
@given(document=odd_documents())
def test_stretches_are_in_order_and_disjoint(target: str, document: Document) -> None:
    rendered = TARGETS.get(target).render(document)
    for answer in (rendered, guarded(rendered)):
        done = 0
        for each in stretches(target, answer):
            assert done <= each.start <= each.end <= len(answer)
            assert each.start < each.end or (each.role == "end" and each.start == len(answer))
            assert each.role in ROLES
            done = each.end


@pytest.mark.parametrize("target", TARGETS.names())
@given(document=odd_documents())
def test_one_decision_more_than_entities(target: str, document: Document) -> None:
    answer = guarded(TARGETS.get(target).render(document))
    roles = [each.role for each in stretches(target, answer)]
    assert roles.count("more") == len(document.spans)
    assert roles.count("end") == 1
    assert roles[-1] == "end"


@given(document=odd_documents())
def test_labels_and_surfaces_of_a_json_list(document: Document) -> None:
    answer = TARGETS.get("json").render(document)
    assert [from_json(each) for each in parts(answer, "label")] == labels(document)
    assert [from_json(each) for each in parts(answer, "surface")] == surfaces(document)


@given(document=odd_documents())
def test_labels_and_surfaces_of_lines(document: Document) -> None:
    """The decision and what is left of the label follow each other."""
    answer = TARGETS.get("lines").render(document)
    written: list[str] = []
    for each in stretches("lines", answer):
        piece = answer[each.start : each.end]
        if each.role == "more":
            written.append(piece)
        elif each.role == "label":
            assert answer[each.start - 1] == written[-1]
            written[-1] += piece
    assert [from_line(each) for each in written] == labels(document)
    assert [from_line(each) for each in parts(answer, "surface", "lines")] == surfaces(document)


@given(document=odd_documents())
def test_labels_and_surfaces_of_a_copy(document: Document) -> None:
    """What is surface is what lies in any span, in order, whatever nests and crosses."""
    answer = TARGETS.get("tags").render(document)
    assert [from_label_of_tag(each) for each in parts(answer, "label", "tags")] == labels(document)
    inside = sorted({at for span in document.spans for at in range(span.start, span.end)})
    written = "".join(from_copy(each) for each in parts(answer, "surface", "tags"))
    assert written == "".join(document.text[at] for at in inside)


def labels(document: Document) -> list[str]:
    return [span.label for span in document.spans]


def surfaces(document: Document) -> list[str]:
    return [document.surface(span) for span in document.spans]
