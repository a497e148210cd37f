"""PaddleNLP UIE training rows: `{"content", "result_list": [{"text", "start", "end"}], "prompt"}`.

Each row asks for one type, so all rows about a content are read together; an empty `result_list`
means that the type was asked for in vain (`meta.negative_labels`). Rows that ask for a relation
(`X的Y`, `Y of X`, where X is in the content) or for a choice (`X[A,B]`) are left out and counted.
Offsets are code points, half-open.

Format: https://github.com/PaddlePaddle/PaddleNLP/tree/develop/model_zoo/uie
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.group_by_text import Gathered, read_gathered, with_negatives
from pii_sft.converters.entities.json_fields import name_of, text_of, whole_number
from pii_sft.converters.entities.mentions import Mention
from pii_sft.converters.entities.string_search import Listed, LocatingOptions
from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_OPENING, _CLOSING, _COMMAS = "[【［", ("]", "】", "］"), ",，"
_OF = " of "
_POSSESSIVE = "的"


@dataclass(frozen=True)
class PaddleNlpUieReader:
    """Reads rows of one prompt and one content.

    Attributes:
        options: which occurrences of a string are marked, where a row has no offsets.
    """

    options: LocatingOptions = field(default_factory=LocatingOptions)

    name = "paddlenlp_uie"

    def sniff(self, head: Head) -> float:
        """Certain of a content, a prompt and a list of results."""
        return CERTAIN if {"content", "result_list", "prompt"} <= head.record.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Make a document of all that is asked about a content."""
        reading = _Reading()
        yield from read_gathered(path, _content, reading.listed, self.options.occurrences)
        yield from reading.notes()


def _content(record: Mapping[str, Any]) -> str:
    return text_of(record, ("content",))


class _Reading:
    """One pass through a file."""

    def __init__(self) -> None:
        self._others = 0

    def listed(self, gathered: Gathered) -> list[Listed]:
        """The entities of a content; nothing if no row asks for any."""
        asked: list[str] = []
        mentions: list[Mention] = []
        for row in gathered.rows:
            prompt = row.get("prompt")
            if not isinstance(prompt, str) or not prompt.strip():
                raise RecordError("no label", "a row has no prompt")
            if _asks_for_more(prompt, gathered.text):
                self._others += 1
                continue
            asked.append(prompt)
            mentions += [_mention(prompt, each, at) for at, each in enumerate(_results(row), 1)]
        if not asked:
            return []
        id = name_of(gathered.rows[0], ("id",), gathered.name)
        return [Listed(id, gathered.text, mentions, with_negatives({}, asked, mentions))]

    def notes(self) -> Iterator[Note]:
        """Notes on the parts that were left out."""
        if self._others:
            yield Note(f"{self._others} rows ask for relations or choices and were left out")


def _asks_for_more(prompt: str, content: str) -> bool:
    """True if a prompt asks about something in the content, or for one of several choices."""
    if _offers_choices(prompt):
        return True
    cuts = [at for at, character in enumerate(prompt) if character == _POSSESSIVE and at]
    subjects = [prompt[:at] for at in cuts]
    if _OF in prompt:
        subjects.append(prompt.split(_OF, 1)[1])
    return any(subject in content for subject in subjects)


def _offers_choices(prompt: str) -> bool:
    """True if a prompt ends in a list: `情感倾向[正向，负向]`."""
    at = max(map(prompt.rfind, _OPENING))
    listed = prompt[at:].rstrip()
    return at > 0 and listed.endswith(_CLOSING) and any(comma in listed for comma in _COMMAS)


def _results(row: Mapping[str, Any]) -> list[Any]:
    results = row.get("result_list")
    if not isinstance(results, list):
        raise RecordError("not annotated", "a row has no `result_list`")
    return results


def _mention(label: str, result: Any, at: int) -> Mention:
    match result:
        case {"text": str(text), "start": start, "end": end} if text:
            place = (
                whole_number(start, f"the start of result {at}"),
                whole_number(end, f"the end of result {at}"),
            )
            return Mention(label, text, place)
        case {"text": str(text)} if text:
            return Mention(label, text)
    raise RecordError("wrong shape", f"result {at} of a row has no text")


READER = PaddleNlpUieReader()
