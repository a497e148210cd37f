"""Strings that differ in single letters: copied with a slip, and still the same string.

Compared word by word, because a slip is one thing and another name of the same shape is another.
"""

from __future__ import annotations

import re
from unicodedata import category

from pii_sft.align.words import joins

_LETTERS_FOR_EACH = 8
_MOST = 3
_LEAST_IF_MISSING = 4
_LEAST_IF_SWAPPED = 5
_LEAST_IF_CHANGED = 10
_LEAST_OF_THE_REST = 4
_LEAST_WITHOUT_REST = 12

_LETTERS = re.compile(r"[^\W_]*")
_DIGIT = re.compile(r"\d")
_ROMAN_NUMBER = re.compile(r"[ivxlcdm]+")


def slips_allowed(surface: str) -> int:
    """How many slips a folded string may have: 1 for 8 letters and digits, 2 for 16, 3 for 24."""
    return min(_MOST, _size(surface) // _LETTERS_FOR_EACH)


def slips(surface: str, stretch: str) -> int | None:
    """How many words of a folded string differ from those of the text by one slip each.

    What does not differ has to vouch for what does: at least four letters or digits, unless the
    word with the slip has twelve itself.

    Args:
        surface: the string, one space between words.
        stretch: what stands in the text, likewise.

    Returns:
        None if a word differs by more, or there are more or fewer words.
    """
    ours, theirs = surface.split(" "), stretch.split(" ")
    if len(ours) != len(theirs):
        return None
    runs = [slip(*pair) for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    sizes = [len(run) for run in runs if run is not None]
    if len(sizes) < len(runs):
        return None
    if _size(stretch) - sum(sizes) < _LEAST_OF_THE_REST and min(sizes) < _LEAST_WITHOUT_REST:
        return None
    return len(runs)


def slip(ours: str, theirs: str) -> str | None:
    """The letters of the text that `ours` was copied from with one slip.

    A letter is missing (of a run of at least four), two neighbours are swapped (at least five), or
    one is changed or added (at least ten); or a mark of punctuation is missing, changed or added.
    Digits never differ, nor do letters in one run with a digit, nor marks between two; neither do
    Roman numbers, nor characters of scripts written without spaces, each of which is a word.

    Returns:
        The run of letters that the slip is in, empty if it is in punctuation; None if the words
        differ by something else.
    """
    first = _common_start(ours, theirs)
    behind = _common_start(ours[first:][::-1], theirs[first:][::-1])
    our_part, their_part = ours[first : len(ours) - behind], theirs[first : len(theirs) - behind]
    swapped = len(our_part) == 2 and our_part[::-1] == their_part
    if not swapped and max(len(our_part), len(their_part)) > 1:
        return None
    before, after = theirs[:first], theirs[first + len(their_part) :]
    changed = our_part + their_part
    if all(category(each)[0] == "P" for each in changed):
        return None if before[-1:].isdecimal() and after[:1].isdecimal() else ""
    run = _run_around(before, their_part, after)
    if not all(each.isalpha() and joins(each) for each in changed):
        return None
    if _DIGIT.search(run) or _ROMAN_NUMBER.fullmatch(run):
        return None
    if swapped:
        return run if len(run) >= _LEAST_IF_SWAPPED else None
    return run if len(run) >= (_LEAST_IF_CHANGED if our_part else _LEAST_IF_MISSING) else None


def _size(string: str) -> int:
    return sum(map(str.isalnum, string))


def _common_start(left: str, right: str) -> int:
    number = 0
    for ours, theirs in zip(left, right, strict=False):
        if ours != theirs:
            break
        number += 1
    return number


def _run_around(before: str, part: str, after: str) -> str:
    """Letters and digits of the text that stand together with what changed."""
    left, right = _LETTERS.match(before[::-1]), _LETTERS.match(after)
    return (left[0][::-1] if left else "") + part + (right[0] if right else "")
