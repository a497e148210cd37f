"""What targets share: statuses, unknown labels, loops, thoughts, refusals, damaged values."""

from __future__ import annotations

import pytest

from pii_sft.align import Policy, Wanted, align_by
from pii_sft.spans import Document, Span
from pii_sft.targets import (
    ABOUT_ENTITIES,
    ISSUES,
    STATUSES,
    TARGETS,
    UNKNOWN_LABEL,
    masked,
    masked_label,
    masked_spans,
    read_answer,
    status_of,
)
from pii_sft.targets.base import Found, Parsed
from pii_sft.targets.item import Item
from pii_sft.targets.json.lenient_reader import DEEPEST, read_values
from pii_sft.targets.json.nested_json import MOST_LAYERS, Layer, unescaped
from pii_sft.targets.json.quoted_strings import read_quoted
from pii_sft.targets.json.values import Scalar
from pii_sft.targets.place import place
from pii_sft.targets.reasoning import answer_in
from pii_sft.targets.refusals_and_loops import loops_in_items, loops_in_text


@pytest.mark.parametrize(
    ("issues", "status"),
    [
        ([], "clean"),
        (["not_in_text", "duplicate", "unknown_label"], "clean"),
        (["malformed_entity"], "repaired"),
        (["truncated", "repaired", "not_in_text"], "truncated"),
        (["repaired", "truncated", "looped"], "looped"),
        (["truncated", "failed"], "failed"),
        (["looped", "failed"], "failed"),
        (["empty", "truncated"], "empty"),
        (["from a later version"], "repaired"),
    ],
)
def test_statuses(issues: list[str], status: str) -> None:
    assert status_of(issues) == status


def test_every_issue_leads_to_a_status() -> None:
    assert set(STATUSES) - {"clean"} <= set(ISSUES)
    assert {status_of([issue]) for issue in ABOUT_ENTITIES} == {"clean"}
    assert all(status_of([name]) == name for name in STATUSES if name != "clean")


def test_labels_that_the_data_set_does_not_have() -> None:
    found = tuple(
        Found(Span(start, start + 1, label), "exact", (start, start + 1))
        for start, label in enumerate(["PER", "Canary", "LOC", "Canary"])
    )
    parsed = Parsed(found, ("truncated", "not_in_text", "not_in_text"), ("PER", "Canary 2"))
    seen = masked(parsed, {"PER", "LOC"})
    assert "Canary" not in repr(seen)
    assert [span.label for span in seen.spans] == ["PER", UNKNOWN_LABEL, "LOC", UNKNOWN_LABEL]
    assert [each.output for each in seen.found] == [each.output for each in parsed.found]
    assert seen.unplaced == ("PER", UNKNOWN_LABEL)
    assert seen.issues == (*parsed.issues, *["unknown_label"] * 3)
    assert masked(parsed, {"PER", "LOC", "Canary", "Canary 2"}) is parsed


def test_masked_spans_stay_in_order() -> None:
    spans = [Span(0, 3, "b"), Span(0, 3, "a"), Span(0, 2, "PER")]
    seen = masked(Parsed(tuple(Found(span, "exact", (0, 1)) for span in spans)), {"a"})
    assert seen.spans == (Span(0, 3, UNKNOWN_LABEL), Span(0, 3, "a"), Span(0, 2, UNKNOWN_LABEL))
    assert masked_spans(spans, {"a", "b"}) == (*spans[:2], Span(0, 2, UNKNOWN_LABEL))
    assert masked_label("PER", {"PER"}) == "PER"
    assert masked_label("per", {"PER"}) == UNKNOWN_LABEL


@pytest.mark.parametrize(
    ("items", "needless", "loop"),
    [
        ("a" * 9, 8, True),
        ("a" * 8, 7, False),
        ("ab" * 5, 8, True),
        ("abcde" * 3, 10, False),
        ("abcde" * 5, 20, True),
        ("abcdefghij", 10, False),
        ("aaaaaaaaab", 9, False),
        ("", 0, False),
    ],
)
def test_loops_in_items(items: str, needless: int, loop: bool) -> None:
    surplus = [index >= len(items) - needless for index in range(len(items))]
    assert loops_in_items(items, surplus) == loop


@pytest.mark.parametrize(
    ("fragment", "text", "loop"),
    [
        ("x" * 32, "", True),
        ("x" * 31, "", False),
        ("abcdefghij" * 4, "", True),
        ("abcdefghij" * 3, "", False),
        ("abcdefghij" * 3 + "abc", "", False),
        ("start " + "ab" * 20, "", True),
        ("ab" * 20 + " end", "", False),
        ("-" * 60, "a line " + "-" * 60, False),
        ("-" * 90, "a line " + "-" * 60, True),
    ],
)
def test_loops_in_text(fragment: str, text: str, loop: bool) -> None:
    assert loops_in_text(fragment, text) == loop


@pytest.mark.parametrize(
    ("output", "answer", "thinking"),
    [
        ("answer", "answer", False),
        ("<think>no</think>answer", "answer", False),
        ("no</think>answer", "answer", False),
        ("<think>no</think>no</think>answer", "answer", False),
        ("<THINKING>no</Thinking>answer", "answer", False),
        ("answer<think>more", "answer", True),
        ("<think>no", "", True),
        ("\\<think>answer", "\\<think>answer", False),
        ("<thinker>answer", "<thinker>answer", False),
    ],
)
def test_thoughts(output: str, answer: str, thinking: bool) -> None:
    found = answer_in(output)
    assert output[found.start : found.end] == answer
    assert found.thinking == thinking


@pytest.mark.parametrize(
    ("output", "text", "rest"),
    [
        ('"a",', "a", ","),
        ('"a"', "a", ""),
        ('"",1', "", ",1"),
        ('","]', ",", "]"),
        ('"a\\"b"]', 'a"b', "]"),
        ('"\\u738b\\ud83d\\ude00"]', "王😀", "]"),
        ('"a "b" c"]', 'a "b" c', "]"),
        ('"a "b""]', 'a "b"', "]"),
        ('"a"b","c"]', 'a"b', ',"c"]'),
        ('"a\\d"]', "a\\d", "]"),
        ('"a\nb"]', "a\nb", "]"),
        ("'it\\'s']", "it's", "]"),
        ("'it's']", "it's", "]"),
        ("“a”，", "a", "，"),
        ('"a],["b",', "a", '],["b",'),
        ('"a},{"b":', "a", '},{"b":'),
        ('"a,"b": 1', "a", ',"b": 1'),
    ],
)
def test_quoted_strings(output: str, text: str, rest: str) -> None:
    quoted = read_quoted(output, 0)
    assert quoted is not None
    assert (quoted.text, output[quoted.end :]) == (text, rest)
    assert repr(quoted) == f"QuotedString(text=<{len(text)}>, end={quoted.end}, strict=...)"


@pytest.mark.parametrize("output", ['"', '"a', '"a\\', '"a\\"', '"a\\u00', "'a", "“a", "「a"])
def test_strings_without_end(output: str) -> None:
    assert read_quoted(output, 0) is None


def test_values_nest_only_so_deep() -> None:
    deep = read_values("[" * (DEEPEST + 1) + '"a","b"' + "]" * (DEEPEST + 1))
    assert deep.cut
    assert not read_values("[" * DEEPEST + "]" * DEEPEST).cut


def test_layers_of_escapes() -> None:
    text = '[["a","b"]]'
    for _ in range(MOST_LAYERS + 2):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    layer, end = unescaped(Layer(text), 1)
    assert end == len(text) - 1
    assert text[slice(*layer.original(0, len(layer.text)))] == text[1:-1]
    read_values(text)


def test_no_text_in_a_repr() -> None:
    values = read_values('[["Canary","Canary"]]')
    assert "Canary" not in repr(values)
    assert "Canary" not in repr(Scalar("Canary", "string", (0, 1)))
    assert "Canary" not in repr(Item("Canary", "Canary", 0, (0, 1)))
    assert "Canary" not in repr(Layer("Canary"))
    assert "Canary" not in repr(place("a", [Item("X", "Canary", 0, (0, 1))]))


HUGE = [2**63 - 1, 2**63, 10**19, 10**40]


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    "answer",
    [
        '[["P","Ann",{}]]',
        '[["P", "Ann", {}]]',
        '[{{"label":"P","text":"Ann","occurrence":{}}}]',
        "P#{}: Ann\n-",
    ],
)
@pytest.mark.parametrize("target", TARGETS.names())
def test_no_number_ends_the_reading_of_an_answer(target: str, answer: str, number: int) -> None:
    read = TARGETS.get(target).parse("Ann met Ann.", answer.format(number))
    assert all(span in {Span(0, 3, "P"), Span(8, 11, "P")} for span in read.spans)


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("policy", ["next", "first", "all"])
def test_no_number_ends_an_alignment(policy: Policy, number: int) -> None:
    assert align_by("Ann met Ann.", [Wanted("Ann", number)], policy) == [()]


class Broken:
    """A target that does not keep its promise."""

    name = "broken"
    instruction = ""

    def render(self, document: Document) -> str:
        return document.text

    def parse(self, text: str, output: str) -> Parsed:
        raise KeyError(text)


def test_an_exception_while_reading_an_answer_is_an_issue_of_that_answer() -> None:
    read = read_answer(Broken(), "Ann", "[]")
    assert read == Parsed((), ("failed", "unreadable"))
    assert read.status == "failed"
