"""When two strings that differ in hyphens and apostrophes are the same string."""

from __future__ import annotations

import re

from pii_sft.align.normalize import unaccented
from pii_sft.align.types import Stretch
from pii_sft.align.whitespace import breaks, may_be_joined, number_goes_on

_ASCII_MARKS = "'-`"
_OTHER_MARKS = "\u2018\u2019\u02bc\u00b4\uff07\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
_JOINING = re.compile(f"([\\s{_OTHER_MARKS}'`-]+)")
_AT_AN_END = re.compile(f"\\A[{_OTHER_MARKS}'`-]|[{_OTHER_MARKS}'`-]\\Z")


def has_joints(text: str) -> bool:
    """True if there is a hyphen or apostrophe anywhere in a text."""
    marks = _ASCII_MARKS if text.isascii() else _ASCII_MARKS + _OTHER_MARKS
    return any(mark in text for mark in marks)


def joints_agree(text: str, stretch: Stretch, surface: str) -> bool:
    """True if a string and a stretch are the same but for space, hyphens and apostrophes.

    `Anna Lena` is `Anna-Lena`, and `Type-2` is `type 2`. Words that only one of the two runs
    together follow the rule for white space; between two digits nothing may differ.

    Args:
        text: the text.
        stretch: where the string was found in a view without these marks.
        surface: the string.
    """
    there = text[slice(*stretch)]
    if _AT_AN_END.search(surface.strip()):
        return False
    (ours, between), (theirs, between_theirs) = _split(surface), _split(there)
    our_breaks, their_breaks = breaks(ours), breaks(theirs)
    if not (our_breaks <= their_breaks or their_breaks <= our_breaks):
        return False
    squeezed = "".join(ours)
    for at in our_breaks | their_breaks:
        in_number = squeezed[at - 1].isdecimal() and squeezed[at].isdecimal()
        if in_number and between.get(at) != between_theirs.get(at):
            return False
    if our_breaks == their_breaks:
        return not number_goes_on(text, stretch)
    return may_be_joined(
        _JOINING.sub("", surface), _JOINING.sub("", there), our_breaks ^ their_breaks
    ) and not number_goes_on(text, stretch)


def _split(string: str) -> tuple[list[str], dict[int, str]]:
    """The parts of a string, and what stands between them by the length of those in front."""
    parts: list[str] = []
    between: dict[int, str] = {}
    done = 0
    for piece in _JOINING.split(unaccented(string)):
        if _JOINING.fullmatch(piece):
            between[done] = " " if piece.isspace() else piece
        elif piece:
            parts.append(piece)
            done += len(piece)
    return parts, between
