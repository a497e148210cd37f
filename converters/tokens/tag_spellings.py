"""Spellings of tags other than `B-PER`, recognised from all tags of a file together.

`b-per`, `PER-B`, `B:PER`, `NER=B-PER`, `<B-PER>`. A spelling is believed only if every tag fits it
and entities begin with a tag that says so, since labels such as `e-mail` or `VITAMIN-E` look like
tags as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

OUTSIDE = "O"
LETTERS = "BIMELSUW"
PREFIXED = re.compile(rf"([{LETTERS}])[-_](.*\S.*)", re.DOTALL)

Spelling = Literal["usual", "lower case", "letter last", "separator", "key", "enclosed"]

LONGEST_TAG = 200
"""Longer cells are not tags, and matching them against every spelling would be slow."""

_BEGINNINGS = frozenset("BSUW")
_LOWER = re.compile(rf"([{LETTERS.lower()}])[-_](.*\S.*)", re.DOTALL)
_LAST = re.compile(rf"(.*\S.*)[-_.:/]([{LETTERS}])", re.DOTALL | re.IGNORECASE)
_SEPARATED = re.compile(rf"([{LETTERS}])\s*[:/=~+. \u2013\u2014\uff0d]\s*(.*\S.*)", re.DOTALL)
_KEY = re.compile(
    r"(?:^|\|)(?:NER|NE|ENTITY|NAMEDENTITY|BIO|IOB|TAG|LABEL)[=:]([^|]+)", re.IGNORECASE
)
_ENCLOSED = re.compile(r"""[<\[({"'`]+([^<>\[\](){}"'`]+)[>\])}"'`]+|__(.+)__""")
_NESTED = "|;,+&/#^ "


def _lower(tag: str) -> str | None:
    match = _LOWER.fullmatch(tag)
    return f"{match[1].upper()}-{match[2]}" if match else None


def _letter_last(tag: str) -> str | None:
    match = _LAST.fullmatch(tag)
    return f"{match[2].upper()}-{match[1]}" if match else None


def _separator(tag: str) -> str | None:
    match = _SEPARATED.fullmatch(tag)
    return f"{match[1]}-{match[2]}" if match else None


def _key(tag: str) -> str | None:
    match = _KEY.search(tag)
    if match is None:
        return OUTSIDE if tag in ("_", "-") or "=" in tag else None
    return match[1] if match[1] == OUTSIDE or PREFIXED.fullmatch(match[1]) else None


def _enclosed(tag: str) -> str | None:
    match = _ENCLOSED.fullmatch(tag)
    inner = "" if match is None else match[1] or match[2]
    return inner if inner == OUTSIDE or PREFIXED.fullmatch(inner) else None


_SPELLINGS: dict[Spelling, Callable[[str], str | None]] = {
    "lower case": _lower,
    "letter last": _letter_last,
    "separator": _separator,
    "key": _key,
    "enclosed": _enclosed,
}


def usual(tag: str, spelling: Spelling) -> str | None:
    """A tag as `B-PER`, or `O`; None if it is not spelled so."""
    if spelling == "usual" or tag == OUTSIDE:
        return tag
    if tag == OUTSIDE.lower():
        return OUTSIDE
    return _SPELLINGS[spelling](tag)


def spelling_of(tags: Iterable[str]) -> Spelling:
    """Spelling of the tags of a file; `usual` if they fit no other spelling all together."""
    different = set(tags)
    if any(len(tag) > LONGEST_TAG for tag in different):
        return "usual"
    different = {part for tag in different for part in nested_parts(tag)}
    if all(tag == OUTSIDE or is_prefixed(tag) for tag in different):
        return "usual"
    for spelling in _SPELLINGS:
        parts = (part for tag in different for part in nested_parts(tag, spelling))
        spelled = [usual(part, spelling) for part in parts]
        if all(spelled) and _begin(each for each in spelled if each is not None):
            return spelling
    return "usual"


def is_prefixed(tag: str) -> bool:
    """True for `B-PER` and its like."""
    return PREFIXED.fullmatch(tag) is not None


def _begin(tags: Iterable[str]) -> bool:
    """True if the entities of every label can begin with a tag that says so."""
    letters: dict[str, set[str]] = {}
    for tag in tags:
        if tag != OUTSIDE:
            letters.setdefault(tag[2:], set()).add(tag[0])
    return bool(letters) and all(seen & _BEGINNINGS for seen in letters.values())


def nested_parts(tag: str, spelling: Spelling = "usual") -> list[str]:
    """The tags in a cell that holds several, such as `B-PER|U-ROLE`, or the one it holds."""
    if len(tag) > LONGEST_TAG or spelling == "enclosed":
        return [tag]
    for mark in _NESTED:
        if mark in tag:
            parts = [part.strip() for part in tag.split(mark)]
            spelled = [usual(part, spelling) for part in parts]
            if all(part and (part == OUTSIDE or is_prefixed(part)) for part in spelled):
                return parts
    return [tag]


def are_numbers(tags: Mapping[str, int]) -> bool:
    """True if every tag is a number, whose name stands elsewhere."""
    return bool(tags) and all(tag.strip("\"'").isdecimal() for tag in tags)
