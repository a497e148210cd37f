"""Detection of refusals and of loops, in answers without usable entities."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pii_sft.targets.status import Issue


def without_entities(text: str, answer: str, *, thinking: bool) -> tuple[Issue, ...]:
    """The issues of an answer in which nothing of the format was found.

    Args:
        text: the document.
        answer: the answer, without thoughts.
        thinking: whether the output ends inside a block of thoughts.
    """
    if thinking:
        return ("truncated", "failed")
    if not answer.strip():
        return ("empty",)
    if refuses(answer):
        return ("refused",)
    return ("looped", "failed") if loops_in_text(answer, text) else ("failed",)


_REFUSAL = re.compile(
    r"\b(?:sorry|apologi[sz]e|as an ai|unable to|not able to|must decline)\b(?! find| see| detect)"
    r"|\bi (?:can ?not|can't|won't|will not|decline)\b(?! find| see| detect| identify)"
    r"|\b(?:can ?not|can't) (?:help|assist|comply|provide|fulfil|process|share)\b"
    r"|抱歉|对不起|對不起|拒绝|拒絕|(?:无法|無法|不能|不便)(?!找到|发现|發現|识别|識別|检测|檢測)",
    re.IGNORECASE,
)
LONGEST = 2000
"""Characters of an answer that are looked at; a refusal comes early."""


def refuses(answer: str) -> bool:
    """True if an answer without entities declines, in English or Chinese."""
    return _REFUSAL.search(answer[:LONGEST].replace("\u2019", "'")) is not None


LOOP_REPEATS = 4
"""Least number of repetitions in a row that make a loop."""

SHORTEST_LOOP = 8
"""Least number of surplus items in a loop of items."""

SHORTEST_BABBLE = 32
"""Least number of characters of a loop of characters."""

WINDOW = 2048
"""Characters at the end of an answer that are checked for loops; limits the length of a block."""


def loops_in_items(items: Sequence[object], surplus: Sequence[bool]) -> bool:
    """True if a list ends with a repeated block of items that add nothing.

    A string may be repeated for good reason, as often as the text holds it; so only surplus items
    are looked at.

    Args:
        items: the entities of an answer, in order.
        surplus: for each, whether it says what was said before, beyond what the text holds.
    """
    needless = 0
    for each in reversed(surplus):
        if not each:
            break
        needless += 1
    tail = items[len(items) - needless :][-WINDOW:]
    return _longest_loop(tail) >= SHORTEST_LOOP


def loops_in_text(fragment: str, text: str) -> bool:
    """True if what an answer ends with is a repeated block of characters.

    Args:
        fragment: what follows the last entity of an answer that was cut.
        text: the document; a repetition that it holds is a copy, not a loop.
    """
    tail = fragment[-WINDOW:]
    length = _longest_loop(tail)
    return length >= SHORTEST_BABBLE and tail[-length:] not in text


def _longest_loop(sequence: Sequence[object]) -> int:
    """Length of the longest end of a sequence that is a block repeated `LOOP_REPEATS` times.

    The last repetition counts even if it is cut. Linear: the prefix function of Knuth, Morris and
    Pratt on the reversed sequence gives the shortest period of each of its ends.
    """
    reverse = sequence[::-1]
    borders = [0] * len(reverse)
    longest = 0
    for index in range(1, len(reverse)):
        border = borders[index - 1]
        while border and reverse[index] != reverse[border]:
            border = borders[border - 1]
        if reverse[index] == reverse[border]:
            border += 1
        borders[index] = border
        length = index + 1
        if length >= LOOP_REPEATS * (length - border):
            longest = length
    return longest
