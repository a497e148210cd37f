"""Numbers that differ in punctuation alone: of telephones, cards, accounts, persons; dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_sft.align.boundaries import accepted
from pii_sft.align.normalize import unaccented
from pii_sft.align.normalized_text import Comparable, NormalizedText
from pii_sft.align.types import Stretch
from pii_sft.align.whitespace import breaks, number_goes_on

_LEAST_DIGITS = 6
_SEPARATORS = re.compile(r"[\s()+./-]+")
_DIGIT = re.compile(r"\d")
_NOT_KEPT = re.compile(r"[\W_]")
_OPENING, _CLOSING, _PLUS = "(（", ")）", "+＋"
_ONE_POINT = re.compile(r"[^.]*\d\.\d[^.]*")

LETTERS_AND_DIGITS = Comparable(lambda text: _NOT_KEPT.sub("", unaccented(text)))
"""Without all that numbers may differ in."""


def is_number(surface: str) -> bool:
    """True if a string is a number that can do without its punctuation.

    It has at least six digits, no more letters than digits, and between them only white space,
    brackets, `+`, `-`, `/` and points. A single point makes it a decimal fraction, which is
    another number without it.
    """
    digits = len(_DIGIT.findall(surface))
    return digits >= _LEAST_DIGITS and 0 < len("".join(_groups(surface))) <= 2 * digits


def places(text: str, view: NormalizedText, surface: str) -> Iterator[Stretch]:
    """Where a text holds a number as a whole, however it is punctuated."""
    found = (_with_edges(text, stretch) for stretch in view.whole_words(surface))
    return accepted(
        found,
        lambda each: not number_goes_on(text, each) and _same(surface, text[slice(*each)]),
    )


def _groups(number: str) -> list[str]:
    """Runs of letters and digits; none if something else than separators stands between."""
    plain = unaccented(number)
    groups = [group for group in _SEPARATORS.split(plain) if group]
    if _ONE_POINT.fullmatch(plain) or any(_NOT_KEPT.search(group) for group in groups):
        return []
    return groups


def _same(surface: str, stretch: str) -> bool:
    """True if two strings with the same letters and digits can be the same number.

    Where both are grouped, the groups of one must be groups of the other taken together: 1/11/1980
    and 11/1/1980 have the same digits and are not the same day.
    """
    ours, theirs = _groups(surface), _groups(stretch)
    if "".join(ours) != "".join(theirs):
        return False
    our_breaks, their_breaks = breaks(ours), breaks(theirs)
    return our_breaks <= their_breaks or their_breaks <= our_breaks


def _with_edges(text: str, stretch: Stretch) -> Stretch:
    """A number with the `+` before it and with the partners of its brackets."""
    start, end = stretch
    number = unaccented(text[start:end])
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if number.count(")") == number.count("(") + 1 and before and before in _OPENING:
        start -= 1
    elif number.count("(") == number.count(")") + 1 and after and after in _CLOSING:
        end += 1
    if start > 0 and text[start - 1] in _PLUS:
        start -= 1
    return start, end
