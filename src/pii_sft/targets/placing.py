"""From the entities of an answer to spans of the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from pii_sft.align import Place, Wanted, align, stands_alone
from pii_sft.spans import Span, reading_order
from pii_sft.targets.base import Found, Parsed
from pii_sft.targets.issues import Issue
from pii_sft.targets.loops import loops_in_items


class Item(msgspec.Struct, frozen=True, gc=False):
    """An entity as an answer writes it, before it is placed in the text.

    Attributes:
        label: its label.
        surface: its string.
        occurrence: which occurrence of the string is meant, counted from 1; 0 where it is not said.
        output: start and end of the item in the answer, in code points, half-open.
    """

    label: str
    surface: str
    occurrence: int
    output: tuple[int, int]

    @property
    def string(self) -> tuple[str, str]:
        """What makes two items name the same thing."""
        return self.label, self.surface

    def __repr__(self) -> str:
        return f"Item(characters={len(self.surface)}, output={self.output!r})"


def place(text: str, items: Sequence[Item], issues: Sequence[Issue] = ()) -> Parsed:
    """Turn the items of an answer into spans of the text, counting what can't be placed."""
    found = _in_order(text, items)
    if found is not None:
        return Parsed(tuple(found), tuple(issues))
    return _aligned(text, items, issues)


def stands_next(text: str, surface: str, cursor: int) -> int:
    """Where the next occurrence of a string stands, if it is a whole word; else -1."""
    start = text.find(surface, cursor)
    if start < 0 or not surface:
        return -1
    end = start + len(surface)
    if (end == len(text) or text[end] in _BREAKS or _borders_at(text, end)) and (
        start == 0
        or (text[start - 1] in _BREAKS and surface < _FIRST_MARK)
        or _borders_at(text, start)
    ):
        return start
    return start if stands_alone(text, start, end) else -1


_FIRST_MARK = "\u0300"
_BREAKS = frozenset(" \n\t.,;:!?()[]{}<>\"'/|\\_=+*&^%$#@~`-")
_IDEOGRAPHS = "\u4e00-\u9fff，。：；、！？（）《》"
_PLAIN = "\\x00-\u02ff"
_borders_at = re.compile(
    rf"(?<=[{_IDEOGRAPHS}])[{_PLAIN}{_IDEOGRAPHS}]|(?<=[{_PLAIN}])[{_IDEOGRAPHS}]"
).match
"""Where words end beyond doubt: on one side of an ideograph."""


def _in_order(text: str, items: Sequence[Item]) -> list[Found] | None:
    """Places of strings that stand in the text as written and in the order of the list.

    The aligner would take each to its next occurrence, so it is not asked. None if there is more to
    decide.
    """
    found = []
    cursor = 0
    for item in items:
        surface = item.surface
        start = stands_next(text, surface, cursor)
        if start < 0 or item.occurrence:
            return None
        cursor = start + len(surface)
        found.append(Found(Span(start, cursor, item.label), "exact", item.output))
    return found


def _aligned(text: str, items: Sequence[Item], issues: Sequence[Issue]) -> Parsed:
    """Ask the aligner; an item that gets no place repeats another, or is not in the text."""
    places = _places(text, items)
    seen = {item.string for item, where in zip(items, places, strict=True) if where is not None}
    found: dict[Span, Found] = {}
    unplaced: list[str] = []
    wrong: list[Issue] = []
    surplus = [False] * len(items)
    for index, (item, where) in enumerate(zip(items, places, strict=True)):
        if where is None and item.string not in seen:
            seen.add(item.string)
            unplaced.append(item.label)
            wrong.append("not_in_text")
            continue
        span = None if where is None else Span(where.start, where.end, item.label)
        if where is None or span is None or span in found:
            surplus[index] = True
            wrong.append("duplicate")
        else:
            found[span] = Found(span, where.tier, item.output)
    loop: list[Issue] = []
    if "looped" not in issues and loops_in_items([item.string for item in items], surplus):
        loop = ["looped"]
    ordered = sorted(found.values(), key=lambda each: reading_order(each.span))
    return Parsed(tuple(ordered), (*issues, *loop, *wrong), tuple(unplaced))


def _places(text: str, items: Sequence[Item]) -> list[Place | None]:
    """Ask the aligner, but not about more copies of a string than the text has characters."""
    copies: Counter[tuple[str, str]] = Counter()
    places: list[Place | None] = [None] * len(items)
    asked = []
    for index, item in enumerate(items):
        copies[item.string] += 1
        if copies[item.string] <= len(text) + 1:
            asked.append(index)
    wanted = [Wanted(items[index].surface, items[index].occurrence) for index in asked]
    for index, where in zip(asked, align(text, wanted), strict=True):
        places[index] = where
    return places
