r"""One entity a line, `PERSON: Ann Lee`, in text order, and a line with `-` at the end.

`PERSON#2: Ann` counts the occurrence of the string in the text, only where reading the lines from
top to bottom would land elsewhere. The last line tells a whole list from one that was cut, even
behind its last letter; alone, it says that there is no entity.

A backslash stands in front of what would be misread, and for line breaks (`\n`, `\r`) and white
space at the ends of a string (`\s`, `\t`, `\u3000`). The `<` of `<think>` becomes `\u003c`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pii_sft.align import Policy
from pii_sft.entity_keys import LABEL_KEYS, SURFACE_KEYS, plain_key
from pii_sft.spans import Document, encodable
from pii_sft.targets.base import Parsed
from pii_sft.targets.item import Item
from pii_sft.targets.loose_lines import (
    bullet_in,
    entities_in,
    header_in,
    names_label,
    separated_in,
    strings_in,
    without_certainty,
)
from pii_sft.targets.occurrence_numbers import occurrences_of
from pii_sft.targets.outcomes import loops_in_text, without_entities
from pii_sft.targets.place import place
from pii_sft.targets.reasoning import THOUGHT_NAMES, answer_in
from pii_sft.targets.status import Issue

END = "-"

_MARKERS = "|".join(THOUGHT_NAMES)
_IN_LABELS = re.compile(r"\A[\W\d]|[\\:：#*`<,.;!?，。；！？\r\n]|\s\Z")
_IN_SURFACES = re.compile(rf"\A\s|[\\\r\n]|\s\Z|<(?=/?(?:{_MARKERS})>)", re.IGNORECASE)
_LETTERS = {"\n": "n", "\r": "r", "\t": "t", " ": "s"}
_CHARACTERS = {letter: character for character, letter in _LETTERS.items()}

LINE = re.compile(
    r"(?P<label>(?:[^\\:：#]|\\.)++)(?:#(?P<number>[1-9][0-9]{0,8}))?: (?P<surface>.+)"
)
"""A line of an entity."""

_ESCAPE_IN_LABEL = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPE_IN_SURFACE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrts\\]))")
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

Named = tuple[str, str, int]
"""Label, string, and number of its occurrence or 0."""


@dataclass(frozen=True)
class Lines:
    """`PERSON: Ann Lee`, `CITY: Rome`, and `-` at the end, each on a line of its own.

    Attributes:
        policy: which occurrence a string without a number means, if the text holds several.
    """

    policy: Policy = "next"

    name = "lines"
    instruction = "Answer with one line LABEL: string for each entity in text order, then a line -."

    def render(self, document: Document) -> str:
        """A line for each mention of a document, and the line that ends the list."""
        pairs = zip(document.spans, occurrences_of(document), strict=True)
        lines = [_written(span.label, document.surface(span), number) for span, number in pairs]
        return "\n".join([*lines, END])

    def parse(self, text: str, output: str) -> Parsed:
        """Read line by line; a last line that is neither the end nor ended is dropped."""
        answer = answer_in(output, text)
        body = output[answer.start : answer.end]
        reading = _Reading(text)
        for start, line, whole in _lines(output, answer.start, answer.end):
            reading.read(start, line, whole=whole)
        cut = answer.thinking or not reading.ended
        if not (reading.items or reading.ended or reading.fragment or reading.malformed):
            return Parsed((), without_entities(text, body, thinking=answer.thinking))
        issues: list[Issue] = []
        if reading.loose:
            issues.append("repaired")
        if cut:
            issues.append("truncated")
        if cut and loops_in_text(output[reading.done : answer.end], text):
            issues.append("looped")
        issues += ["malformed_entity"] * reading.malformed
        return place(text, reading.items, issues, self.policy)


TARGET = Lines()


def _written(label: str, surface: str, number: int) -> str:
    escaped = _IN_LABELS.sub(_escape, label)
    count = f"#{number}" if number else ""
    return f"{escaped}{count}: {_IN_SURFACES.sub(_escape, surface)}"


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    if character in _LETTERS:
        return f"\\{_LETTERS[character]}"
    coded = character == "<" or character.isspace()
    return f"\\u{ord(character):04x}" if coded else f"\\{character}"


def _unescape(found: re.Match[str]) -> str:
    code, character = found.groups()
    return chr(int(code, 16)) if code else _CHARACTERS.get(character, character)


def _lines(output: str, start: int, end: int) -> Iterator[tuple[int, str, bool]]:
    """Each line with its place, and whether a line break follows."""
    while start < end:
        stop = output.find("\n", start, end)
        whole = stop >= 0
        yield start, output[start : stop if whole else end].removesuffix("\r"), whole
        start = stop + 1 if whole else end


class _Reading:
    """What the lines of an answer say.

    Attributes:
        items: the entities, in order.
        malformed: how many lines name no label that can be written.
        loose: whether anything deviates from the format.
        ended: whether the list has an end.
        fragment: whether the answer ends in what may have become an entity.
        done: where the last whole line ends.
    """

    def __init__(self, text: str) -> None:
        self.items: list[Item] = []
        self.malformed = 0
        self.loose = False
        self.ended = False
        self.fragment = False
        self.done = 0
        self._text = text
        self._fenced = False
        self._header: str | None = None
        self._described = False

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
            self.fragment = _may_go_on(line)
        if whole or self.ended:
            self.done = start + len(line)

    def _entity(self, start: int, line: str) -> None:
        if self._part(start, line):
            self.loose = True
            return
        strict = _strict(line)
        if strict is not None and (strict[1] in self._text or len(list(entities_in(line))) == 1):
            self._header = None
            self._add(start, line, self._undecorated(*strict), strict)
            return
        self.loose = True
        header, bullet = header_in(line), bullet_in(line)
        if header is not None:
            self._header = header
            return
        named = [self._loosely(part) for part in entities_in(line)]
        if len(named) > 1 and all(each and each[1] in self._text for each in named):
            for each in named:
                self._add(start, line, each)
            return
        whole = self._loosely(line) or self._otherwise(line, bullet)
        if whole is not None:
            self._add(start, line, whole)
        else:
            # A list item, or a line with a label, is no prose: it is counted.
            item = bullet is not None and not _SENTENCE.search(bullet)
            self.malformed += item or names_label(line)

    def _part(self, start: int, line: str) -> bool:
        """Take a line that names a part of an entity, `Label: PERSON` or `Text: Ann`; if it does.

        Only a label that is not of the text begins such an entity.
        """
        named = self._loosely(line)
        name = "" if named is None else plain_key(named[0])
        if named is not None and name in LABEL_KEYS and named[1] not in self._text:
            self._header, self._described = named[1], True
            return True
        if named is not None and name in SURFACE_KEYS and self._described and self._header:
            self._add(start, line, (self._header, named[1], named[2]))
            return True
        return False

    def _otherwise(self, line: str, bullet: str | None) -> Named | None:
        """A string below its label, or a label and a string with another mark between them."""
        content = line.strip() if bullet is None else bullet
        if self._header is not None and (bullet is not None or content in self._text):
            return self._header, content, 0
        separated = separated_in(line, self._text)
        return None if separated is None else (*separated, 0)

    def _add(self, start: int, line: str, named: Named | None, strict: Named | None = None) -> None:
        """Add the entity of a line; several, if it has several strings behind one label."""
        self.loose |= named != strict
        if named is None:
            return
        label, surface, number = named
        strings = [surface] if number else strings_in(surface, self._text)
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
        label = _ESCAPE_IN_LABEL.sub(_unescape, found["label"].strip())
        written = found["surface"].strip()
        if not written or len(label.split()) > _MOST_WORDS:
            return None
        surface = _ESCAPE_IN_SURFACE.sub(_unescape, written)
        if surface not in self._text and written in self._text:
            surface = written
        return self._undecorated(label, surface, int(found["number"] or 0))

    def _undecorated(self, label: str, surface: str, number: int) -> Named | None:
        """An entity without what stands around its string; None if its string says none."""
        if surface in self._text:
            return label, surface, number
        if surface.lower() in _NONE:
            return None
        bare = without_certainty(surface).rstrip(",;，；.").strip(_WRAPPING)
        return label, bare if bare in self._text else surface, number


def _strict(line: str) -> Named | None:
    """The entity of a line that is exactly as it would be written."""
    found = LINE.fullmatch(line)
    if found is None:
        return None
    label = _ESCAPE_IN_LABEL.sub(_unescape, found["label"])
    surface = _ESCAPE_IN_SURFACE.sub(_unescape, found["surface"])
    number = int(found["number"] or 0)
    return (label, surface, number) if _written(label, surface, number) == line else None


def _may_go_on(line: str) -> bool:
    """Whether a line without an end looks like the beginning of an entity."""
    return _strict(line) is not None or _BEGINNING.fullmatch(line.rstrip()) is not None
