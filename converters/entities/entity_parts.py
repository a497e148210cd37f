"""The label, the string and the offsets of one entity that is an object, whatever its keys.

Offsets under keys that nobody has met are told by the string: numbers that hold it are its offsets,
in whatever unit; numbers that do not are an error that names their keys, since a string with
offsets must never be marked wherever else it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, permutations
from typing import Any

from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.offsets.conventions import (
    CODE_POINTS,
    CODE_POINTS_INCLUSIVE,
    CONVENTIONS,
    Convention,
    Ruler,
    counts_alike,
)
from pii_sft.converters.offsets.evidence import holds
from pii_sft.entity_keys import (
    END_KEYS,
    LABEL_KEYS,
    LABELS_KEYS,
    LENGTH_KEYS,
    OCCURRENCE_KEYS,
    PLACE_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    plain_key,
    says_something_else,
)
from pii_sft.errors import RecordError

Place = tuple[int, int]
Ranks = Mapping[str, int]


def _ranked(keys: Sequence[str]) -> Ranks:
    return {key: rank for rank, key in enumerate(keys)}


LABELS, LABEL_LISTS = _ranked(LABEL_KEYS), _ranked(LABELS_KEYS)
SURFACES = _ranked(SURFACE_KEYS)
_STARTS, _ENDS, _LENGTHS = _ranked(START_KEYS), _ranked(END_KEYS), _ranked(LENGTH_KEYS)
_PLACES = _ranked(PLACE_KEYS)
_OCCURRENCES = _ranked([key for key in OCCURRENCE_KEYS if key not in ("n", "number")])
_SAYS_NOTHING_OF_PLACES = frozenset(("n", "number", *LABELS, *LABEL_LISTS, *_OCCURRENCES))

_RANGE = re.compile(r"\s*[\[({]?\s*(\d{1,9})\s*(?:[-–,:;~|/]|\.\.|to)\s*(\d{1,9})\s*[\])}]?\s*")
_SHOWN_KEY = re.compile(r"[^\W\d][\w.-]{0,29}")
_MOST_NUMBERS = 8


def compared(item: Mapping[str, Any]) -> dict[str, Any]:
    """What an object holds, its keys as they are compared; null stands for nothing."""
    return {plain_key(key): value for key, value in item.items() if value is not None}


def first(given: Mapping[str, Any], ranks: Ranks) -> Any:
    """The value under the key that ranks first; lists and objects of offsets do not count."""
    best, found = len(ranks), None
    for key, value in given.items():
        rank = ranks.get(key, best)
        if rank < best and not (key in _PLACES and isinstance(value, list | dict)):
            best, found = rank, value
    return found


def surface_of(given: Mapping[str, Any]) -> Any:
    """The string of an entity; None if it has none under a key that is for strings alone."""
    surface = first(given, SURFACES)
    return surface[0] if isinstance(surface, list) and len(surface) == 1 else surface


def labels_of(given: Mapping[str, Any], at: int) -> list[str]:
    """The one label of an entity, or all it has under a key for several."""
    label = first(given, LABELS)
    if label is None:
        label = first(given, LABEL_LISTS) or []
    return [
        string_of(each, "label", at) for each in (label if isinstance(label, list) else [label])
    ]


def string_of(value: Any, part: str, at: int) -> str:
    """A label or a string.

    Raises:
        RecordError: it is no string, or one without any character.
    """
    if isinstance(value, str) and (value if part == "string" else value.strip()):
        return value
    raise RecordError("wrong shape", f"entity {at} has no {part}, or one that is not a string")


def occurrence_of(given: Mapping[str, Any], at: int) -> int | None:
    """Which occurrence of its string an entity is, as its file counts; None if it does not say."""
    number = first(given, _OCCURRENCES)
    if number is None:
        return None
    return whole_number(number, f"the occurrence of entity {at}")


def place_of(
    item: Mapping[str, Any], given: Mapping[str, Any], surface: str | None, text: str, at: int
) -> Place | None:
    """The offsets of an entity, as its file counts; None if it has none.

    Args:
        item: the entity.
        given: the same, its keys as they are compared.
        surface: its string.
        text: the text it is of; empty where that is not known.
        at: number of the entity, for messages.

    Raises:
        RecordError: offsets are no numbers, or numbers are not those of the string.
    """
    found = _under_known_keys(item, given, surface, at)
    if found is not None:
        return found
    numbers = list(_numbers(item))[:_MOST_NUMBERS]
    if not numbers:
        return None
    places = _places([number for _, number, _ in numbers], surface)
    if surface and text and (told := _holding(text, surface, places)) is not None:
        return told
    sure = [key for key, _, sure in numbers if sure]
    if not sure:
        return None
    names = ", ".join(f"`{key}`" for key in dict.fromkeys(sure) if _SHOWN_KEY.fullmatch(key))
    what = "that do not hold its string" if surface else "of which nothing tells what they are"
    reason = f"entity {at} has numbers {what}, under {names or 'keys that can not be shown'}"
    raise RecordError("offsets", f"{reason}; offsets are read under `start` and `end`")


def _under_known_keys(
    item: Mapping[str, Any], given: Mapping[str, Any], surface: str | None, at: int
) -> Place | None:
    for key in given.keys() & _PLACES.keys():
        match given[key]:
            case [[_, _] as pair] | [dict() as pair]:
                value: Any = pair
            case [list() | dict(), *_]:
                raise RecordError("discontinuous", f"entity {at} has several pieces")
            case value:
                pass
        match value:
            case [int() | float() | str(), int() | float() | str()]:
                return offset_of(value[0], at), offset_of(value[1], at)
            case dict():
                nested = _under_known_keys(value, compared(value), surface, at)
                if nested is not None:
                    return nested
            case str() if surface is not None and value != surface:
                if (written := _RANGE.fullmatch(value)) is not None:
                    return int(written[1]), int(written[2])
    start, end = first(given, _STARTS), first(given, _ENDS)
    if start is None and end is None:
        return None
    if end is not None:
        return offset_of(start, at), offset_of(end, at)
    length = first(given, _LENGTHS)
    if length is None and surface is not None and not any(plain_key(key) in _ENDS for key in item):
        length = len(surface)
    return offset_of(start, at), offset_of(start, at) + offset_of(length, at)


def offset_of(value: Any, at: int) -> int:
    """An offset of an entity."""
    return whole_number(value, f"an offset of entity {at}")


def _numbers(value: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """Numbers that may be offsets: their key, the number, and whether it is surely a number."""
    for key, held in value.items():
        plain = plain_key(key)
        if plain in _SAYS_NOTHING_OF_PLACES or says_something_else(plain):
            continue
        for each in _leaves(held):
            if isinstance(each, bool):
                continue
            if isinstance(each, int):
                yield key, each, True
            elif isinstance(each, float) and each.is_integer():
                yield key, int(each), each > 1
            elif isinstance(each, str) and each.isdecimal() and len(each) <= 9:
                yield key, int(each), False


def _leaves(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case [[*pair]]:
            return pair
        case [*items] if len(items) <= 2:
            return items
        case list():
            return ()
    return (value,)


def _places(numbers: Sequence[int], surface: str | None) -> list[Place]:
    """What the numbers may mean, the likeliest first: a pair, or a start alone."""
    pairs = [*pairwise(numbers), *permutations(numbers, 2)]
    return [*dict.fromkeys(pairs), *((number, number + len(surface or "")) for number in numbers)]


def _holding(text: str, surface: str, places: Iterable[Place]) -> Place | None:
    """The first place that holds a string, by any convention."""
    alike = counts_alike(text)
    conventions: Sequence[Convention] = (
        (CODE_POINTS, CODE_POINTS_INCLUSIVE) if alike else CONVENTIONS
    )
    rulers = [Ruler(text, convention) for convention in conventions]
    for place in places:
        if any(holds(text, ruler.place(*place), surface) for ruler in rulers):
            return place
    return None
