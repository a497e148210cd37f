"""Reading an answer line by line: the lines of the target `lines`, tables, and keys with values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_sft.spans import encodable
from pii_sft.targets.item import Item
from pii_sft.targets.line_format import Named, as_written, label_in, surface_in
from pii_sft.targets.loose_lines import (
    Columns,
    bullet_in,
    entities_in,
    header_in,
    names_label,
    part_in,
    separated_in,
    strings_in,
    without_certainty,
)
from pii_sft.targets.searched_text import SearchedText

END = "-"
"""The line that ends the list."""

_LOOSE_LINE = re.compile(
    r"[\s>]*+(?:(?:[-*•·+–—]|[0-9]{1,3}[.)、．])\s++){0,3}+(?:\*\*|__|[`\[<(\"'【])?"
    r"(?P<label>[^\W\d](?:[^\\:：#*`\n\])>\"】]|\\.){0,79})(?:#(?P<number>[1-9][0-9]{0,8}))?"
    r"(?:\*\*|__|[`\])>\"'】])?\s*+[:：](?:\*\*|__)?(?P<surface>.*)"
)
_BEGINNING = re.compile(r"[^\s.,!?。，！？]+")
_MOST_WORDS = 6
_SENTENCE = re.compile(r"[,.;!?，。；！？]\s|[，。；！？]")
_NONE = frozenset(
    {END, "–", "—", "none", "none.", "n/a", "无", "無", "没有", "(none)", "null", "[]"}
)
_WRAPPING = "\"'“”‘’`*_ \t"
_FENCE = "```"


def lines_of(output: str, start: int, end: int) -> Iterator[tuple[int, str, bool]]:
    """Each line with its place, and whether a line break follows."""
    while start < end:
        stop = output.find("\n", start, end)
        whole = stop >= 0
        yield start, output[start : stop if whole else end].removesuffix("\r"), whole
        start = stop + 1 if whole else end


class LineReading:
    """The entities of the lines of an answer.

    Attributes:
        items: the entities, in order.
        malformed: how many lines name no label that can be written.
        loose: whether anything deviates from the format.
        ended: whether the list has an end.
        fragment: whether the answer ends in what may have become an entity.
        names_cut: whether the last line names an entity, the end of which may be missing.
        done: where the last whole line ends.
        prose: how many lines say nothing that is understood.
        text: the text that the answer is about.
    """

    def __init__(self, text: str) -> None:
        self.items: list[Item] = []
        self.malformed = 0
        self.loose = False
        self.ended = False
        self.fragment = False
        self.names_cut = False
        self.done = 0
        self.prose = 0
        self.text = SearchedText(text)
        self._fenced = False
        self._header: str | None = None
        self._described = False
        self._held: tuple[int, str, str] | None = None
        self._columns: Columns | None = None

    def read(self, start: int, line: str, *, whole: bool) -> None:
        """Take the next line."""
        stripped = line.strip()
        if self.ended:
            self.loose |= bool(stripped)
        if stripped.lower() in _NONE:
            self.ended = True
            self.loose |= line != END
        elif stripped.startswith(_FENCE):
            self.ended |= self._fenced
            self.loose = self._fenced = True
        elif whole and stripped:
            self._entity(start, line)
        elif stripped:
            self.fragment = _may_go_on(line) or self._held is not None
            self.names_cut = self._loosely(line) is not None
        if whole or self.ended:
            self.done = start + len(line)

    def _entity(self, start: int, line: str) -> None:
        columns = Columns.of(line)
        if columns is not None:
            self._columns, self.loose = columns, True
        elif self._columns is not None and (row := self._columns.row(line)) is not None:
            self._row(start, line, row)
        elif self._part(start, line):
            # One that a later line does not complete is read as a line, which may be strict.
            self.loose |= self._held is None or self._described
        else:
            self._columns = None
            self._line(start, line)

    def _row(self, start: int, line: str, row: tuple[str, str] | None) -> None:
        """Take a row of a table."""
        self.loose = True
        label, surface = row or ("", "")
        if label and surface:
            self._add(start, line, self._undecorated(label, surface, 0))
        else:
            self.malformed += bool(label or surface)

    def _line(self, start: int, line: str) -> None:
        strict = as_written(line)
        if strict is not None and (strict[1] in self.text or len(list(entities_in(line))) == 1):
            self._header = None
            self._add(start, line, self._undecorated(*strict), strict)
            return
        self.loose = True
        header, bullet = header_in(line), bullet_in(line)
        if header is not None:
            self._header = header
            return
        named = [self._loosely(part) for part in entities_in(line)]
        if len(named) > 1 and all(each and each[1] in self.text for each in named):
            for each in named:
                self._add(start, line, each)
            return
        whole = self._loosely(line) or self._otherwise(line, bullet)
        if whole is not None:
            self._add(start, line, whole)
        else:
            # A list item, or a line with a label, is no prose: it is counted.
            item = bullet is not None and not _SENTENCE.search(bullet)
            counted = item or names_label(line)
            self.malformed += counted
            self.prose += not counted

    def _part(self, start: int, line: str) -> bool:
        """Take a line that names a part of an entity, `Label: PERSON` or `text: Ann`; if it does.

        A label that is not of the text begins such an entity, or ends one that a string began.
        """
        part = part_in(line, self.text)
        held, self._held = self._held, None
        if part is None:
            self._let_go(held)
            return False
        kind, value = part
        if kind == "label" and held is not None:
            self._described = True
            self._add(held[0], held[1], (value, held[2], 0))
        elif kind == "label":
            self._header, self._described = value, True
        elif kind == "text" and self._described and self._header:
            self._let_go(held)
            self._add(start, line, (self._header, value, 0))
            self._header = None
        elif kind == "text":
            self._let_go(held)
            self._held = (start, line, value)
        elif held is not None or self._described:
            self._held = held
        else:
            return False
        return True

    def finish(self) -> None:
        """Take what waits for its other half as a line of its own, unless that was cut."""
        held, self._held = self._held, None
        if not self.fragment:
            self._let_go(held)

    def _let_go(self, held: tuple[int, str, str] | None) -> None:
        if held is not None:
            self._line(held[0], held[1])

    def _otherwise(self, line: str, bullet: str | None) -> Named | None:
        """A string below its label, or a label and a string with another mark between them."""
        content = line.strip() if bullet is None else bullet
        if self._header is not None and (bullet is not None or content in self.text):
            return self._header, content, 0
        separated = separated_in(line, self.text)
        return None if separated is None else (*separated, 0)

    def _add(self, start: int, line: str, named: Named | None, strict: Named | None = None) -> None:
        """Add the entity of a line; several, if it has several strings behind one label."""
        self.loose |= named != strict
        if named is None:
            return
        label, surface, number = named
        strings = [surface] if number else strings_in(surface, self.text)
        self.loose |= len(strings) > 1
        if not encodable(label):
            self.malformed += 1
            return
        for each in strings:
            self.items.append(Item(label, each, number, (start, start + len(line))))

    def _loosely(self, line: str) -> Named | None:
        """An entity in a line that was decorated, or None if it is prose."""
        found = _LOOSE_LINE.fullmatch(line)
        if found is None or _SENTENCE.search(found["label"]):
            return None
        label = label_in(found["label"].strip())
        written = found["surface"].strip()
        if not written or len(label.split()) > _MOST_WORDS:
            return None
        surface = surface_in(written)
        if surface not in self.text and written in self.text:
            surface = written
        return self._undecorated(label, surface, int(found["number"] or 0))

    def _undecorated(self, label: str, surface: str, number: int) -> Named | None:
        """An entity without what stands around its string; None if its string says none."""
        if surface in self.text:
            return label, surface, number
        if surface.lower() in _NONE:
            return None
        bare = without_certainty(surface).rstrip(",;，；.").strip(_WRAPPING)
        return label, bare if bare in self.text else surface, number


def _may_go_on(line: str) -> bool:
    """True if a line without an end looks like the beginning of an entity."""
    return as_written(line) is not None or _BEGINNING.fullmatch(line.rstrip()) is not None
