"""Units that the offsets of an annotation file may count, and the way to code points."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal

import msgspec

Unit = Literal["code points", "utf-16", "bytes", "graphemes"]

_NAMES: dict[Unit, str] = {
    "code points": "code points",
    "utf-16": "UTF-16 units",
    "bytes": "UTF-8 bytes",
    "graphemes": "graphemes",
}


class Convention(msgspec.Struct, frozen=True):
    """Convention by which the offsets of a file count.

    Attributes:
        unit: what one step is: a code point, a UTF-16 code unit, a byte of UTF-8, or a grapheme.
        inclusive: whether the end is the last unit of a span, not the one after it.
        unix_lines: whether CRLF counts as one, though the text holds both characters.
    """

    unit: Unit
    inclusive: bool = False
    unix_lines: bool = False

    @property
    def unit_name(self) -> str:
        """The unit as messages name it."""
        return _NAMES[self.unit]

    def __str__(self) -> str:
        ends = "ends included" if self.inclusive else "ends excluded"
        lines = ", CRLF as one" if self.unix_lines else ""
        return f"{self.unit_name}{lines}, {ends}"


CODE_POINTS = Convention("code points")
UTF_16 = Convention("utf-16")
BYTES = Convention("bytes")
GRAPHEMES = Convention("graphemes")
CODE_POINTS_INCLUSIVE = Convention("code points", inclusive=True)
CONVENTIONS = (
    CODE_POINTS,
    UTF_16,
    BYTES,
    Convention("code points", unix_lines=True),
    Convention("utf-16", unix_lines=True),
    GRAPHEMES,
    CODE_POINTS_INCLUSIVE,
    Convention("utf-16", inclusive=True),
    Convention("bytes", inclusive=True),
    Convention("graphemes", inclusive=True),
)
"""All conventions that are tried, the likeliest first."""


def counts_alike(text: str) -> bool:
    """True if all units count a text alike."""
    return text.isascii() and "\r\n" not in text


class Ruler:
    """Turns offsets into a text, counted by one convention, into code points.

    Only the characters (or line breaks, or clusters) that do not count as one code point are
    remembered, so it is built in time linear in the text, and empty for most texts.

    Args:
        text: the text.
        convention: how the offsets count.

    Attributes:
        units: number of units in the text.
    """

    def __init__(self, text: str, convention: Convention) -> None:
        self._length = len(text)
        self._inclusive = convention.inclusive
        self._starts: list[int] = []
        self._unit_ends: list[int] = []
        self._ends: list[int] = []
        surplus = 0
        for start, end, units in () if counts_alike(text) else _irregular(text, convention):
            self._starts.append(start + surplus)
            self._unit_ends.append(start + surplus + units)
            self._ends.append(end)
            surplus += units - (end - start)
        self.units = len(text) + surplus

    @property
    def regular(self) -> bool:
        """True if the convention counts this text as code points do, apart from the ends."""
        return not self._starts

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Code points, half-open, of a span; None if it is empty, cuts a unit or is outside."""
        if not self._starts:
            end += self._inclusive
            return (start, end) if 0 <= start < end <= self._length else None
        first, last = self._code_point(start), self._code_point(end + self._inclusive)
        return (first, last) if first is not None and last is not None and first < last else None

    def _code_point(self, offset: int) -> int | None:
        at = bisect_left(self._starts, offset) - 1
        if at >= 0:
            if offset < self._unit_ends[at]:
                return None
            offset += self._ends[at] - self._unit_ends[at]
        return offset if 0 <= offset <= self._length else None


def _irregular(text: str, convention: Convention) -> Iterator[tuple[int, int, int]]:
    """Start and end, in code points, and units of each stretch that has not one unit a point."""
    unix_lines = convention.unix_lines and "\r\n" in text
    if convention.unit == "code points" and not unix_lines:
        return
    if convention.unit == "graphemes" and not _joining().search(text):
        return
    width = _WIDTHS[convention.unit]
    for match in _pattern(convention.unit, unix_lines).finditer(text):
        start, end = match.span()
        units = 1 if unix_lines and match[0] == "\r\n" else width(match[0])
        if units != end - start:
            yield start, end, units


_CRLF = r"\r\n"
_PATTERNS: dict[Unit, str] = {
    "code points": "",
    "utf-16": "[\U00010000-\U0010ffff]",
    "bytes": r"[^\x00-\x7f]",
    "graphemes": r"\X",
}
_WIDTHS: dict[Unit, Callable[[str], int]] = {
    "code points": len,
    "utf-16": lambda character: 2 * len(character),
    "bytes": lambda character: len(character.encode(errors="surrogatepass")),
    "graphemes": lambda _: 1,
}


@cache
def _joining() -> Any:
    """Give the pattern of joining characters: without them every code point is one grapheme."""
    import regex

    return regex.compile(r"[^\p{GCB=Other}\p{GCB=LV}\p{GCB=LVT}\n]")


@cache
def _pattern(unit: Unit, unix_lines: bool) -> Any:
    source = "|".join(filter(None, (_CRLF if unix_lines else "", _PATTERNS[unit])))
    if unit == "graphemes":
        import regex

        return regex.compile(source)
    return re.compile(source)
