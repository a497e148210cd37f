"""The label, the string and the offsets of one entity that is an object, whatever its keys.

Offsets under unknown keys are recognised by the string: if the text has the string at these
numbers, in any unit, they are its offsets. Numbers that do not fit are an error that names their
keys: an entity that has offsets must not be marked at other places of the same string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice, pairwise, permutations
from typing import Any

import msgspec

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
    EITHER_KEYS,
    END_KEYS,
    LABEL_KEYS,
    LABELS_KEYS,
    LENGTH_KEYS,
    OCCURRENCE_KEYS,
    PLACE_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    TOKEN_KEYS,
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
_SHORT_WORD = re.compile(r"[a-z]{1,5}")
_MOST_NUMBERS = 12


def compared(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of an object by normalised key; null values are left out."""
    return {plain_key(key): value for key, value in item.items() if value is not None}


def first(given: Mapping[str, Any], ranks: Ranks) -> Any:
    """Give the value under the key that ranks first; lists and objects of offsets do not count."""
    best, found = len(ranks), None
    for key, value in given.items():
        rank = ranks.get(key, best)
        if rank < best and not (key in _PLACES and isinstance(value, list | dict)):
            best, found = rank, value
    return found


def surface_of(given: Mapping[str, Any]) -> Any:
    """The string of an entity; None if it has none under a key that is for strings alone.

    A string such as `12:16` under `span` is the place of the entity if another key has its string.
    """
    others = {key: value for key, value in given.items() if not _is_range(key, value)}
    surface = first(others, SURFACES)
    labelled = any(key in LABELS for key in others)
    if surface is None and not (labelled and any(key in EITHER_KEYS for key in others)):
        surface = first(given, SURFACES)
    return surface[0] if isinstance(surface, list) and len(surface) == 1 else surface


def _is_range(key: str, value: Any) -> bool:
    return key in _PLACES and isinstance(value, str) and _RANGE.fullmatch(value) is not None


def labels_of(given: Mapping[str, Any], at: int) -> list[str]:
    """Give the label of an entity, or all its labels if a key lists several."""
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
    """Give the number of the occurrence that an entity means; None if it does not say."""
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
        given: the same, by normalised key.
        surface: its string.
        text: the text of the document; empty if it is not known.
        at: number of the entity, for messages.

    Raises:
        RecordError: offsets are not numbers, or the text does not have the string there.
    """
    found = _under_known_keys(item, given, surface, at)
    if found is not None:
        return found
    numbers = list(islice(_numbers(item, surface), _MOST_NUMBERS))
    if surface and text and (told := _told(text, surface, numbers, at)) is not None:
        return told
    sure = [number.key for number in numbers if number.sure]
    if surface is not None:
        sure += _as_far_apart_as(surface, numbers)
        if not sure and text.find(surface, text.find(surface) + 1) > 0:
            if (start := _counted(given, surface, text)) is not None:
                return start, start + len(surface)
            sure = [key for key in item if plain_key(key) in TOKEN_KEYS]
    if not sure:
        return None
    names = ", ".join(f"`{key}`" for key in dict.fromkeys(sure) if _is_showable(key, text))
    what = "that do not hold its string" if surface else "of which nothing tells what they are"
    reason = f"entity {at} has numbers {what}, under {names or 'keys that can not be shown'}"
    raise RecordError("offsets", f"{reason}; offsets are read under `start` and `end`")


def _counted(given: Mapping[str, Any], surface: str, text: str) -> int | None:
    """Find a number under a key that is mostly a count, if the text has the string at that offset.

    Small numbers prove nothing, since every count has them.
    """
    numbers = (given.get(key) for key in ("idx", "index"))
    return next(
        (
            number
            for number in numbers
            if isinstance(number, int) and number > 1 and text.startswith(surface, number)
        ),
        None,
    )


def _is_showable(key: str, text: str) -> bool:
    """False for a key that may be a name from the text; a short word in lower case is not one."""
    if not _SHOWN_KEY.fullmatch(key):
        return False
    return _SHORT_WORD.fullmatch(key) is not None or key.lower() not in text.lower()


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


class _Number(msgspec.Struct, frozen=True):
    """A number that may be an offset.

    Attributes:
        key: the key it stands under.
        value: the number.
        sure: False if it may be part of a date or version, or is nested deeply.
        group: number of the pair it belongs to; numbers that stand apart have different ones.
    """

    key: str
    value: int
    sure: bool
    group: int


def _numbers(item: Mapping[str, Any], surface: str | None) -> Iterator[_Number]:
    groups = count()
    for key, held in item.items():
        plain = plain_key(key)
        is_pair = isinstance(held, list) and len(held) == 2 and plain in _NUMBERS_OR_PLACES
        if plain in _SAYS_NOTHING_OF_PLACES or (says_something_else(plain) and not is_pair):
            continue
        if held != surface:
            yield from _inside(key, held, groups, 0)


def _inside(key: str, held: Any, groups: Iterator[int], depth: int) -> Iterator[_Number]:
    match held:
        case int() if not isinstance(held, bool):
            yield _Number(key, held, depth < _SURE_DEPTH, next(groups))
        case float() if held.is_integer():
            yield _Number(key, int(held), held > 1 and depth < _SURE_DEPTH, next(groups))
        case str() if held.isdecimal() and len(held) <= _MOST_DIGITS:
            yield _Number(key, int(held), False, next(groups))
        case str() if (written := _RANGE.fullmatch(held)) is not None:
            group = next(groups)
            yield from (_Number(key, int(each), False, group) for each in written.groups())
        case [int() | float() | str() as start, int() | float() | str() as end]:
            group = next(groups)
            for each in (start, end):
                for number in _inside(key, each, groups, depth):
                    yield msgspec.structs.replace(number, group=group)
        case dict():
            group = next(groups)
            together = not depth or not any(isinstance(x, dict | list) for x in held.values())
            for value in held.values():
                for number in _inside(key, value, groups, depth + 1):
                    yield msgspec.structs.replace(number, group=group) if together else number
        case list() if depth <= _MOST_DEPTH and not all(isinstance(x, int | float) for x in held):
            for value in held:
                yield from _inside(key, value, groups, depth + 1)


_NUMBERS_OR_PLACES = frozenset(("idx", "index", "no", "num", "key"))
_SURE_DEPTH, _MOST_DEPTH, _MOST_DIGITS = 2, 4, 9


def _told(text: str, surface: str, numbers: Sequence[_Number], at: int) -> Place | None:
    """Find the pair of numbers that is the place of a string; refuse if several pairs could be."""
    groups: dict[int, list[int]] = {}
    for number in numbers:
        groups.setdefault(number.group, []).append(number.value)
    holding = _Holding(text, surface)
    told = {place for each in groups.values() if len(each) > 1 for place in _pairs(each, holding)}
    if len(told) > 1:
        raise RecordError("discontinuous", f"entity {at} has several places; list it once for each")
    every = [number.value for number in numbers]
    alone = [(number, number + len(surface)) for number in every]
    return next(chain(told, _pairs(every, holding), filter(holding, alone)), None)


def _pairs(numbers: Sequence[int], holds: Callable[[Place], bool]) -> Iterator[Place]:
    """List the pairs of numbers at which the text has a string, the likeliest first."""
    pairs = dict.fromkeys((*pairwise(numbers), *permutations(numbers, 2)))
    return filter(holds, pairs)


def _as_far_apart_as(surface: str, numbers: Iterable[_Number]) -> list[str]:
    """Find the keys of two numbers that are as far apart as the string is long: surely offsets."""
    lengths = {len(surface), len(surface) - 1, len(surface.encode("utf-16-le")) // 2}
    return [
        key
        for left, right in pairwise(numbers)
        if right.value - left.value in lengths - {0}
        for key in (left.key, right.key)
    ]


class _Holding:
    """Tests whether the text has a string at a place, in any unit of offsets."""

    def __init__(self, text: str, surface: str) -> None:
        alike = counts_alike(text)
        conventions: Sequence[Convention] = (
            (CODE_POINTS, CODE_POINTS_INCLUSIVE) if alike else CONVENTIONS
        )
        self._rulers = [Ruler(text, convention) for convention in conventions]
        self._text, self._surface = text, surface

    def __call__(self, place: Place) -> bool:
        return any(holds(self._text, ruler.place(*place), self._surface) for ruler in self._rulers)
