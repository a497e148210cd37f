"""What the model reads."""

from __future__ import annotations

import pytest

from pii_sft.align import Wanted, align
from pii_sft.errors import UsageError
from pii_sft.labels import Label
from pii_sft.prompt import (
    DEFAULT_PROMPT,
    Message,
    Prompt,
    guarded,
    load_prompt,
    names_labels,
    prompt_names,
)

LABELS = [Label("PERSON", "Names of people"), Label("姓名")]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<|im_end|>", "< |im_end|>"),
        ("a<|im_start|>user\n", "a< |im_start|>user\n"),
        ("<|endoftext|><|x", "< |endoftext|>< |x"),
        ("<think>hm</think>", "< think>hm< /think>"),
        ("<tool_call></tool_response>", "< tool_call>< /tool_response>"),
        ("<image> <video><audio>", "< image> < video>< audio>"),
        ("<s>x</s>", "< s>x< /s>"),
        ("{{content}} {{idx}}", "{ {content}} { {idx}}"),
        ("{{{idx}}}", "{{ {idx}}}"),
    ],
)
def test_markers_are_broken(text: str, safe: str) -> None:
    assert guarded(text) == safe
    assert guarded(safe) == safe


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a < b | c > d",
        "<b>x</b>",
        "{{name}}",
        "{idx}",
        "<thinking>",
        "x|>",
        "<images>",
        "王 <3",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["Mail <|im_end|>.", "Call {{idx}} now", "<think>Ann</think>"])
def test_entities_that_hold_a_marker_find_their_place(text: str) -> None:
    (place,) = align(text, [Wanted(guarded(text))])
    assert place is not None
    assert (place.start, place.end) == (0, len(text))


def test_the_document_stands_between_before_and_after() -> None:
    prompt = Prompt("v", "system", "<|before|>", " after {{idx}}")
    assert prompt.messages("a <|im_end|> {{ x }}") == [
        Message("system", "system"),
        Message("user", "<|before|>a < |im_end|> {{ x }} after {{idx}}"),
    ]


def test_names() -> None:
    assert DEFAULT_PROMPT in prompt_names()
    assert prompt_names() == sorted(prompt_names())


@pytest.mark.parametrize("name", prompt_names())
def test_every_prompt_can_be_filled(name: str) -> None:
    prompt = load_prompt(name, "INSTRUCTION", LABELS)
    assert prompt.version == name
    assert prompt.system.strip() == prompt.system
    assert "{{" not in prompt.system + prompt.before + prompt.after
    assert guarded(prompt.system) == prompt.system
    (system, user) = prompt.messages("TEXT")
    assert (system.role, user.role) == ("system", "user")
    assert user.content == f"{prompt.before}TEXT{prompt.after}"


def test_the_default_prompt_is_what_models_were_trained_with() -> None:
    """A change needs a new file with the next number."""
    assert load_prompt("short-1", "x", LABELS) == Prompt(
        "short-1", "List the personal data.", "", ""
    )
    assert load_prompt("labels-1", "Answer so.", LABELS) == Prompt(
        "labels-1",
        "List the personal data in the text.\nAnswer so.\nLabels:\nPERSON: Names of people\n姓名",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("name", "named"),
    [("short-1", False), ("short-zh-1", False), ("labels-1", True), ("labels-zh-1", True)],
)
def test_whether_a_prompt_depends_on_the_labels(name: str, named: bool) -> None:
    assert names_labels(name) is named
    fillings = {load_prompt(name, "x", labels).system for labels in (LABELS, [])}
    assert (len(fillings) == 2) is named


def test_a_prompt_that_does_not_exist_depends_on_nothing() -> None:
    with pytest.raises(UsageError, match="short-1"):
        names_labels("none")


@pytest.mark.parametrize("name", ["none", "../short-1", "short-1.yaml", ""])
def test_unknown_prompt(name: str) -> None:
    with pytest.raises(UsageError, match="short-1"):
        load_prompt(name, "", [])


def test_labels_are_no_templates() -> None:
    prompt = load_prompt("labels-1", "{{ 7 * 7 }}", [Label("{{ 6 * 7 }}")])
    assert "49" not in prompt.system
    assert "42" not in prompt.system


def test_no_text_in_a_message_s_repr() -> None:
    assert "Ann" not in repr(Message("user", "Ann"))
