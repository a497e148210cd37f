"""Lines of an answer that name entities in other formats than `LABEL: string`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from pii_sft.entity_keys import (
    EITHER_KEYS,
    END_KEYS,
    LABEL_KEYS,
    LENGTH_KEYS,
    PLACE_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    WRAPPER_KEYS,
    plain_key,
    says_something_else,
)
from pii_sft.targets.line_format import as_written
from pii_sft.targets.searched_text import SearchedText, closed_up

# in all of these a run of blanks is tried from its start only, or they would take quadratic time
_BULLET = re.compile(r"[\s>]*+(?:[-*•·+–—▪◦]|[0-9]{1,3}[.)、．])\s++(?P<content>\S.*)")
_HEADER = re.compile(
    r"[\s>]*+(?:#{1,6}\s++|[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?:\*\*|__|`)?"
    r"(?P<label>[^\W\d][^:：*`#|\n]{0,59}?)\s*+(?:\*\*|__|`)?\s*+[:：]\s*+(?:\*\*|__)?\s*+"
)
_SEPARATED = re.compile(
    r"[\s|>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?:\*\*|__|`)?(?P<first>[^\n|]{1,200}?)(?:\*\*|__|`)?"
    r"(?<!\s)(?:\s*+(?:->|=>|→|⇒|➜|＝|=|\|)\s*+|[^\S\t]*+\t\s*+|\s++[-–—]\s++)"
    r"(?P<second>[^\n|]+?)(?<!\s)[\s|]*+"
)
_IN_BRACKETS = re.compile(
    r"[\s>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?P<second>\S.*?)(?<!\s)\s*+[(\[（【](?P<first>[^()\[\]（）【】]{1,60})[)\]）】]\s*+"
)
_WEAKLY_SEPARATED = re.compile(
    r"[\s>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?P<first>[^\n,;，；]{1,80}?)"
    r"(?<!\s)\s*+[,;，；]\s*+(?P<second>\S.*?)(?<![\s,;，；])[\s,;，；]*+"
)
_LABEL_ALONE = re.compile(
    r"[\s>]*+(?:#{1,6}\s++)?(?P<mark>\*\*|__|`|)"
    r"(?P<label>[A-Z][A-Z0-9]+(?:[_/ -][A-Z0-9]+)*)(?P=mark)\s*"
)
_HOW_SURE = re.compile(
    r"(?<!\s)\s*+[(\[（]\s*(?:[01]?\.[0-9]+|[0-9]{1,3}\s*%|high|medium|low|[0-9]{1,9}\s*[-–:,]\s*[0-9]{1,9})"
    r"\s*[)\]）]\s*\Z",
    re.IGNORECASE,
)
_NEXT_ENTITY = re.compile(r"(?<!\s)\s*+[;；,，|]\s*(?=[^\W\d][\w /-]{0,40}[:：]\s?\S)")
_BETWEEN = re.compile(
    r"(?<!\s)\s*+[,;，；、|]\s*|(?<!\s)\s++(?:and|und|et|y|e|or|oder|和|与|及)\s+"
)
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:[_/ -][A-Z0-9]+)*")
_WRAPPING = "\"'“”‘’`*_ \t"
_MOST_WORDS_OF_LABEL = 3


def header_in(line: str) -> str | None:
    """The label of a line with nothing behind its colon, whose strings follow below."""
    alone = _LABEL_ALONE.fullmatch(line)
    if alone is not None:
        return alone["label"]
    found = _HEADER.fullmatch(line)
    if found is None:
        return None
    words = found["label"].split()
    if len(words) > _MOST_WORDS_OF_LABEL or plain_key(words[-1]) in WRAPPER_KEYS:
        return None
    return found["label"].strip()


def bullet_in(line: str) -> str | None:
    """The rest of a line behind the mark or number of a list."""
    found = _BULLET.fullmatch(line)
    return None if found is None else found["content"].strip().strip(_WRAPPING)


def separated_in(line: str, text: SearchedText) -> tuple[str, str] | None:
    """A label and a string with an arrow, a dash, a tab, a bar or brackets between them.

    Prose has these, too: so the text must have the string, or the label must be in capitals.
    """
    for pattern in (_SEPARATED, _IN_BRACKETS, _WEAKLY_SEPARATED):
        found = pattern.fullmatch(line)
        if found is None:
            continue
        label, surface = (found[part].strip().strip(_WRAPPING) for part in ("first", "second"))
        if not label or not surface:
            continue
        capital, held = _CAPITALS.fullmatch(label) is not None, surface.lower() in text.lowered
        if (capital and held) if pattern is _WEAKLY_SEPARATED else (capital or held):
            return label, surface
        if _CAPITALS.fullmatch(surface) and label.lower() in text.lowered:
            return surface, label
    return None


def without_certainty(surface: str) -> str:
    """A string without how sure the model is of it, or its offsets, in brackets behind it."""
    return _HOW_SURE.sub("", surface)


def names_label(line: str) -> bool:
    """True for a line that is no prose, as it begins or ends with what may be a label."""
    words = line.split()
    return len(words) <= _MOST_WORDS_OF_ENTITY and any(
        len(bare) > 2 and _CAPITALS.fullmatch(bare)
        for bare in (each.strip(_AROUND_LABELS) for each in (*words[:1], *words[-1:]))
    )


_MOST_WORDS_OF_ENTITY = 8
_AROUND_LABELS = "\"'“”‘’`*_()[]<>{}:：;,.-|=/"


def entities_in(line: str) -> Iterator[str]:
    """The parts of a line that names several labels, each with its string."""
    start = 0
    for found in _NEXT_ENTITY.finditer(line):
        yield line[start : found.start()]
        start = found.end()
    yield line[start:]


def strings_in(surface: str, text: SearchedText) -> list[str]:
    """The strings that stand behind one label, if the text has each of them and not the whole."""
    if closed_up(surface) in text.closed_up:
        return [surface]
    inner = surface[1:-1] if surface[:1] + surface[-1:] in ("[]", "()", "{}") else surface
    strings = [each.strip().strip(_WRAPPING) for each in _BETWEEN.split(inner)]
    strings = [each for each in strings if each]
    if (len(strings) > 1 or inner != surface) and all(_named(each, text) for each in strings):
        return strings
    return [surface]


def _named(string: str, text: SearchedText) -> bool:
    """True for a string of two letters or digits and more that the text has."""
    return string.lower() in text.lowered and sum(map(str.isalnum, string)) > 1


_DELIMITERS = ("|", "\t", ";", ",")
_MOST_COLUMNS = 12


class Columns(msgspec.Struct, frozen=True):
    """The columns of a table, in Markdown or CSV, by what its first line calls them.

    Attributes:
        delimiter: what stands between them.
        label: that of the labels, counted from 0.
        text: that of the strings.
    """

    delimiter: str
    label: int
    text: int

    @classmethod
    def of(cls, line: str) -> Columns | None:
        """The columns that a line names; None if it names none."""
        for delimiter in _DELIMITERS:
            names = [plain_key(cell) for cell in _cells(line, delimiter)]
            if not 2 <= len(names) <= _MOST_COLUMNS:
                continue
            label, text, either = (
                next((at for at, name in enumerate(names) if name in known), -1)
                for known in (LABEL_KEYS, SURFACE_KEYS, EITHER_KEYS)
            )
            label, text = (either if label < 0 else label), (either if text < 0 else text)
            if label >= 0 and text >= 0 and label != text:
                return cls(delimiter, label, text)
        return None

    def row(self, line: str) -> tuple[str, str] | None:
        """Label and string of a row, both empty for a rule; None if the line is no row."""
        cells = _cells(line, self.delimiter)
        if len(cells) <= max(self.label, self.text):
            return None
        if all(not cell.strip(":-= ") for cell in cells):
            return "", ""
        return cells[self.label], cells[self.text]


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter not in line:
        return []
    if delimiter == "|":
        inner = re.sub(r"^\s*\||(?<!\\)\|\s*$", "", line)
        cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]
    else:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:  # a carriage return, or a cell of more characters than it takes
            return []
    return [cell.strip().strip(_WRAPPING) for cell in cells]


Part = Literal["label", "text", "other"]

_PART = re.compile(
    r"[\s>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?[\"'`*_]*+(?P<key>[^\W\d][^\n:：=\"'`*(]{0,29}?)"
    r"[\"'`*_]*+\s*+[:：=]\s*+(?:\*\*|__)?\s*+(?P<value>\S.*)"
)


def part_in(line: str, text: SearchedText) -> tuple[Part, str] | None:
    """The part of an entity that a line names by a key, as YAML does, and its value."""
    found = _PART.fullmatch(line)
    if found is None:
        return None
    name = plain_key(found["key"])
    value = found["value"].strip().rstrip(",").strip(_WRAPPING)
    if name in LABEL_KEYS and value and value not in text:
        strict = as_written(line)  # whose string may stand there with escapes
        return ("label", value) if strict is None or strict[1] not in text else None
    if name in SURFACE_KEYS or (name in EITHER_KEYS and value in text):
        return "text", value
    offset = name in _OFFSETS
    if offset or (says_something_else(name) and value not in text):
        return "other", value
    return None


_OFFSETS = frozenset((*START_KEYS, *END_KEYS, *LENGTH_KEYS, *PLACE_KEYS, "score", "confidence"))
