"""Context words near a candidate that confirm or contradict it."""

from __future__ import annotations

from collections.abc import Sequence

import regex

BEFORE = 48
"""Distance in front of a candidate within which a word is looked for, in code points: a clause."""

AFTER = 16
"""Distance after it, on the same line: mostly words stand before it, but also `0123 (mobile)`."""

_WRITTEN_WITHOUT_SPACES = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")


class Context:
    """Words that confirm a kind of entity and words that contradict it; the nearest one decides.

    In scripts with spaces, only whole words match. A contradicting word has to be on the same line,
    or the last word of the line before.

    Args:
        words: words that confirm, in any case.
        unless: words that contradict.
    """

    def __init__(self, words: Sequence[str], unless: Sequence[str] = ()) -> None:
        self._words = _pattern(words)
        self._unless = _pattern(unless)

    def says(self, text: str, start: int, end: int) -> bool | None:
        """True if the nearest word confirms a stretch, False if it contradicts."""
        against = _last(self._unless, text, start)
        if against >= 0 and _is_of_another_line(text[against:start]):
            against = -1
        speaks = _last(self._words, text, start)
        if against > speaks:
            return False
        if speaks >= 0 or _follows(self._words, text, end):
            return True
        return None


def _is_of_another_line(between: str) -> bool:
    """True if a line ends between a word and a candidate, and more than a colon stands there."""
    return "\n" in between and bool(between.strip(" \t\r\n:："))


def _pattern(words: Sequence[str]) -> regex.Pattern[str] | None:
    alternatives = [
        regex.escape(word)
        if _WRITTEN_WITHOUT_SPACES.search(word)
        else rf"(?<!\p{{L}}){regex.escape(word)}(?!\p{{L}})"
        for word in sorted(words, key=len, reverse=True)
    ]
    return regex.compile("|".join(alternatives), regex.IGNORECASE) if alternatives else None


def _last(pattern: regex.Pattern[str] | None, text: str, start: int) -> int:
    """End of the last word in front of a place; -1 where there is none."""
    if pattern is None:
        return -1
    matches = pattern.finditer(text, max(0, start - BEFORE), start)
    return max((match.end() for match in matches), default=-1)


def _follows(pattern: regex.Pattern[str] | None, text: str, end: int) -> bool:
    line = text.find("\n", end, end + AFTER)
    stop = line if line >= 0 else end + AFTER
    return pattern is not None and pattern.search(text, end, stop) is not None
