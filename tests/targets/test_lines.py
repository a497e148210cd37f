"""One entity a line, by example."""

from __future__ import annotations

import pytest

from pii_sft.spans import Span, checked
from pii_sft.targets import TARGETS
from pii_sft.targets.lines import TARGET

TEXT = "Ann Lee met Bob in Rome. Bob left."
ANN, BOB, ROME = Span(0, 7, "PER"), Span(12, 15, "PER"), Span(19, 23, "LOC")
LATER_BOB = Span(25, 28, "PER")


@pytest.mark.parametrize(
    ("text", "spans", "output"),
    [
        (TEXT, [], "-"),
        ("", [], "-"),
        (TEXT, [ROME, ANN], "PER: Ann Lee\nLOC: Rome\n-"),
        (TEXT, [BOB, LATER_BOB], "PER: Bob\nPER: Bob\n-"),
        (TEXT, [LATER_BOB], "PER#2: Bob\n-"),
        ("a: #2: -", [Span(0, 8, "X")], "X: a: #2: -\n-"),
        ("a\nb\r\n\\n", [Span(0, 7, "X")], "X: a\\nb\\r\\n\\\\n\n-"),
        (" a\t", [Span(0, 3, "X")], "X: \\sa\\t\n-"),
        ("\u3000a\u2028", [Span(0, 3, "X")], "X: \\u3000a\\u2028\n-"),
        (" ", [Span(0, 1, "X")], "X#1: \\s\n-"),
        ("</think>", [Span(0, 8, "X")], "X: \\u003c/think>\n-"),
        ("a", [Span(0, 1, "- x: #2")], "\\- x\\: \\#2: a\n-"),
        ("a", [Span(0, 1, " x\n")], "\\sx\\n: a\n-"),
        ("a", [Span(0, 1, "1. *b*")], "\\1\\. \\*b\\*: a\n-"),
        ("a", [Span(0, 1, "None")], "None: a\n-"),
        ("王小明", [Span(0, 3, "姓名")], "姓名: 王小明\n-"),
        ("none", [Span(0, 4, "X")], "X#1: none\n-"),
    ],
)
def test_render(text: str, spans: list[Span], output: str) -> None:
    document = checked("d", text, spans)
    assert TARGET.render(document) == output
    parsed = TARGET.parse(text, output)
    assert parsed.spans == document.spans
    assert parsed.issues == ()


def test_where_an_entity_stands_in_the_answer() -> None:
    output = "<think>\n</think>\nPER: Ann Lee\r\n- LOC: Rome\n-"
    pieces = [output[slice(*each.output)] for each in TARGET.parse(TEXT, output).found]
    assert pieces == ["PER: Ann Lee", "- LOC: Rome"]


@pytest.mark.parametrize(
    "label", ["label", "A" * 300, "a b c d e f g h", "姓 名", "😀", "-", "```", "<think>"]
)
def test_labels(label: str) -> None:
    document = checked("d", TEXT, [Span(0, 7, label)])
    assert TARGET.parse(TEXT, TARGET.render(document)).spans == document.spans


@pytest.mark.parametrize("label", ["label", "Type", "text", "start"])
def test_a_label_named_like_a_key_holds_strings_with_escapes(label: str) -> None:
    document = checked("d", r"a\\b", [Span(0, 4, label)])
    assert TARGET.parse(document.text, TARGET.render(document)).spans == document.spans


def test_it_is_registered() -> None:
    assert TARGETS.get("lines") is TARGET
    assert "LABEL: string" in TARGET.instruction
