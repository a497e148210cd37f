"""The target `json`: a list in text order, with one `[label, string]` for each mention.

A third element is the number of the string's occurrence in the text. It is written only if reading
the list from left to right would find another occurrence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pii_sft.align import Policy
from pii_sft.spans import Document, Span
from pii_sft.targets.base import Found, Parsed
from pii_sft.targets.item import LONGEST_NUMBER, Item
from pii_sft.targets.occurrence_numbers import occurrences_of
from pii_sft.targets.place import place, stands_next
from pii_sft.targets.placeholders import is_placeholder
from pii_sft.targets.stated_offsets import SaidOffsets
from pii_sft.targets.tagged_words import may_tag
from pii_sft.targets.turns import turn_in

if TYPE_CHECKING:
    from pii_sft.span_columns import SpanColumns
    from pii_sft.targets.token_roles import Stretch

_encode = msgspec.json.Encoder().encode
_decode_pairs = msgspec.json.Decoder(list[tuple[str, str]]).decode
_decode_rows = msgspec.json.Decoder(list[list[str | int]]).decode

_SCAFFOLD = len('["",""]')
_NOTHING = Parsed(())


@dataclass(frozen=True)
class JsonList:
    """`[["PERSON","Ann Lee"],["CITY","Rome",2]]`.

    Attributes:
        policy: which occurrence a string without a number means, if the text holds several.
    """

    policy: Policy = "next"

    name = "json"
    instruction = 'Answer with JSON [["LABEL","string"],...] in text order, [] if there is none.'

    def render(self, document: Document) -> str:
        """The list of a document's mentions; `[]` for none."""
        text, spans = document.text, document.spans
        if not spans:
            return "[]"
        rows = [
            (span.label, text[span.start : span.end], number)
            if number
            else (span.label, text[span.start : span.end])
            for span, number in zip(spans, occurrences_of(document), strict=True)
        ]
        return _encode(rows).decode()

    def proved_drafts(self, columns: SpanColumns) -> list[str | None]:
        """The lists of many documents; see `Drafting`."""
        if self.policy != "next":
            return [None] * len(columns.documents)
        from pii_sft.targets.json.drafts import proved_drafts  # brings numpy

        return proved_drafts(columns)

    def read_by(self, policy: Policy) -> JsonList:
        """The same list, read by another policy."""
        return JsonList(policy)

    def stretches(self, answer: str) -> list[Stretch]:
        """The parts of an answer by role."""
        from pii_sft.targets.json.token_roles import json_stretches  # training alone asks

        return json_stretches(answer)

    def parse(self, text: str, output: str) -> Parsed:
        """Read the list, or whatever a small model wrote instead; a cut item is dropped."""
        plain = _plain(text, output) if self.policy == "next" else None
        if plain is not None:
            return plain
        items = _as_written(output)
        if items is None:
            turn = output[: turn_in(output, text)[1]].rstrip()
            items = _as_written(turn) if len(turn) < len(output) else None
            if items is None:
                from pii_sft.targets.json.other_answers import read_other  # a clean file needs none

                return read_other(text, turn, self.policy)
        if any(item.occurrence > 1 for item in items):
            offsets = SaidOffsets(text)
            items = [
                msgspec.structs.replace(
                    item, occurrence=offsets.number(item.surface, item.occurrence)
                )
                for item in items
            ]
        return place(text, items, policy=self.policy)


TARGET = JsonList()


def _plain(text: str, output: str) -> Parsed | None:
    """The entities of a list as it mostly is: pairs without escapes, each string the next one.

    Returns:
        The same as the full parser, which is slower; None if that has to decide.
    """
    if output == "[]":
        return _NOTHING
    if "\\" in output or may_tag(output):
        return None
    try:
        pairs = _decode_pairs(output)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    found = []
    cursor, at = 0, 1
    for label, surface in pairs:
        start = stands_next(text, surface, cursor)
        if start < 0 or not label or label != label.strip() or is_placeholder(surface):
            return None
        cursor = start + len(surface)
        end = at + _SCAFFOLD + len(label) + len(surface)
        found.append(Found(Span(start, cursor, label), "exact", (at, end)))
        at = end + 1
    return Parsed(tuple(found)) if at == len(output) else None


def _as_written(output: str) -> list[Item] | None:
    """Read the items of an answer that is exactly as `render` writes it; None for any other."""
    if output == "[]":
        return []
    if not output.startswith('[["') or may_tag(output):
        return None
    try:
        rows = _decode_rows(output)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    items = []
    at = 1
    for row in rows:
        match row:
            case [str(label), str(surface)] if label.strip() == label != "" != surface:
                number = 0
            case [str(label), str(surface), int(number)] if (
                label.strip() == label != "" != surface and number > 0
            ):
                if number >= 10**LONGEST_NUMBER:
                    return None
            case _:
                return None
        size = _size(row)
        items.append(Item(label, surface, number, (at, at + size)))
        at += size + 1
    return items if at == len(output) else None


def _size(row: Sequence[str | int]) -> int:
    """Number of characters of an item of the list."""
    return len(_encode(row).decode())
