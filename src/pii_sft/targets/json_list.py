"""The default target: a JSON list in text order, one `[label, string]` a mention.

A third element counts the occurrence of the string in the text. It is written only where reading
the list from left to right would land elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import json_repair
import msgspec

from pii_sft.align import Place, Wanted, align, occurrence_number
from pii_sft.spans import Document, Span, encodable
from pii_sft.targets.base import Issue, Item, Parsed, place

_encode = msgspec.json.Encoder().encode
_decode_at = json.JSONDecoder().raw_decode

LABEL_KEYS = ("label", "type", "entity_type", "category", "tag")
TEXT_KEYS = ("text", "value", "surface", "entity", "name", "span")

_LIST_START = re.compile(r"[\[{]")
_NEXT_ITEM = re.compile(r"[\]}]\s*,\s*(?=[\[{])")
_LAST_ITEM = re.compile(r"[\]}](?=\s*,?\s*\])")
_SEPARATOR = re.compile(r"[\s,]*")
_END_OF_THOUGHT = "</think>"


class JsonList:
    """`[["PERSON","Ann Lee"],["CITY","Rome",2]]`."""

    name = "json"
    instruction = 'Answer with JSON [["LABEL","string"],...] in text order, [] if there is none.'

    def render(self, document: Document) -> str:
        """The list of a document's mentions; `[]` for none."""
        spans = document.spans
        wanted = [Wanted(document.surface(span)) for span in spans]
        while astray := _astray(document.text, spans, wanted):
            for index in astray:
                number = occurrence_number(document.text, spans[index].start, spans[index].end)
                wanted[index] = Wanted(wanted[index].surface, number)
        return _encode([_row(*pair) for pair in zip(spans, wanted, strict=True)]).decode()

    def parse(self, text: str, output: str) -> Parsed:
        """Read the list; what is damaged is repaired item by item, a cut item is dropped."""
        reading = _Reading(output)
        return place(text, reading.items, reading.issues)


TARGET = JsonList()


def _astray(text: str, spans: tuple[Span, ...], wanted: list[Wanted]) -> list[int]:
    """Indices of the strings that the cursor alone puts elsewhere."""
    places = align(text, wanted)
    return [
        index
        for index, (span, where) in enumerate(zip(spans, places, strict=True))
        if not wanted[index].occurrence and not _lands_on(span, where)
    ]


def _lands_on(span: Span, where: Place | None) -> bool:
    return where is not None and (where.start, where.end) == (span.start, span.end)


def _row(span: Span, wanted: Wanted) -> tuple[str, str] | tuple[str, str, int]:
    if wanted.occurrence:
        return (span.label, wanted.surface, wanted.occurrence)
    return (span.label, wanted.surface)


class _Reading:
    """One pass over an answer, item by item."""

    def __init__(self, output: str) -> None:
        self.items: list[Item] = []
        self.issues: list[Issue] = []
        self._output = output
        begin = _after_thought(output)
        start = _LIST_START.search(output, begin)
        if start is None:
            self.issues.append("failed")
            return
        if output[begin : start.start()].strip():
            self._note("repaired")
        if output[start.start()] == "[":
            self._read_list(start.end())
        else:
            self._note("repaired")
            self._read_objects(start.start())

    def _note(self, issue: Issue) -> None:
        if issue not in self.issues:
            self.issues.append(issue)

    def _read_list(self, at: int) -> None:
        output = self._output
        while True:
            at = _skip(output, at)
            if at == len(output):
                self._note("truncated")
                return
            if output[at] == "]":
                if output[at + 1 :].strip():
                    self._note("repaired")
                return
            at = self._read_item(at)

    def _read_objects(self, at: int) -> None:
        while at < len(self._output) and self._output[at] in "{[":
            at = _skip(self._output, self._read_item(at))

    def _read_item(self, at: int) -> int:
        try:
            value, end = _decode_at(self._output, at)
        except json.JSONDecodeError as error:
            return self._repair_item(at, _cut_off(self._output, error))
        except (ValueError, RecursionError):
            return self._repair_item(at)
        self._accept(value, at, end)
        return end

    def _repair_item(self, at: int, cut: bool = False) -> int:
        closing = _NEXT_ITEM.search(self._output, at) or _LAST_ITEM.search(self._output, at)
        if cut or closing is None:
            self._note("truncated")
            return len(self._output)
        end = closing.start() + 1
        self._note("repaired")
        try:
            value = json_repair.loads(self._output[at:end], skip_json_loads=True)
        except (ValueError, RecursionError):
            value = None
        self._accept(value, at, end)
        return end

    def _accept(self, value: Any, at: int, end: int) -> None:
        named: list[tuple[str, str, int]] = []
        match value:
            case [str(label), str(surface)]:
                named = [(label, surface, 0)]
            case [str(label), str(surface), int(number)] if number > 0:
                named = [(label, surface, number)]
            case dict():
                self._note("repaired")
                named = [(label, surface, 0) for label, surface in _pairs(value)]
        usable = [each for each in named if each[0] and each[1] and encodable(each[0])]
        if value != {} and not usable:
            self.issues.append("malformed_entity")
        for label, surface, number in usable:
            self.items.append(Item(label, Wanted(surface, number), (at, end)))


def _after_thought(output: str) -> int:
    """Where the answer begins; one that opens with its list may name the marker in a string."""
    if output.lstrip().startswith(("[", "{")):
        return 0
    thought = output.find(_END_OF_THOUGHT)
    return 0 if thought < 0 else thought + len(_END_OF_THOUGHT)


def _cut_off(output: str, error: json.JSONDecodeError) -> bool:
    """Whether an item is sound up to the end of the answer, so that only its rest is missing."""
    if error.msg.startswith("Unterminated string"):
        return True
    escape = 4 if "escape" in error.msg else 0
    return error.pos + escape >= len(output)


def _skip(output: str, at: int) -> int:
    found = _SEPARATOR.match(output, at)
    return at if found is None else found.end()


def _pairs(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and string of an object that names them by key, or maps labels to strings."""
    label = next((value[key] for key in LABEL_KEYS if key in value), None)
    text = next((value[key] for key in TEXT_KEYS if key in value), None)
    if isinstance(label, str) and isinstance(text, str):
        if label and text:
            yield label, text
        return
    for key, strings in value.items():
        for string in strings if isinstance(strings, list) else [strings]:
            if key and isinstance(string, str) and string:
                yield key, string
