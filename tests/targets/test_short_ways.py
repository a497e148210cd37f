"""The short ways to an answer and through it give what the long ones give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module

import pytest

from pii_sft.prompt import guarded
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS, Drafting, read_answer

UNITS = (
    *("Ann", "Lee", "None", "N/A", "-", "12", "名", "字", "é", "e\u0301", "\u200d", "😀", "_"),
    *(" ", "\n", '"', "\\", "<", "</", "<PERSON>", "</PERSON>", "<|im_end|>", "{{content}}"),
    *("[INST]", "\nuser\n", "<think>", "\x00", "\u2028", "B-x", ",", "。"),
)
LABELS = ("PERSON", "CITY", "B-PER", "A B", "think", "THINK", "p", "X<Y", "名")


def documents(number: int) -> Iterator[Document]:
    """Small documents of what is hard to write and to read, empty ones and nested spans too."""
    draw = random.Random(7)
    for index in range(number):
        units = UNITS if index % 3 else UNITS[:9] + (" ",) * 5
        text = "".join(draw.choices(units, k=draw.choice((0, 1, 3, 8, 20))))
        starts = draw.choices(range(len(text)), k=draw.choice((0, 1, 2, 4))) if text else []
        spans = [
            Span(at, min(len(text), at + draw.choice((1, 2, 3, 5))), draw.choice(LABELS))
            for at in starts
        ]
        yield checked(f"d{index}", text, spans)


def broken(answer: str) -> Iterator[str]:
    """An answer, and what a model could make of it."""
    yield answer
    for old, new in (
        *(("Ann", "Bob"), ("Ann", "None"), ("PERSON", "THINK"), ("PERSON", "p"), ("</", "<")),
        *((">", "> "), (">", ""), ('","', '", "'), ("PERSON", "S-PERSON")),
    ):
        if old in answer:
            yield answer.replace(old, new, 1)
    yield answer[:-1]
    yield f" {answer}"


@pytest.mark.parametrize("name", ["json", "tags"])
def test_the_short_way_through_an_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = TARGETS.get(name)
    module = import_module(f"pii_sft.targets.{name}")
    asked = [
        (document.text, answer)
        for document in documents(300)
        for answer in broken(target.render(document))
    ]
    short = module._plain
    taken = sum(short(text, answer) is not None for text, answer in asked)
    assert 100 < taken < len(asked) - 100
    read = [read_answer(target, text, answer) for text, answer in asked]
    monkeypatch.setattr(module, "_plain", lambda *_: None)
    assert read == [read_answer(target, text, answer) for text, answer in asked]


@pytest.mark.parametrize(("name", "least", "most"), [("json", 500, 1400), ("tags", 300, 1000)])
def test_drafts_are_what_is_rendered_and_proved(name: str, least: int, most: int) -> None:
    target = TARGETS.get(name)
    assert isinstance(target, Drafting)
    every = list(documents(1500))
    drafts = target.proved_drafts(SpanColumns(every))
    given = [(draft, each) for draft, each in zip(drafts, every, strict=True) if draft is not None]
    assert least < len(given) < most
    for draft, document in given:
        assert draft == guarded(target.render(document))
        assert target.parse(document.text, draft).spans == document.spans
    for document, draft in zip(every, drafts, strict=True):
        assert target.proved_drafts(SpanColumns([document])) == [draft]
