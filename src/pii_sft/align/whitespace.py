"""When two strings that differ in white space are the same string."""

from __future__ import annotations

import re
from itertools import accumulate

from pii_sft.align.boundaries import joins
from pii_sft.align.normalize import unaccented
from pii_sft.align.types import Stretch

_LEAST_JOINED = 6
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_SPACE = re.compile(r"\s")
_STARTS_WITH_NUMBER = re.compile(r"[+(]*\d")
_ENDS_WITH_NUMBER = re.compile(r"\d\)?$")
_BEFORE = re.compile(r"\d[-./]$")
_AFTER = re.compile(r"^[-./]\d")
_BEFORE_SPACED = re.compile(r"\d\s+$")
_AFTER_SPACED = re.compile(r"^\s+\d")
_REACH = 4


def space_agrees(text: str, stretch: Stretch, surface: str) -> bool:
    """Whether a string and a stretch of the text are the same but for white space.

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
    return (
        len(_LETTER_OR_DIGIT.findall(squeezed)) >= _LEAST_JOINED
        and "".join(surface.split()) == "".join(there.split())
        and not number_goes_on(text, stretch)
    )


def breaks(words: list[str]) -> set[int]:
    """Where in the joined words one ends and the next begins."""
    return set(accumulate(map(len, words[:-1])))


def number_goes_on(text: str, stretch: Stretch) -> bool:
    """Whether a grouped number has more groups in front or behind than the stretch holds.

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
