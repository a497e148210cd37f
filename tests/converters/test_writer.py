"""Lines from constant pieces are the lines of whole rows."""

from __future__ import annotations

import pytest

from pii_sft.converters import WRITERS, Row
from pii_sft.converters.writer import TurnsWriter, turns_encoder
from pii_sft.prompt import Prompt
from pii_sft.spans import Document

TEXTS = ("", "Ann", 'a "b"\n\\c\x00\u2028', "名 é 😀", "<|im_end|> {{content}}")


@pytest.mark.parametrize("name", WRITERS.names())
def test_turns(name: str) -> None:
    writer = WRITERS.get(name)
    if not isinstance(writer, TurnsWriter):
        assert name not in {"llamafactory", "alpaca", "trl", "axolotl"}
        return
    prompt = Prompt("p", 'Say "x".\n', "Text:\n<", '\n"end"')
    rows = [(text, answer) for text in TEXTS for answer in TEXTS]
    whole = [
        writer.line(Row("", Document(f"d{text}", text), prompt.messages(text), answer))
        for text, answer in rows
    ]
    texts, answers = zip(*rows, strict=True)
    assert turns_encoder(writer, prompt)(texts, answers) == b"".join(whole)
