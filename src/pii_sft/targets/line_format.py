r"""The format of a line of the target `lines`: writing it, and reading it back exactly.

`PERSON#2: Ann` gives the number of the string's occurrence in the text, only if reading the lines
from top to bottom would find another one. Backslashes escape characters that would be misread, line
breaks (`\n`, `\r`) and white space at the ends of a string (`\s`, `\t`, `\u3000`). The `<` of
`<think>` becomes `\u003c`.
"""

from __future__ import annotations

import re

from pii_sft.targets.reasoning import THOUGHT_NAMES

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

Named = tuple[str, str, int]
"""Label, string, and number of its occurrence or 0."""


def written(label: str, surface: str, number: int) -> str:
    """The line of an entity; `number` is that of its occurrence, or 0."""
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


def label_in(written: str) -> str:
    """A label without its escapes."""
    return _ESCAPE_IN_LABEL.sub(_unescape, written)


def surface_in(written: str) -> str:
    """A string without its escapes."""
    return _ESCAPE_IN_SURFACE.sub(_unescape, written)


def as_written(line: str) -> Named | None:
    """The entity of a line that is exactly as it would be written."""
    found = LINE.fullmatch(line)
    if found is None:
        return None
    label = label_in(found["label"])
    surface = surface_in(found["surface"])
    number = int(found["number"] or 0)
    return (label, surface, number) if written(label, surface, number) == line else None
