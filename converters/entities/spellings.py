"""Entities in every spelling that annotation files use, and where in a text they stand.

A label is mapped to strings, or each entity is an object that names its parts by key, or a short
list. Most of these spellings have no offsets; their strings are looked up in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from pii_sft.align import occurrences
from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.errors import RecordError
from pii_sft.spans import Span

Occurrences = Literal["all", "first"]

SURFACE_KEYS = (
    *("text", "value", "name", "span", "word", "mention", "surface", "string", "quote"),
    *("entityvalue", "entitytext", "spantext", "matchedtext", "surfaceform"),
)
LABEL_KEYS = (
    *("label", "type", "entitytype", "category", "tag", "class", "entitygroup", "entitylabel"),
    *("entitycategory", "piitype", "displayname", "labelname", "nertag"),
)
LABELS_KEYS = ("labels", "types")
EITHER_KEY = "entity"
START_KEYS = (
    *("start", "startoffset", "begin", "beginoffset", "offset", "startposition", "startchar"),
    *("charstart", "startindex", "startpos", "beginchar"),
)
END_KEYS = (
    *("end", "endoffset", "endposition", "endchar", "charend", "endindex", "endpos", "stop"),
)
PLACE_KEYS = ("span", "indices", "position", "location", "offsets", "offset", "range")
"""Keys as they are compared: in lower case, without `_` and `-`."""


class Mention(msgspec.Struct, frozen=True):
    """An entity as a file gives it.

    Attributes:
        label: its type.
        surface: its string; None where the file gives offsets alone.
        place: first code point and the one after the last; None where the file has no offsets.
    """

    label: str
    surface: str | None = None
    place: tuple[int, int] | None = None

    def __repr__(self) -> str:
        return f"Mention({self.label!r}, place={self.place!r})"


def read_mentions(entities: Any, text: str) -> list[Mention]:
    """Read entities in any spelling; null stands for nothing at every level.

    Args:
        entities: label to string, strings, objects or `[start, end]`; or a list of objects, of
            `[start, end, label]`, `[label, start, end]`, or of pairs of a label and a string in
            either order. Keys of objects are compared without case, `_` and `-`.
        text: the text they are about. Where a label and a string are told apart neither by key
            nor by order, the one that is in the text is the string. If that is true of both, the
            other entities of the list decide, and at last the label is taken to come first.

    Raises:
        RecordError: they are in none of these spellings.
    """
    if entities is None:
        return []
    if isinstance(entities, dict):
        return [mention for label, value in entities.items() for mention in _labelled(label, value)]
    if not isinstance(entities, list):
        raise RecordError("wrong shape", "the entities are neither an object nor a list")
    items = [
        part
        for at, item in enumerate(entities, 1)
        if item is not None
        for part in _parted(item, at)
    ]
    leaning = sum(_leaning(text, item) for item in items if isinstance(item, _Pair))
    return [item if isinstance(item, Mention) else item.told(text, leaning) for item in items]


def read_marks(entities: Any) -> tuple[RawSpan, ...]:
    """Read entities, in any spelling, that have offsets.

    Raises:
        RecordError: they are in no known spelling, or one has no offsets.
    """
    marks = []
    for at, mention in enumerate(read_mentions(entities, ""), 1):
        if mention.place is None:
            raise RecordError("offsets", f"entity {at} has no offsets")
        marks.append(RawSpan(*mention.place, mention.label, mention.surface))
    return tuple(marks)


def find_spans(text: str, mentions: Sequence[Mention], which: Occurrences) -> list[Span]:
    """Spans of entities: where their offsets say, or else where the text holds their strings.

    A string inside an occurrence of a longer one is not marked, unless it stands nowhere else.

    Args:
        text: the text.
        mentions: entities with or without offsets.
        which: for a string without offsets, `all` of its occurrences, or as many of the `first`
            ones as the string is listed.

    Raises:
        RecordError: offsets do not hold the string they came with, or a string is not in the text.
    """
    spans = [Span(*_verified(text, each), each.label) for each in mentions if each.place]
    loose = Counter((each.label, each.surface or "") for each in mentions if not each.place)
    found = {surface: occurrences(text, surface) for _, surface in loose}
    _refuse_missing(text, [label for label, surface in loose if not found[surface]])
    occupied = {(span.start, span.end) for span in spans}.union(*found.values())
    outermost = set(_outermost(occupied))
    for (label, surface), listed in loose.items():
        places = [place for place in found[surface] if place in outermost]
        chosen = (places or found[surface])[: listed if which == "first" else None]
        spans.extend(Span(*place, label) for place in chosen)
    return spans


class _Pair(msgspec.Struct, frozen=True):
    """Two strings, one of which is the label, most likely the first."""

    first: str
    second: str
    at: int

    def __repr__(self) -> str:
        return f"_Pair(at={self.at})"

    def told(self, text: str, leaning: int) -> Mention:
        """Tell the label from the string by what is in the text, else by the leaning."""
        first, second = _presence(text, self.first), _presence(text, self.second)
        if not first and not second:
            raise RecordError("not in text", f"neither string of entity {self.at} is in the text")
        if not second or (first and leaning < 0):
            return Mention(self.second, self.first)
        return Mention(self.first, self.second)


def _presence(text: str, string: str) -> int:
    """2 if the text holds the string as written, 1 if it does when compared freely, else 0."""
    return 2 if string in text else int(bool(occurrences(text, string)))


def _leaning(text: str, pair: _Pair) -> int:
    """Above 0 if the second string is more likely to be of the text than the first."""
    return _presence(text, pair.second) - _presence(text, pair.first)


def _labelled(label: str, value: Any) -> Iterator[Mention]:
    for at, item in enumerate(value if isinstance(value, list) else [value], 1):
        if isinstance(item, dict):
            yield _of_label(label, _compared(item), at)
        elif isinstance(item, list) and len(item) == 2:
            yield Mention(label, None, (_offset(item[0], at), _offset(item[1], at)))
        elif item is not None:
            yield Mention(label, _string(item, "string", at))


def _of_label(label: str, given: dict[str, Any], at: int) -> Mention:
    if any(given.get(key, label) != label for key in LABEL_KEYS):
        raise RecordError("wrong shape", f"entity {at} of a label names another label")
    surface = _first(given, (*SURFACE_KEYS, EITHER_KEY))
    place = _place(given, at)
    return Mention(
        label, _string(surface, "string", at) if place is None or surface else None, place
    )


def _parted(item: Any, at: int) -> Iterable[Mention | _Pair]:
    match item:
        case dict():
            return _from_keys(_compared(item), at)
        case [str(label), int() as start, int() as end] | [start, end, label]:
            place = (_offset(start, at), _offset(end, at))
            return [Mention(_string(label, "label", at), None, place)]
        case [first, second]:
            return [_Pair(_string(first, "label", at), _string(second, "string", at), at)]
    raise RecordError("wrong shape", f"entity {at} does not say which is its label")


def _from_keys(given: dict[str, Any], at: int) -> Iterable[Mention | _Pair]:
    surface, labels = _first(given, SURFACE_KEYS), _labels(given, at)
    place = _place(given, at)
    if EITHER_KEY in given:
        either = _string(given[EITHER_KEY], EITHER_KEY, at)
        if not labels and surface is not None and place is None:
            return [_Pair(either, _string(surface, "string", at), at)]
        if not labels:
            labels = [either]
        elif surface is None:
            surface = either
    if not labels:
        raise RecordError("no label", f"entity {at} has no label")
    if surface is None and place is None:
        raise RecordError("wrong shape", f"entity {at} has neither a string nor offsets")
    if surface is not None:
        surface = _string(surface, "string", at)
    return [Mention(label, surface, place) for label in labels]


def _labels(given: dict[str, Any], at: int) -> list[str]:
    """The one label of an entity, or all it has under a key for several."""
    label = _first(given, LABEL_KEYS)
    if label is None:
        label = _first(given, LABELS_KEYS) or []
    return [_string(each, "label", at) for each in (label if isinstance(label, list) else [label])]


def _compared(item: dict[str, Any]) -> dict[str, Any]:
    """What an object holds, its keys as they are compared; null stands for nothing."""
    return {_plain(key): value for key, value in item.items() if value is not None}


@lru_cache(maxsize=1024)
def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _first(given: dict[str, Any], keys: Iterable[str]) -> Any:
    """The first value under one of `keys`; a `span` of two offsets is neither string nor offset."""
    for key in keys:
        value = given.get(key)
        if value is not None and not (key in PLACE_KEYS and isinstance(value, list | dict)):
            return value
    return None


def _is_string(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _string(value: Any, part: str, at: int) -> str:
    if _is_string(value):
        return str(value)
    raise RecordError("wrong shape", f"entity {at} has no {part}, or one that is not a string")


def _place(given: dict[str, Any], at: int) -> tuple[int, int] | None:
    for key in PLACE_KEYS:
        match given.get(key):
            case [start, end]:
                return (_offset(start, at), _offset(end, at))
            case dict() as nested:
                given = _compared(nested)
                break
    start, end = _first(given, START_KEYS), _first(given, END_KEYS)
    if start is None and end is None:
        return None
    if end is None and "length" in given:
        return (_offset(start, at), _offset(start, at) + _offset(given["length"], at))
    return (_offset(start, at), _offset(end, at))


def _offset(value: Any, at: int) -> int:
    return whole_number(value, f"an offset of entity {at}")


def _verified(text: str, mention: Mention) -> tuple[int, int]:
    start, end = mention.place or (0, 0)
    fits = 0 <= start < end <= len(text)
    if not fits or (mention.surface is not None and text[start:end] != mention.surface):
        fault = "does not hold its string" if fits else "does not fit the text"
        label = _shown(text, mention.label)
        raise RecordError("offsets", f"span {start}-{end} ({label}) {fault}")
    return start, end


def _refuse_missing(text: str, labels: Iterable[str]) -> None:
    missing = Counter(_shown(text, label) for label in labels)
    if missing:
        counts = ", ".join(f"{number} of {label}" for label, number in missing.items())
        raise RecordError("not in text", f"strings that are not in the text: {counts}")


def _shown(text: str, label: str) -> str:
    """The label, for messages; withheld where label and string may have changed places."""
    return "a label that is itself in the text" if label.lower() in text.lower() else label


def _outermost(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places that are inside no other, in text order."""
    outermost: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if not outermost or end > outermost[-1][1]:
            outermost.append((start, end))
    return outermost
