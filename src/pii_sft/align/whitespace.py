"""When two strings that differ in white space are the same string."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from pii_sft.align.boundaries import joins
from pii_sft.align.normalize import markless, pictureless, spelled_out, unaccented, without_space
from pii_sft.align.types import Stretch

_LEAST_JOINED = 6
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_SPACE = re.compile(r"\s")
_STARTS_WITH_NUMBER = re.compile(r"[+(]*\d")
_ENDS_WITH_NUMBER = re.compile(r"\d\)?$")
_BEFORE = re.compile(r"(?:\d[-./]|\+)$")
_AFTER = re.compile(r"^[-./]\d")
_BEFORE_SPACED = re.compile(r"\d\s+$")
_AFTER_SPACED = re.compile(r"^\s+\d")
_REACH = 4


def space_agrees(text: str, stretch: Stretch, surface: str) -> bool:
    """True if a string and a stretch of the text are the same but for white space.

    More, less or other white space between words makes no difference. Words that one of the two
    runs together are the same only from six letters and digits on, and only if upper and lower
    case agree, so that `Nora` is not found in "nor a". Breaks of one have to be breaks of the
    other, so that `norm an` is not found in "nor man". A number so joined must be all of a number.
    Scripts written without spaces may have them anywhere.

    Args:
        text: the text.
        stretch: where the string was found in a view without white space.
        surface: the string.
    """
    there = text[slice(*stretch)]
    ours, theirs = unaccented(surface).split(), unaccented(there).split()
    if ours == theirs:
        return True
    squeezed = "".join(ours)
    our_breaks, their_breaks = breaks(ours), breaks(theirs)
    if not (our_breaks <= their_breaks or their_breaks <= our_breaks):
        return False
    if not any(joins(squeezed[at - 1]) and joins(squeezed[at]) for at in our_breaks ^ their_breaks):
        return True
    one, other = "".join(surface.split()), "".join(there.split())
    return may_be_joined(one, other, our_breaks ^ their_breaks) and not number_goes_on(
        text, stretch
    )


def marks_are_left_out(text: str, stretch: Stretch, surface: str) -> bool:
    """True if a string is a stretch without some of its marks, and has no other ones.

    The vowel signs of Thai or Hindi make other syllables, but where they are left out there is
    nothing else.

    Args:
        text: the text.
        stretch: where the string was found in a view without marks.
        surface: the string.
    """
    letters = iter(without_space(unaccented(text[slice(*stretch)])))
    return all(each in letters for each in without_space(unaccented(surface))) and _agrees_as(
        markless, text, stretch, surface
    )


def respelling_agrees(text: str, stretch: Stretch, surface: str) -> bool:
    """True if a string and a stretch agree once their letters are spelled out."""
    return _agrees_as(spelled_out, text, stretch, surface)


def pictures_are_left_out(text: str, stretch: Stretch, surface: str) -> bool:
    """True if a string is a stretch without its pictures."""
    return _agrees_as(pictureless, text, stretch, surface)


def _agrees_as(fold: Callable[[str], str], text: str, stretch: Stretch, surface: str) -> bool:
    there = fold(text[slice(*stretch)])
    return space_agrees(there, (0, len(there)), fold(surface))


def may_be_joined(ours: str, theirs: str, places: set[int]) -> bool:
    """True if words that were run together are long enough, or show by capitals where they end.

    Args:
        ours: the string without what separates its words.
        theirs: what stands in the text, likewise.
        places: where only one of the two has an end of a word.
    """
    if ours != theirs:
        return False
    return len(_LETTER_OR_DIGIT.findall(ours)) >= _LEAST_JOINED or all(
        0 < at < len(ours) and ours[at - 1].islower() and ours[at].isupper() for at in places
    )


def breaks(words: list[str]) -> set[int]:
    """Where in the joined words one ends and the next begins."""
    return set(accumulate(map(len, words[:-1])))


def number_goes_on(text: str, stretch: Stretch) -> bool:
    """True if a grouped number has more groups in front or behind than the stretch holds.

    A point, dash or slash continues any number, white space one that is itself written with it.
    """
    start, end = stretch
    number = text[start:end]
    before = unaccented(text[max(0, start - _REACH) : start])
    after = unaccented(text[end : end + _REACH])
    spaced = _SPACE.search(number) is not None
    return bool(
        _STARTS_WITH_NUMBER.match(number)
        and (_BEFORE.search(before) or (spaced and _BEFORE_SPACED.search(before)))
    ) or bool(
        _ENDS_WITH_NUMBER.search(number)
        and (_AFTER.search(after) or (spaced and _AFTER_SPACED.search(after)))
    )
