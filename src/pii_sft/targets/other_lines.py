"""Answers in lines of another format: YAML, tables in Markdown, CSV or HTML, columns of CoNLL."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

import msgspec

from pii_sft.entity_keys import WRAPPER_KEYS, plain_key
from pii_sft.targets.item import Item
from pii_sft.targets.line_reading import LineReading, lines_of
from pii_sft.targets.tagged_words import MAY_TAG, tagged_lines, untagged

_ROW = re.compile(r"</(?:tr|li|p|div|h[1-6])\s*>|<br\s*/?>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>\s*<t[dh][^<>]{0,100}>", re.IGNORECASE)
_ELEMENT = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


class LooseLines(msgspec.Struct, frozen=True):
    """The entities of an answer in lines of another format.

    Attributes:
        items: the entities, in order.
        malformed: how many lines name none that can be read.
    """

    items: list[Item]
    malformed: int = 0


def in_other_lines(output: str, start: int, end: int, text: str) -> LooseLines | None:
    """The entities of an answer in lines, rows or tagged words; None if it is something else.

    Args:
        output: the answer.
        start: where to begin.
        end: where to stop.
        text: the text that it is about.
    """
    if _ROW.search(output, start, end):
        return _read_loosely(_rows_of_html(output, start, end), text)
    return in_tagged_words(output, start, end, text) or _read_loosely(
        ((at, line) for at, line, _ in lines_of(output, start, end)), text
    )


def in_tagged_words(output: str, start: int, end: int, text: str) -> LooseLines | None:
    """The entities of an answer with a word and its tag on each line."""
    if not MAY_TAG.search(output, start, end):
        return None
    words = tagged_lines((at, line) for at, line, _ in lines_of(output, start, end))
    return LooseLines(untagged(words, text)) if words else None


def _rows_of_html(output: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Rows of tables, items of lists and lines, each as a line without elements."""
    while start < end:
        found = _ROW.search(output, start, end)
        stop, after = (end, end) if found is None else found.span()
        row = _CELL.sub(" | ", " ".join(output[start:stop].split()))
        line = " ".join(html.unescape(_ELEMENT.sub("", row)).split())
        if line:
            yield start, line
        start = after


def _read_loosely(lines: Iterable[tuple[int, str]], text: str) -> LooseLines | None:
    """Lines of an answer that should have another format.

    Prose has colons, too. So half of the lines have to name an entity, one of which the text has;
    and such an answer has no mark of its end, so that its last line counts.
    """
    reading = LineReading(text)
    for at, line in lines:
        reading.read(at, line, whole=True)
    reading.finish()
    items = [item for item in reading.items if plain_key(item.label) not in _OF_PROSE]
    held = any(item.surface.lower() in reading.text.lowered for item in items)
    return LooseLines(items, reading.malformed) if held and reading.prose <= len(items) else None


_OF_PROSE = WRAPPER_KEYS | {
    *("note", "notes", "summary", "explanation", "reason", "reasoning", "analysis", "comment"),
    *("text", "input", "sentence", "document", "question", "thoughts", "user", "assistant"),
}
"""Words in front of a colon that are no labels where nothing says that there is a list."""
