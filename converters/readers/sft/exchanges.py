"""Rows of supervised fine-tuning: what was asked and what is answered, in every trainer's shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import msgspec

from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText

_TURN_KEYS = ("messages", "conversations", "conversation")
_ROLE_KEYS = ("role", "from")
_CONTENT_KEYS = ("content", "value")
_USERS = frozenset(("user", "human", "input"))
_ASSISTANTS = frozenset(("assistant", "gpt", "model", "output"))
_SYSTEMS = frozenset(("system", "developer"))
_ASKED_KEYS = ("instruction", "prompt", "query", "question")
_ANSWER_KEYS = ("output", "completion", "response", "answer")

_BOUNDARY = re.compile(r"\n|[:：]\s?|>")


class Exchange(HoldsText, msgspec.Struct, frozen=True):
    """One question and its answer.

    Attributes:
        asked: the user's turn, whole.
        given: a text that stands in a field of its own beside the instruction; else empty.
        answer: the assistant's turn.
    """

    asked: str
    given: str
    answer: str


def exchange_of(row: Mapping[str, Any]) -> Exchange:
    """Question and answer of a row.

    Raises:
        RecordError: the row has none, or more than one of either.
    """
    for key in _TURN_KEYS:
        if row.get(key) is not None:
            return _of_turns(row[key])
    if isinstance(row.get("prompt"), list):
        completion = row.get("completion")
        return _of_turns([*row["prompt"], *(completion if isinstance(completion, list) else [])])
    asked, answer = _string(row, _ASKED_KEYS), _string(row, _ANSWER_KEYS)
    given = row.get("input")
    given = given if isinstance(given, str) else ""
    if answer is None:
        raise RecordError("not annotated", "the row has no answer")
    if not asked and not given:
        raise RecordError("no text", "the row asks nothing")
    whole = f"{asked}\n{given}" if asked and given else asked or given
    return Exchange(whole, given, answer)


def _string(row: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next((row[key] for key in keys if isinstance(row.get(key), str)), None)


def _of_turns(turns: Any) -> Exchange:
    if not isinstance(turns, list):
        raise RecordError("wrong shape", "the turns are no list")
    said = [_turn(turn) for turn in turns]
    asked = [words for role, words in said if role in _USERS]
    answers = [words for role, words in said if role in _ASSISTANTS]
    strange = [role for role, _ in said if role not in _USERS | _ASSISTANTS | _SYSTEMS]
    if strange:
        raise RecordError("wrong shape", "a turn is of neither system, user nor assistant")
    if not answers:
        raise RecordError("not annotated", "no turn is the assistant's")
    if len(asked) != 1 or len(answers) != 1:
        raise RecordError("wrong shape", "the row has several questions or answers")
    return Exchange(asked[0], "", answers[0])


def _turn(turn: Any) -> tuple[str, str]:
    if isinstance(turn, dict):
        role, content = _string(turn, _ROLE_KEYS), _string(turn, _CONTENT_KEYS)
        if role is not None and content is not None:
            return role, content
    raise RecordError("wrong shape", "a turn has no role, or no content")


class Frame(HoldsText, msgspec.Struct, frozen=True):
    """The frame of the text in a question.

    Attributes:
        before: what precedes it.
        after: what follows it.
    """

    before: str = ""
    after: str = ""

    def text(self, asked: str) -> str:
        """The text inside a question.

        Raises:
            RecordError: the question has another frame, or nothing inside.
        """
        fits = asked.startswith(self.before) and asked.endswith(self.after)
        inside = asked[len(self.before) : len(asked) - len(self.after)]
        if not fits or not inside:
            raise RecordError("no text", "the question is not made like the others of the file")
        return inside


def common_frame(questions: Sequence[str]) -> Frame:
    """The frame that all of the questions share.

    It ends at a line break or a colon and begins again at a line break, so that texts that happen
    to begin or end alike stay whole.
    """
    different = sorted(set(questions))
    if len(different) < 2:
        return Frame()
    shared = _common_beginning(different)
    ends = [match.end() for match in _BOUNDARY.finditer(shared)]
    before = shared[: ends[-1]] if ends else ""
    backwards = [question[len(before) :][::-1] for question in different]
    shared = _common_beginning(backwards)[::-1]
    at = shared.find("\n")
    return Frame(before, shared[at:] if at >= 0 else "")


def _common_beginning(strings: Sequence[str]) -> str:
    first, last = min(strings), max(strings)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return first[: sum(1 for _ in same)]
