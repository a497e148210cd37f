"""Personal data outside a text: in the id of a document, and in the `meta` that is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from pii_sft.redaction.same_strings import SHORTEST_SOUGHT, same
from pii_sft.spans import Document

KEPT_META = ("language", "split")
"""Keys of `meta` whose usual values tell nothing about anybody."""

_SHORTEST_WORD = 3
_SHORTEST_NUMBER = 4
_SHORTEST_INSIDE = 4
_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_WORD = re.compile(r"[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+(?![a-zß-ÿ])|\d+|[^\W_]+")

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_LANGUAGES = [
    "arabic",
    "bengali",
    "bulgarian",
    "catalan",
    "chinese",
    "croatian",
    "czech",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "german",
    "greek",
    "hebrew",
    "hindi",
    "hungarian",
    "indonesian",
    "italian",
    "japanese",
    "korean",
    "latvian",
    "lithuanian",
    "malay",
    "marathi",
    "norwegian",
    "persian",
    "polish",
    "portuguese",
    "punjabi",
    "romanian",
    "russian",
    "serbian",
    "slovak",
    "slovenian",
    "spanish",
    "swahili",
    "swedish",
    "tamil",
    "telugu",
    "thai",
    "turkish",
    "ukrainian",
    "urdu",
    "vietnamese",
    "中文",
    "英文",
    "日文",
]
"""Names of languages that data sets use in the place of tags."""

_SPLIT = re.compile(
    r"(train|training|dev|development|val|valid|validation|eval|evaluation|test|testing|all)"
    r"([-_]?\d{1,3})?",
    re.IGNORECASE,
)


class Strings:
    """Replaced strings, which are searched for in ids and `meta`.

    Args:
        surfaces: the strings.
    """

    def __init__(self, surfaces: Iterable[str]) -> None:
        different = set(surfaces)
        self._whole = {key for key in map(same, different) if _tells_inside(key)}
        self._words = {word for each in different for word in _words(each)}

    def __bool__(self) -> bool:
        return bool(self._whole or self._words)

    def in_name(self, name: str) -> bool:
        """True if an id or a file name holds one, or a word or a number of one."""
        if not self:
            return False
        bare = same(name)
        return any(key in bare for key in self._whole) or not self._words.isdisjoint(_words(name))

    def in_value(self, value: Any) -> bool:
        """True if a value of `meta` holds one anywhere."""
        if isinstance(value, dict):
            return any(self.in_value(each) for pair in value.items() for each in pair)
        if isinstance(value, list | tuple):
            return any(map(self.in_value, value))
        return value is not None and not isinstance(value, bool) and self.in_name(str(value))


def id_tells(id: str, strings: Strings) -> bool:
    """True if an id is an e-mail address, or holds a word or number that was replaced."""
    return _ADDRESS.search(id) is not None or strings.in_name(id)


def kept_meta(document: Document, keys: Collection[str], strings: Strings) -> dict[str, Any]:
    """The part of `meta` that stays.

    Args:
        document: the document.
        keys: to be kept. `language` and `split` stay only as a language and as a split.
        strings: what was replaced in its text; a value that holds one goes.
    """
    return {
        key: document.meta[key]
        for key in keys
        if key in document.meta
        and _is_usual(key, document.meta[key])
        and not strings.in_value(document.meta[key])
    }


def _is_usual(key: str, value: Any) -> bool:
    if key == "language":
        return isinstance(value, str) and (
            _TAG.fullmatch(value) is not None or value.casefold() in _LANGUAGES
        )
    return key != "split" or (isinstance(value, str) and _SPLIT.fullmatch(value) is not None)


def _words(name: str) -> set[str]:
    """The words and numbers of a name, `AnnLee_1970` taken apart, that are long enough to tell."""
    return {same(word) for word in _WORD.findall(name) if _tells(word)}


def _tells(word: str) -> bool:
    if word.isdecimal():
        return len(word) >= _SHORTEST_NUMBER
    return len(word) >= (_SHORTEST_WORD if word.isascii() else 1)


def _tells_inside(key: str) -> bool:
    """True if a string may be searched for inside words: it is long enough, or has ideographs."""
    return len(key) >= (_SHORTEST_INSIDE if key.isascii() else SHORTEST_SOUGHT)
