"""Entities marked in a text, `<PERSON>Ann Lee</PERSON>`, where an answer has no list."""

from __future__ import annotations

from pii_sft.spans import encodable
from pii_sft.targets.item import Item
from pii_sft.targets.tags.markup import read_copy

_WRAPPERS = frozenset({"answer", "output", "result", "response", "entities", "json", "final"})
_STYLES = frozenset({"b", "i", "p", "em", "strong", "code", "br", "div", "html", "body"})


def elements_in(output: str, start: int, end: int) -> list[Item]:
    """The marked strings of an answer, in the order in which they begin.

    Args:
        output: the answer.
        start: where to begin.
        end: where to stop; what is open there is left out.
    """
    copy = read_copy(output, start, end)
    return [
        Item(mark.label, surface, 0, mark.output)
        for mark in sorted(copy.marks, key=lambda mark: mark.output)
        if (surface := copy.text[mark.start : mark.end].strip())
        and mark.label.lower() not in _WRAPPERS | _STYLES
        and encodable(mark.label)
    ]
