"""Blocks of reasoning (`<think>`) in an output, which are not part of the answer."""

from __future__ import annotations

import re

import msgspec

from pii_sft.targets.turns import turn_in

THOUGHT_NAMES = ("think", "thinking", "thought", "reasoning")

_NAMES = "|".join(THOUGHT_NAMES)
THOUGHT_MARKER = re.compile(rf"(?<!\\)<(?P<closing>/?)(?:{_NAMES})>", re.IGNORECASE)
"""Opens or closes a block. A backslash in front makes it text, in targets that write one."""


class Answer(msgspec.Struct, frozen=True):
    """Place of the answer in an output, in code points, half-open.

    Attributes:
        start: behind the last block of thoughts.
        end: before a block that opens behind the answer.
        thinking: whether the output ends inside a block.
    """

    start: int
    end: int
    thinking: bool


def answer_in(output: str, text: str | None = None) -> Answer:
    """Find the answer between blocks of thoughts; a template may have opened the first one.

    Args:
        output: what the model wrote.
        text: the text that it is about; with it, only the first turn of an output counts.
    """
    first, last = (0, len(output)) if text is None else turn_in(output, text)
    start, end, thinking = first, last, False
    for marker in THOUGHT_MARKER.finditer(output, first, last):
        if marker["closing"]:
            start, end, thinking = marker.end(), last, False
        elif not thinking:
            end, thinking = marker.start(), True
    return Answer(start, end, thinking)
