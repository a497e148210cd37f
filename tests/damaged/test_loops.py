"""Answers that go round in circles, refuse, or say nothing, for every target."""

from __future__ import annotations

import pytest

from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS, Parsed
from tests.damaged.documents import ALL, REPEATED, SHORT, SYNTHETIC

pytestmark = pytest.mark.grid

LISTS = ["json", "lines"]


def read(name: str, document: Document, answer: str) -> Parsed:
    return TARGETS.get(name).parse(document.text, answer)


def items(name: str, document: Document) -> list[str]:
    """The items of an answer, each with what stands between it and the next."""
    answer = TARGETS.get(name).render(document)
    found = TARGETS.get(name).parse(document.text, answer).found
    starts = [each.output[0] for each in sorted(found, key=lambda each: each.output)]
    ends = [*starts[1:], found[-1].output[1]]
    pieces = [answer[start:end] for start, end in zip(starts, ends, strict=True)]
    return [*pieces[:-1], pieces[-1] + ("," if name == "json" else "\n")]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("document", [SHORT, REPEATED], ids=lambda document: document.id)
def test_a_block_of_items_without_end(name: str, size: int, document: Document) -> None:
    pieces = items(name, document)
    block = "".join(pieces[-size:])
    whole = ("[" if name == "json" else "") + "".join(pieces) + block * 12
    for cut in range(len(whole) - len(block) - 1, len(whole)):
        parsed = read(name, document, whole[:cut])
        assert parsed.spans == document.spans, whole[:cut]
        assert parsed.status == "looped", whole[:cut]
        assert {"looped", "truncated", "duplicate"} == set(parsed.issues)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_loop_that_was_closed(size: int) -> None:
    block = items("json", SHORT)[-size:]
    answer = "[" + "".join([*items("json", SHORT), *block * 12])[:-1] + "]"
    parsed = read("json", SHORT, answer)
    assert parsed.spans == SHORT.spans
    assert parsed.status == "looped"
    assert "truncated" not in parsed.issues


BABBLE = ["b" * 40, "Bob " * 12, " " * 300, "\\n" * 40, "王芳" * 30, "-1" * 40, "(a b) " * 40]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("babble", BABBLE, ids=range(len(BABBLE)))
def test_a_string_without_end(name: str, babble: str) -> None:
    pieces = items(name, SHORT)
    begin = '["PERSON","Zo' if name == "json" else "PERSON: Zo"
    answer = ("[" if name == "json" else "") + "".join(pieces) + begin + babble
    parsed = read(name, SHORT, answer)
    assert parsed.spans == SHORT.spans
    if name == "json" and not babble.strip():
        assert parsed.status == "truncated"  # white space alone is no part of a string
        return
    assert parsed.status == "looped"
    assert set(parsed.issues) == {"truncated", "looped"}


@pytest.mark.parametrize("name", TARGETS.names())
def test_what_the_text_repeats_may_be_repeated(name: str) -> None:
    starts = range(0, 40 * 4, 4)
    document = checked("d", "Bob " * 40, [Span(start, start + 3, "PERSON") for start in starts])
    answer = TARGETS.get(name).render(document)
    assert read(name, document, answer).issues == ()
    for cut in range(len(answer) // 2, len(answer.rstrip())):
        parsed = read(name, document, answer[:cut])
        assert parsed.status == "truncated", answer[:cut]
        assert parsed.spans == document.spans[: len(parsed.spans)]


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("document", [*ALL, *SYNTHETIC[:20]], ids=lambda document: document.id)
def test_a_cut_answer_is_no_loop(name: str, document: Document) -> None:
    answer = TARGETS.get(name).render(document)
    for cut in range(len(answer)):
        assert "looped" not in read(name, document, answer[:cut]).issues


def test_a_copy_that_says_a_line_again_and_again() -> None:
    answer = TARGETS.get("tags").render(SHORT) + " and Bob met Ann" * 12
    parsed = read("tags", SHORT, answer)
    assert parsed.spans == SHORT.spans
    assert parsed.status == "looped"


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("output", ["[[", "[", "<", "x", '["', "A: ", "{}", "\\", "无"])
def test_nothing_but_a_loop(name: str, output: str) -> None:
    parsed = read(name, SHORT, output * 400)
    assert parsed.spans == ()
    assert parsed.status in {"looped", "failed", "truncated", "repaired"}
    if output not in {"{}", "A: ", "\\"}:
        assert "looped" in parsed.issues


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I am sorry, I cannot assist with identifying personal information.",
    "Sorry.",
    "I cannot help with this request because it contains personal data.",
    "I can’t share personal details.",
    "I won't do that.",
    "As an AI language model, I do not process personal data.",
    "I apologize, but this is against the rules.",
    "I am unable to comply.",
    "抱歉，我无法处理个人信息。",
    "对不起，我不能提供帮助。",
    "我无法回答这个问题。",
    "很抱歉，出于隐私原因，我拒绝回答。",
]


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals(name: str, answer: str) -> None:
    for said in (answer, f"<think>\nHm, [1].\n</think>\n\n{answer}", f"\n\n{answer}\n\n"):
        parsed = read(name, SHORT, said)
        assert parsed.spans == ()
        assert parsed.issues == ("refused",), said
        assert parsed.status == "refused"


NO_REFUSALS = [
    "There is none.",
    "I could not find any personal data.",
    "I cannot find any entity here.",
    "No personal data was found",
    "未找到个人信息。",
    "无法找到任何实体。",
    "Done!",
]


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("answer", NO_REFUSALS)
def test_prose_without_a_list(name: str, answer: str) -> None:
    parsed = read(name, SHORT, answer)
    assert parsed.spans == ()
    assert parsed.issues == ("failed",)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_no_refusal(name: str) -> None:
    answer = f"Sorry for the delay.\n{TARGETS.get(name).render(SHORT)}"
    parsed = read(name, SHORT, answer)
    assert parsed.spans == SHORT.spans
    assert parsed.issues == ("repaired",)


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize(
    "answer", ["", " ", "\n\n", "\u3000\t", "<think></think>", "<think>x</think>\n"]
)
def test_nothing(name: str, answer: str) -> None:
    parsed = read(name, SHORT, answer)
    assert parsed.spans == ()
    assert parsed.issues == ("empty",)


THOUGHTS = [
    "<think>",
    "<think>\nThe text names Ann Lee",
    '<think>[["PERSON","Ann Lee"]]',
    "<thinking>PERSON: Ann Lee\n-\n",
    "<think>first</think><think><PERSON>Ann Lee</PERSON> met",
]


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("answer", THOUGHTS)
def test_thoughts_without_end(name: str, answer: str) -> None:
    parsed = read(name, SHORT, answer)
    assert parsed.spans == ()
    assert parsed.issues == ("truncated", "failed")
    assert parsed.status == "failed"


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("opening", ["<think>", "<THINK>", "<thinking>", "<reasoning>", ""])
@pytest.mark.parametrize("document", ALL, ids=lambda document: document.id)
def test_thoughts_are_no_answer(name: str, opening: str, document: Document) -> None:
    thoughts = [
        "",
        "Hm.",
        '[["PERSON","met"]]',
        "PERSON: met\nCITY: in\n-\n",
        "<PERSON>Ann</PERSON> <CITY>met",
        '[["PERSON","Ann',
        "{unclosed (brackets [",
    ]
    answer = TARGETS.get(name).render(document)
    closing = opening.replace("<", "</") or "</think>"
    for thought in thoughts:
        parsed = read(name, document, f"{opening}\n{thought}\n{closing}\n\n{answer}")
        assert parsed.spans == document.spans, thought
        assert parsed.status == "clean", thought
