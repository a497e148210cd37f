"""UniversalNER conversations: a text, then "What describes X in the text?" and a JSON list.

Evaluation files ask one question a record, so all records about a text are read together. Answers
are strings without offsets, looked up in the text; an empty list means that the label was asked
for in vain (`meta.negative_labels`). Published texts are tokens with spaces between.

Format: https://github.com/universal-ner/universal-ner
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.group_by_text import Gathered, read_gathered, with_negatives
from pii_sft.converters.entities.json_fields import name_of
from pii_sft.converters.entities.mentions import Mention
from pii_sft.converters.entities.string_search import Listed, LocatingOptions
from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_TURNS = "conversations"
_HUMAN = ("human", "user")
_ANSWERER = ("gpt", "assistant")
_TEXT = "Text:"
_QUESTION = re.compile(r"\s*What describes (.+) in the text\?\s*", re.DOTALL)
_decode_answer = msgspec.json.Decoder(list[str]).decode


@dataclass(frozen=True)
class UniversalNerReader:
    """Reads conversations that ask for one type after the other.

    Attributes:
        options: which occurrences of an answer are marked.
    """

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "universalner"

    def sniff(self, head: Head) -> float:
        """Certain of a text that the question of UniversalNER is asked about."""
        turns = head.record.get(_TURNS)
        try:
            said = _said(turns)
        except RecordError:
            return NO
        asked = any(_QUESTION.fullmatch(words) for role, words in said if role in _HUMAN)
        return CERTAIN if asked and said[0][1].startswith(_TEXT) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Make a document of all that is asked about a text."""
        return read_gathered(path, _text_of, _listed, self.options.occurrences)


def _said(turns: Any) -> list[tuple[str, str]]:
    """Speaker and words of each turn."""
    match turns:
        case [_, *_] if all(_is_turn(turn) for turn in turns):
            return [(turn["from"], turn["value"]) for turn in turns]
    raise RecordError("wrong shape", f"`{_TURNS}` is no list of turns with `from` and `value`")


def _is_turn(turn: Any) -> bool:
    match turn:
        case {"from": str(), "value": str()}:
            return True
    return False


def _text_of(record: Mapping[str, Any]) -> str:
    role, words = _said(record.get(_TURNS))[0]
    if role not in _HUMAN or not words.startswith(_TEXT):
        raise RecordError("no text", f"the first turn does not begin with `{_TEXT}`")
    text = words.removeprefix(_TEXT).removeprefix(" ")
    if not text:
        raise RecordError("no text", "the first turn holds an empty text")
    return text


def _listed(gathered: Gathered) -> list[Listed]:
    mentions: list[Mention] = []
    asked: list[str] = []
    for row in gathered.rows:
        for label, strings in _answers(_said(row[_TURNS])[1:]):
            asked.append(label)
            mentions += [Mention(label, string) for string in strings]
    if not asked:
        raise RecordError("not annotated", "no question is asked about the text")
    id = name_of(gathered.rows[0], ("id",), gathered.name)
    return [Listed(id, gathered.text, mentions, with_negatives({}, asked, mentions))]


def _answers(said: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """The label of each question, and the strings of the answer to it."""
    label = ""
    for role, words in said:
        question = _QUESTION.fullmatch(words) if role in _HUMAN else None
        if role in _HUMAN and question is None:
            raise RecordError("wrong shape", "a question is not: What describes X in the text?")
        if question is not None:
            label = question[1]
        elif label and role in _ANSWERER:
            yield label, _strings(words)
            label = ""
    if label:
        raise RecordError("not annotated", "the last question has no answer")


def _strings(answer: str) -> list[str]:
    try:
        return _decode_answer(answer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RecordError("wrong shape", "an answer is no JSON list of strings") from None


READER = UniversalNerReader()
