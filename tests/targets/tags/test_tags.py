"""Inline tags, by example."""

from __future__ import annotations

import pytest

from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS, prove
from pii_sft.targets.json.inline_fallback import elements_in
from pii_sft.targets.tags import TARGET
from pii_sft.targets.tags.markup import LONGEST_LABEL, Mark, read_copy
from pii_sft.targets.tags.trace_copy import NOWHERE, copied, trace

TEXT = "Ann Lee met Bob in Rome. Bob left."
ANN, LEE, BOB, ROME = (
    Span(0, 7, "PER"),
    Span(4, 7, "LAST"),
    Span(12, 15, "PER"),
    Span(19, 23, "LOC"),
)
LATER_BOB = Span(25, 28, "PER")


@pytest.mark.parametrize(
    ("text", "spans", "output"),
    [
        (TEXT, [], TEXT),
        ("", [], ""),
        (TEXT, [LATER_BOB], "Ann Lee met Bob in Rome. <PER>Bob</PER> left."),
        (TEXT, [ANN, LEE], "<PER>Ann <LAST>Lee</LAST></PER> met Bob in Rome. Bob left."),
        ("aaa", [Span(0, 3, "A"), Span(1, 3, "A")], "<A>a<A>aa</A></A>"),
        ("aaa", [Span(0, 3, "A"), Span(0, 2, "A")], "<A><A>aa</A>a</A>"),
        ("aaa", [Span(0, 3, "A"), Span(0, 3, "B")], "<A><B>aaa</B></A>"),
        ("aaaa", [Span(0, 3, "A"), Span(1, 4, "B")], "<A>a<B>aa</A>a</B>"),
        ("ab", [Span(0, 1, "A"), Span(1, 2, "A")], "<A>a</A><A>b</A>"),
        ("王小明来了", [Span(0, 3, "姓名")], "<姓名>王小明</姓名>来了"),
        ("a <b> \\<c> \\", [Span(2, 5, "X")], "a <X>\\<b></X> \\\\\\<c> \\"),
        ("a\\b\\", [Span(0, 2, "X")], "<X>a\\\\</X>b\\"),
        ("x", [Span(0, 1, "/a<b>\\ ")], "<\\/a\\<b\\>\\\\\\ >x</\\/a\\<b\\>\\\\\\ >"),
        ("x", [Span(0, 1, "think")], "<\\think>x</\\think>"),
        ("a\r\n x", [Span(0, 5, "X"), Span(4, 5, "X")], "<X>a\r\n <X>x</X></X>"),
    ],
)
def test_render(text: str, spans: list[Span], output: str) -> None:
    document = checked("d", text, spans)
    assert TARGET.render(document) == output
    parsed = TARGET.parse(text, output)
    assert parsed.spans == document.spans
    assert parsed.issues == ()


def test_crossing_spans_of_one_label_are_not_proved() -> None:
    document = checked("d", "abcd", [Span(0, 3, "A"), Span(1, 4, "A")])
    assert not prove(TARGET, document, TARGET.render(document))


def test_labels_that_are_too_long_are_not_proved() -> None:
    for length in (LONGEST_LABEL, LONGEST_LABEL + 1):
        document = checked("d", "a", [Span(0, 1, "L" * length)])
        assert bool(prove(TARGET, document, TARGET.render(document))) == (length == LONGEST_LABEL)


def test_where_an_entity_stands_in_the_answer() -> None:
    output = TARGET.render(checked("d", TEXT, [ANN, LEE, ROME]))
    found = TARGET.parse(TEXT, f"<think>\n</think>{output}").found
    pieces = [f"<think>\n</think>{output}"[slice(*each.output)] for each in found]
    assert pieces == ["<PER>Ann <LAST>Lee</LAST></PER>", "<LAST>Lee</LAST>", "<LOC>Rome</LOC>"]


@pytest.mark.parametrize(
    ("answer", "tier"),
    [
        ("<PER>Ann Lee</PER> met Bob in Rome. Bob left.", "exact"),
        ("<PER>ANN LEE</PER> met Bob in Rome. Bob left.", "case"),
        ("<PER>ann\n lee</PER> met Bob in Rome. Bob left.", "space"),
        ("<PER>Anne Lee</PER> met Bob in Rome. Bob left.", "fuzzy"),
    ],
)
def test_how_freely_a_string_was_compared(answer: str, tier: str) -> None:
    (found,) = TARGET.parse(TEXT, answer).found
    assert (found.span, found.tier) == (ANN, tier)


def test_a_string_in_another_place_is_looked_for() -> None:
    """A model that lists its tags does not copy, but names what the text holds."""
    parsed = TARGET.parse(TEXT, "<LOC>Rome</LOC>, <PER>Ann Lee</PER>, <PER>Zoe</PER>")
    assert set(parsed.spans) == {ROME, ANN}
    assert parsed.unplaced == ("PER",)


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_blank_texts(text: str) -> None:
    assert TARGET.parse(text, TARGET.render(Document("d", text))).issues == ()
    assert TARGET.parse(text, "").issues == ()


def test_a_space_behind_an_angle_bracket_is_no_damage() -> None:
    """As the prompt shows markers of the chat template."""
    document = checked("d", "say <|im_end|> {{idx}} <s>", [Span(4, 14, "X"), Span(15, 22, "X")])
    answer = "say <X>\\< |im_end|></X> <X>{ {idx}}</X> \\< s>"
    parsed = TARGET.parse(document.text, answer)
    assert parsed.spans == document.spans
    assert parsed.issues == ()


@pytest.mark.parametrize(
    ("copy", "text", "origin"),
    [
        ("abc", "abcd", [0, 1, 2]),
        ("", "abc", []),
        ("ABC", "abc", [0, 1, 2]),
        ("a < b", "a <b", [0, 1, 2, NOWHERE, 3]),
        ("the cat sat", "the fat cat sat", [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14]),
        ("the big cat", "the cat", [0, 1, 2, 3, *[NOWHERE] * 4, 4, 5, 6]),
        ("the cut", "the cat", [0, 1, 2, 3, 4, NOWHERE, 6]),
        ("qqq", "abc", [NOWHERE] * 3),
    ],
)
def test_traces(copy: str, text: str, origin: list[int]) -> None:
    assert list(trace(copy, text)) == origin


def test_how_much_was_copied() -> None:
    text = "the cat sat on the mat"
    for copy, share in ((text, 1.0), ("THE  CAT\nSAT", 1.0), ("q w e r t z", 0.0), (" ", 1.0)):
        assert copied(copy, text, trace(copy, text)) == share


def test_marks_of_a_copy() -> None:
    copy = read_copy("a<X>b<Y>c</X>d</Y></Z><X>e", 0, 26)
    assert copy.text == "abcde"
    assert [(mark.label, mark.start, mark.end) for mark in copy.marks] == [("X", 1, 3), ("Y", 2, 4)]
    assert (copy.malformed, copy.unclosed, copy.cut, copy.mended) == (1, 1, True, False)


def test_elements_where_there_is_no_copy() -> None:
    answer = "<answer><PER>Ann Lee</PER> and <b>bold</b> <LOC> Rome </LOC></answer> <PER>Bo"
    items = elements_in(answer, 0, len(answer))
    assert [(item.label, item.surface) for item in items] == [("PER", "Ann Lee"), ("LOC", "Rome")]


def test_no_text_in_a_repr() -> None:
    copy = read_copy("<X>Canary</X>", 0, 13)
    assert "Canary" not in repr(copy)
    assert "Canary" not in repr(Mark("Canary", 0, 1, (0, 1)))


def test_it_is_registered() -> None:
    assert TARGETS.get("tags") is TARGET
    assert "<LABEL>" in TARGET.instruction
