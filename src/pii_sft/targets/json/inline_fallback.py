"""Entities marked in a text, `<PERSON>Ann Lee</PERSON>`, where an answer has no list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pii_sft.entity_keys import LABEL_KEYS, SURFACE_KEYS, plain_key
from pii_sft.spans import encodable
from pii_sft.targets.item import Item

if TYPE_CHECKING:
    from pii_sft.targets.tags.markup import Copy, Mark

_WRAPPERS = frozenset({"answer", "output", "result", "response", "entities", "json", "final"})
_STYLES = frozenset(
    (
        *("b", "i", "p", "em", "strong", "code", "br", "div", "html", "body", "ul", "ol", "li"),
        *("table", "thead", "tbody", "tr", "td", "th", "pre", "span"),
    )
)


def elements_in(output: str, start: int, end: int) -> list[Item]:
    """The marked strings of an answer, in the order in which they begin.

    Args:
        output: the answer.
        start: where to begin.
        end: where to stop; what is open there is left out.
    """
    from pii_sft.targets.tags.markup import read_copy  # few answers in JSON hold tags

    copy = read_copy(output, start, end)
    marks = sorted(copy.marks, key=lambda mark: mark.output)
    described = _described(copy, marks)
    if described:
        return described
    return [
        Item(mark.label, surface, 0, mark.output)
        for mark in marks
        if (surface := copy.text[mark.start : mark.end].strip())
        and mark.label.lower() not in _WRAPPERS | _STYLES
        and encodable(mark.label)
    ]


def _described(copy: Copy, marks: Sequence[Mark]) -> list[Item]:
    """Entities of XML, whose label and string are elements of their own in either order."""
    parts = [(_part_of(mark.label), mark) for mark in marks]
    parts = [(part, mark) for part, mark in parts if part]
    items = []
    for (part, mark), (next_part, other) in zip(parts[::2], parts[1::2], strict=False):
        if part == next_part:
            return []
        named, held = (mark, other) if part == "label" else (other, mark)
        label = copy.text[named.start : named.end].strip()
        surface = copy.text[held.start : held.end].strip()
        if label and surface and encodable(label):
            items.append(Item(label, surface, 0, (mark.output[0], other.output[1])))
    return items if len(parts) % 2 == 0 else []


def _part_of(element: str) -> str:
    name = plain_key(element)
    return "label" if name in LABEL_KEYS else "text" if name in (*SURFACE_KEYS, "name") else ""
