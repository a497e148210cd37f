"""Text without case, Unicode form, width, accents and the shape of quotes and dashes."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category, decimal, normalize

_ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02c8\u00b4\uff07",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u301d\u301e\u301f\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d",
    "\u00b7": "\u2022\u2027\u2219\u22c5\u30fb\uff65",
}
_SHORT = 100
_SPACE = " \n\t\r\v\f\x1c\x1d\x1e\x1f"
_ACCENT = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
)

_SPELLED_OUT = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŋ": "n",
    "ı": "i",
    "ة": "ه",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "\u0640": "",
}
"""Spellings of letters that a keyboard does not have: ü as ue, ł as l, ة as ه."""

_VOICING_MARKS = "\u3099\u309a"


class _Folds(dict[int, str]):
    """Normal forms of code points, computed when they are met first."""

    def __init__(self, fold_one: Callable[[str], str]) -> None:
        super().__init__({ord(each): plain for plain, alike in _ALIKE.items() for each in alike})
        self._fold_one = fold_one

    def __missing__(self, code: int) -> str:
        folded = self[code] = self._fold_one(chr(code))
        return folded


def _without_form(character: str) -> str:
    """One character; white space stays white space, and nothing else becomes it."""
    if character.isspace():
        return " "
    kind = category(character)
    if kind == "Cf":
        return ""
    if kind == "Nd":
        return str(decimal(character))
    if kind == "No":
        return character
    plain = normalize("NFKD", character).casefold()
    return character if " " in plain else plain


def _without_accent(character: str) -> str:
    return _ACCENT.sub("", _without_form(character))


def _spelled_out(character: str) -> str:
    spelled = _SPELLED_OUT.get(character.lower())
    return _without_accent(character) if spelled is None else spelled


def _without_mark(character: str) -> str:
    return "".join(
        each
        for each in _without_form(character)
        if category(each)[0] != "M" or each in _VOICING_MARKS
    )


def _without_picture(character: str) -> str:
    return "" if category(character) in _PICTURES else _without_accent(character)


_PICTURES = frozenset(("So", "Sk"))
"""Categories of pictures, and of the colours of their skin."""

_PICTURELESS = _Folds(_without_picture)
_ACCENTED, _PLAIN = _Folds(_without_form), _Folds(_without_accent)
_ASCII, _MARKLESS = _Folds(_spelled_out), _Folds(_without_mark)


def unaccented(text: str) -> str:
    """The text without case, Unicode form, width, accents, and the shape of quotes and dashes.

    Accents are marks that readers of many languages leave out; vowel signs of Thai or Hindi and
    the voicing marks of Japanese make other syllables and stay. So do raised and circled digits.
    """
    return text.lower() if text.isascii() else text.translate(_PLAIN)


def formless(text: str) -> str:
    """The same, with its accents."""
    return text.lower() if text.isascii() else text.translate(_ACCENTED)


def spelled_out(text: str) -> str:
    """The same as `unaccented`, with letters as they are written without a keyboard for them."""
    return text.lower() if text.isascii() else text.translate(_ASCII)


def markless(text: str) -> str:
    """The same as `unaccented`, also without the vowel signs of Thai, Hindi and other scripts."""
    return text.lower() if text.isascii() else text.translate(_MARKLESS)


def pictureless(text: str) -> str:
    """The same as `unaccented`, without emoji and other pictures."""
    return text.lower() if text.isascii() else text.translate(_PICTURELESS)


def has_pictures(text: str) -> bool:
    """True if there is an emoji or another picture anywhere in a text."""
    return not text.isascii() and any(category(each) == "So" for each in set(text))


def without_space(text: str) -> str:
    """The text without white space."""
    if len(text) < _SHORT or not text.isascii():
        return "".join(text.split())
    for space in _SPACE:
        text = text.replace(space, "")
        if text.isprintable():
            break
    return text


def without_joints(text: str) -> str:
    """A folded text without white space, hyphens and apostrophes."""
    return without_space(text).replace("-", "").replace("'", "").replace("`", "")


def evenly_spaced(text: str) -> str:
    """The text with one space wherever it has white space, and none at its ends."""
    if "  " in text or text[:1] == " " or text[-1:] == " " or not text.isascii():
        return " ".join(text.split())
    uneven = any(space in text for space in _SPACE[1:])
    return " ".join(text.split()) if uneven else text
