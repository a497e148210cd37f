"""Strings that are the same for a reader, and the search for them in a text.

The same are strings that differ in case, Unicode form, width, accents, white space, or in the
hyphens and apostrophes that names are written with and without: José and JOSE, Straße and STRASSE,
Jean-Luc and Jeanluc, 555-1234 and 5551234. Redaction searches by this rule, and pseudonyms and
hashes use it too, so that another spelling of a name gets the same pseudonym.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category

from pii_sft.align import Stretch
from pii_sft.align.boundaries import goes_on, joins
from pii_sft.align.normalize import spelled_out, unaccented
from pii_sft.align.normalized_text import Comparable, NormalizedText
from pii_sft.align.numbers import LETTERS_AND_DIGITS, is_number
from pii_sft.align.numbers import places as places_of_number

SHORTEST_SOUGHT = 2
"""Shorter strings are not searched for, except ideographs, since they occur everywhere."""

_STROKES = str.maketrans(
    dict(zip("ıłøđðħŧŀ", "iloddhtl", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that Unicode does not decompose, with the letters that are often typed instead."""

_BETWEEN = re.compile(r"[\s_'·-]+")
_WORD = re.compile(r"[^\W_]+")


def _bare(text: str) -> str:
    return _BETWEEN.sub("", unaccented(text).translate(_STROKES))


def _spelled(text: str) -> str:
    return _BETWEEN.sub("", spelled_out(text))


_SAME, _SPELLED = Comparable(_bare), Comparable(_spelled)


def same(text: str) -> str:
    """Give the form that is equal for all strings that are the same for a reader."""
    return _bare(text) or unaccented(text)


def parts_of(name: str) -> list[str]:
    """The words of a name that can stand for it: not initials, and not `de`, `van` or `bin`.

    Names of one word, as in scripts written without spaces, have none.
    """
    words = _WORD.findall(name)
    capitals = any(word[:1].isupper() for word in words)
    return [
        word
        for word in words
        if word != name and len(word) >= SHORTEST_SOUGHT and not (capitals and word[:1].islower())
    ]


class Places:
    """The places of strings in one text, as words of their own.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._normalized = [NormalizedText(text, _SAME), NormalizedText(text, _SPELLED)]
        self._numbers: NormalizedText | None = None

    def of(self, surface: str) -> Iterator[Stretch]:
        """Find the places of a string; nothing for a string that is too short.

        Letters that are spelled out (Mueller for Müller) count here as well, though Muller is the
        same as only one of the two.
        """
        key = _bare(surface)
        if len(key) < SHORTEST_SOUGHT and not (key and category(key) == "Lo"):
            return
        for view in self._normalized:
            alone = (self._alone(*stretch) for stretch in view.every(surface))
            yield from (stretch for stretch in alone if stretch is not None)
        if is_number(surface):
            if self._numbers is None:
                self._numbers = NormalizedText(self._text, LETTERS_AND_DIGITS)
            yield from places_of_number(self._text, self._numbers, surface)

    def _alone(self, start: int, end: int) -> Stretch | None:
        """Extend a stretch by the invisible characters around it; None if it is not a whole word.

        Soft hyphens and joiners are parts of words, so they would hide a word that ends in one.
        """
        text, first, last = self._text, start, end
        while first > 0 and category(text[first - 1]) == "Cf":
            first -= 1
        while last < len(text) and category(text[last]) == "Cf":
            last += 1
        if first > 0 and goes_on(text, start) and (first == start or joins(text[first - 1])):
            return None
        if last < len(text) and goes_on(text, end) and (last == end or joins(text[last])):
            return None
        return first, last
