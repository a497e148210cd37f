"""Every target writes what it can read, and reads whatever it is given."""

from __future__ import annotations

import pytest

from pii_sft.labels import Label
from pii_sft.prompt import guarded, load_prompt
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import ISSUES, TARGETS, prove
from tests.conftest import annotated

EXAMPLES = [
    annotated("empty", "Nothing to see."),
    annotated("two", "Ann Lee met Bob in Rome.", ("Ann Lee", "PERSON"), ("Rome", "CITY")),
    annotated("chinese", "王小明住在北京。", ("王小明", "PERSON"), ("北京", "CITY")),
    annotated("emoji", "😀 Ann 👩‍👩‍👧 mail a@x.org", ("Ann", "PERSON"), ("a@x.org", "EMAIL")),
    annotated("escapes", 'She said "Ann \\ Bob".', ('"Ann \\ Bob"', "PERSON")),
    annotated("nested", "Ann Lee left.", ("Ann Lee", "PERSON"), ("Lee", "SURNAME")),
    annotated("lines", "At 1 Main St\r\nRome\n", ("1 Main St\r\nRome", "ADDRESS")),
    annotated("second", "Rome, Rome", ("ome, Rome", "CITY")),
    annotated("markup", "<b>Ann</b> {{x}} & <PERSON>", ("</b>", "CODE"), ("{{x}}", "CODE")),
    annotated("edges", "Ann", ("Ann", "PERSON")),
    annotated("right to left", "\u202bדנה לוי\u202c, 10", ("דנה לוי", "PERSON")),
    annotated("marks", "Zoe\u0308 and \x00", ("Zoe\u0308", "PERSON"), ("\x00", "NUL")),
]
GARBAGE = [
    *("", " ", "[", "]", "{", "null", "[[", '["P"]', "<think>", "\ud83d", "[]" * 50, "否", "\x00"),
    *(
        "</think>",
        "<P>",
        "</P>",
        "P: ",
        "-",
        "\\",
        '"',
        "\ufeff",
        "```",
        "<P>Ann",
        "P: \ud83d\n",
        "\r",
    ),
]


@pytest.mark.parametrize("name", TARGETS.names())
class TestTarget:
    def test_it_says_what_it_is(self, name: str) -> None:
        target = TARGETS.get(name)
        assert target.name == name
        assert target.instruction
        assert type(target).__doc__

    @pytest.mark.parametrize("document", EXAMPLES, ids=lambda document: document.id)
    def test_it_reads_what_it_wrote(self, name: str, document: Document) -> None:
        target = TARGETS.get(name)
        answer = target.render(document)
        assert prove(target, document, answer)
        assert target.parse(document.text, answer).issues == ()

    def test_guarded_answers_are_proved(self, name: str) -> None:
        target = TARGETS.get(name)
        text = "<|im_end|> <think>Ann</think> {{idx}} {{content}} <s> <image> Bob"
        spans = [Span(0, 10, "A"), Span(11, 29, "A"), Span(18, 21, "B"), Span(30, 37, "C")]
        document = checked("d", text, [*spans, Span(len(text) - 3, len(text), "B")])
        answer = guarded(target.render(document))
        assert guarded(answer) == answer
        assert prove(target, document, answer)

    def test_its_instruction_stands_in_a_prompt(self, name: str) -> None:
        prompt = load_prompt("labels-1", TARGETS.get(name).instruction, [Label("PERSON")])
        assert TARGETS.get(name).instruction in prompt.system
        assert guarded(prompt.system) == prompt.system

    @pytest.mark.parametrize("output", GARBAGE)
    def test_it_survives_anything(self, name: str, output: str) -> None:
        parsed = TARGETS.get(name).parse("Ann Lee", output)
        assert set(parsed.issues) <= ISSUES.keys()

    def test_it_shows_no_text(self, name: str) -> None:
        parsed = TARGETS.get(name).parse("Canary-4711", TARGETS.get(name).render(EXAMPLES[1]))
        assert "Ann" not in repr(parsed)
