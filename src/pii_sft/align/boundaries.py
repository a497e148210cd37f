"""Where words and characters begin and end, in any script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from unicodedata import category

from pii_sft.align.substring_index import Find
from pii_sft.align.types import Stretch

_FIRST_WITHOUT_SPACES = "\u0e00"
_LETTER = "(?=[\\0-\u0dff])[^\\W_]"
_WORD_START = re.compile(f"(?<!{_LETTER}){_LETTER}")
_FULL_WIDTH_LETTER = re.compile("[\uff21-\uff3a\uff41-\uff5a]")

_FIRST_MARK = "\u0300"
_JOINER = "\u200d"
_INVISIBLE = frozenset("\u00ad\u200c\u200d\u2060")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_TAGS = ("\U000e0020", "\U000e007f")
_MOST_FLAG_LETTERS = 100
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")

_LEAST_PART = 3
_MOST_REFUSED = 1_000


def joins(character: str) -> bool:
    """True if a word goes on over this character: a letter, digit or mark.

    Scripts written without spaces have no such thing as a longer word; of them, only digits and
    full-width letters join.
    """
    if character < _FIRST_MARK:
        return character.isalnum() or character == "\u00ad"
    if character < _FIRST_WITHOUT_SPACES:
        return character.isalnum() or category(character)[0] == "M"
    return (
        character.isdecimal()
        or character in _INVISIBLE
        or _FULL_WIDTH_LETTER.match(character) is not None
    )


def splits_character(text: str, at: int) -> bool:
    """True if what a reader sees as one character lies on both sides of an index inside the text.

    That is a base and its marks, an emoji sequence, or the two letters of a flag (Unicode
    Standard Annex 29, without its rules for syllables).
    """
    here, before = text[at], text[at - 1]
    if here < _FIRST_MARK:
        return False
    if before == _JOINER or category(here)[0] == "M" or here in "\u200c\u200d":
        return True
    if _SKIN_TONES[0] <= here <= _SKIN_TONES[1] or _TAGS[0] <= here <= _TAGS[1]:
        return True
    return _is_flag_letter(here) and _splits_flag(text, at)


def clings(character: str) -> bool:
    """True for a character that may be one with another; `splits_character` says where."""
    if character < _FIRST_MARK:
        return False
    return (
        character in "\u200c\u200d"
        or category(character)[0] == "M"
        or character >= _FLAG_LETTERS[0]
    )


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def _splits_flag(text: str, at: int) -> bool:
    """True if an odd number of flag letters stands before another; so in rows without end, too."""
    before = reversed(text[max(0, at - _MOST_FLAG_LETTERS) : at])
    number = sum(1 for _ in takewhile(_is_flag_letter, before))
    return number % 2 == 1 or number == _MOST_FLAG_LETTERS


def goes_on(text: str, at: int) -> bool:
    """True if a word, or a character, lies on both sides of an index inside the text."""
    before, here = text[at - 1], text[at]
    if before.isascii() and here.isascii():
        return before.isalnum() and here.isalnum()
    return (joins(before) and joins(here)) or splits_character(text, at)


def stands_alone(text: str, start: int, end: int) -> bool:
    """True if no letter, digit or mark continues the stretch on either side.

    Scripts written without spaces have no such thing as a longer word, so there it holds wherever
    no character is split.
    """
    return not ((start > 0 and goes_on(text, start)) or (end < len(text) and goes_on(text, end)))


def every(surface: str, find: Find) -> Iterator[Stretch]:
    """Occurrences of a string in text order, inside words and over one another as well.

    Args:
        surface: the string.
        find: finds it in the text from an index on.
    """
    at = find(surface, 0) if surface else -1
    while at >= 0:
        yield at, at + len(surface)
        at = find(surface, at + 1)


def whole_words(text: str, surface: str, find: Find) -> Iterator[Stretch]:
    """Occurrences of a string that stand alone, in text order."""
    at = next_whole(text, surface, 0, find) if surface else -1
    while at >= 0:
        yield at, at + len(surface)
        at = next_whole(text, surface, at + 1, find)


def accepted(stretches: Iterable[Stretch], accepts: Callable[[Stretch], bool]) -> Iterator[Stretch]:
    """The stretches that pass a test, until so many have failed that the text is not language."""
    refused = 0
    for stretch in stretches:
        if accepts(stretch):
            yield stretch
        elif (refused := refused + 1) > _MOST_REFUSED:
            return


def next_whole(text: str, surface: str, at: int, find: Find) -> int:
    """Index of the next occurrence of a string that stands alone, -1 if there is none."""
    size = len(surface)
    at = find(surface, at)
    while at >= 0 and not stands_alone(text, at, at + size):
        at = find(surface, _next_start(text, surface, at))
    return at


def _next_start(text: str, surface: str, at: int) -> int:
    """Where to search on; what begins with a letter can stand alone only where a word begins."""
    if not re.match(_LETTER, surface):
        return at + 1
    found = _WORD_START.search(text, at + 1)
    return len(text) if found is None else found.start()


def stands_behind_prefix(text: str, stretch: Stretch) -> bool:
    """True if one letter of Hebrew or Arabic is all that keeps a stretch from being whole words.

    Their articles, prepositions and conjunctions are written together with the next word.
    """
    start, end = stretch
    return (
        start > 0
        and "\u0590" <= text[start - 1] <= "\u08ff"
        and not splits_character(text, start)
        and (start == 1 or not goes_on(text, start - 1))
        and (end == len(text) or not goes_on(text, end))
    )


def is_most_of_its_words(text: str, stretch: Stretch) -> bool:
    """True if a stretch that cuts words holds more than half of each, and cuts nothing smaller.

    Nothing smaller: no character, and no run of digits, since a part of a number is another one.
    """
    return all(
        _cuts_fairly(text, at, stretch)
        for at in stretch
        if 0 < at < len(text) and goes_on(text, at)
    )


def _cuts_fairly(text: str, at: int, stretch: Stretch) -> bool:
    if splits_character(text, at) or (text[at - 1].isdecimal() and text[at].isdecimal()):
        return False
    start, end = stretch
    reach = end - start
    first, last = at, at
    while first > 0 and at - first <= 2 * reach and joins(text[first - 1]):
        first -= 1
    while last < len(text) and last - at <= 2 * reach and joins(text[last]):
        last += 1
    inside = min(last, end) - max(first, start)
    return inside >= _LEAST_PART and 2 * inside > last - first
