"""Mentions: entities as annotation files list them, in every known layout, and their spans.

A label is mapped to strings, or each entity is an object with a key for each part, or a short list.
Most of these layouts have no offsets; their strings are looked up in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from pii_sft.align import occurrences, stands_alone
from pii_sft.converters.entities.entity_parts import (
    LABELS,
    Place,
    compared,
    labels_of,
    occurrence_of,
    offset_of,
    place_of,
    string_of,
    surface_of,
)
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.entity_keys import (
    EITHER_KEYS,
    END_KEYS,
    LABEL_KEYS,
    LABELS_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    plain_key,
)
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText, Span

Occurrences = Literal["all", "first"]


class Mention(HoldsText, msgspec.Struct, frozen=True):
    """An entity as a file gives it.

    Attributes:
        label: its type.
        surface: its string; None where the file gives offsets alone.
        place: first code point and the one after the last; None where the file has no offsets.
        occurrence: which occurrence of the string it is, as the file counts; None where the file
            does not say.
    """

    label: str
    surface: str | None = None
    place: Place | None = None
    occurrence: int | None = None


def read_mentions(entities: Any, text: str) -> list[Mention]:
    """Read entities in any layout; null means nothing at every level.

    Args:
        entities: label to string, strings, objects, `[start, end]`, or an object of strings and
            their places; or a list of objects, of
            `[start, end, label]`, `[label, start, end]`, of two numbers and two strings, or of
            pairs of a label and a string in either order; or columns, that is, an object with a
            list for each part. Keys of objects are compared without case, `_` and `-`.
        text: the text they are about. If neither key nor order tells the label from the string, the
            one that is in the text is the string. If both are, the other entities of the list
            decide, and otherwise the label comes first.

    Raises:
        RecordError: they are in none of these spellings.
    """
    if entities is None:
        return []
    if isinstance(entities, dict) and (columns := _columns(entities)) is not None:
        entities = columns
    if isinstance(entities, dict):
        return [
            mention
            for label, value in entities.items()
            for mention in _labelled(label, value, text)
        ]
    if not isinstance(entities, list):
        raise RecordError("wrong shape", "the entities are neither an object nor a list")
    items = [
        part
        for at, item in enumerate(entities, 1)
        if item is not None
        for part in _parted(item, text, at)
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
    """Find the spans of entities by their offsets, or else by looking up their strings in the text.

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
    numbered = [each for each in mentions if not each.place and each.occurrence is not None]
    loose = Counter(
        (each.label, each.surface or "")
        for each in mentions
        if not each.place and each.occurrence is None
    )
    strings = [*loose, *((each.label, each.surface or "") for each in numbered)]
    found = {surface: occurrences(text, surface) for _, surface in strings}
    _refuse_missing(text, [label for label, surface in strings if not found[surface]])
    spans += _numbered(numbered, found)
    occupied = {(span.start, span.end) for span in spans}.union(*found.values())
    outermost = set(_outermost(occupied))
    for (label, surface), listed in loose.items():
        places = [place for place in found[surface] if place in outermost]
        chosen = (places or found[surface])[: listed if which == "first" else None]
        spans.extend(Span(*place, label) for place in chosen)
    return spans


def _numbered(
    mentions: Sequence[Mention], found: Mapping[str, Sequence[tuple[int, int]]]
) -> Iterator[Span]:
    """Find entities that name the occurrence of their string; they count from 0 if any says 0."""
    lowest = min((each.occurrence or 0 for each in mentions), default=1)
    for each in mentions:
        places, index = found[each.surface or ""], (each.occurrence or 0) - min(lowest, 1)
        if index >= len(places):
            reason = f"an entity ({each.label}) is said to be occurrence {each.occurrence}"
            raise RecordError(
                "not in text", f"{reason}; its string stands there {len(places)} times"
            )
        yield Span(*places[index], each.label)


class _Pair(HoldsText, msgspec.Struct, frozen=True):
    """Two strings, one of which is the label, most likely the first."""

    first: str
    second: str
    at: int
    occurrence: int | None = None

    def told(self, text: str, leaning: int) -> Mention:
        """Tell the label from the string by what is in the text, else by the leaning."""
        first, second = _presence(text, self.first), _presence(text, self.second)
        if not first and not second:
            raise RecordError("not in text", f"neither string of entity {self.at} is in the text")
        if not second or (first and leaning < 0):
            if not any(stands_alone(text, *place) for place in occurrences(text, self.first)):
                raise RecordError("not in text", f"the string of entity {self.at} is not in it")
            return Mention(self.second, self.first, None, self.occurrence)
        return Mention(self.first, self.second, None, self.occurrence)


def _presence(text: str, string: str) -> int:
    """2 if the text holds the string as written, 1 if it does when compared freely, else 0."""
    return 2 if string in text else int(bool(occurrences(text, string)))


def _leaning(text: str, pair: _Pair) -> int:
    """Score a pair: above 0 if the second string is more likely from the text than the first."""
    return _presence(text, pair.second) - _presence(text, pair.first)


def _columns(entities: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Give the entities of an object that has one list for each part; None for any other object.

    `datasets` stores a sequence of objects in this way.
    """
    keys = {plain_key(key) for key in entities}
    lists = [value for value in entities.values() if isinstance(value, list)]
    named = keys & _LABEL_COLUMNS and (keys & _STRING_COLUMNS or keys & _OFFSET_COLUMNS)
    if not named or len(lists) != len(entities) or len(set(map(len, lists))) > 1:
        return None
    return [dict(zip(entities, row, strict=True)) for row in zip(*lists, strict=True)]


_LABEL_COLUMNS = {*LABEL_KEYS, *LABELS_KEYS}
_STRING_COLUMNS = {*SURFACE_KEYS, *EITHER_KEYS}
_OFFSET_COLUMNS = {*START_KEYS, *END_KEYS}


def _labelled(label: str, value: Any, text: str) -> Iterator[Mention]:
    for at, item in enumerate(value if isinstance(value, list) else [value], 1):
        match item:
            case None:
                continue
            case dict() if _are_strings(item, text):
                for surface, places in item.items():
                    yield from _placed(label, surface, places, at)
            case dict():
                yield _of_label(label, item, text, at)
            case [str(surface), int() as start, int() as end] | [
                int() as start,
                int() as end,
                str(surface),
            ]:
                yield Mention(label, surface, (start, end))
            case [start, end]:
                yield Mention(label, None, (offset_of(start, at), offset_of(end, at)))
            case _:
                yield Mention(label, string_of(item, "string", at))


def _are_strings(item: dict[str, Any], text: str) -> bool:
    """True for an object of strings and their places, as CLUENER has them."""
    return bool(item) and all(k in text and isinstance(item[k], list) for k in item)


def _placed(label: str, surface: str, places: list[Any], at: int) -> Iterator[Mention]:
    for place in places if any(isinstance(each, list) for each in places) else [places]:
        match place:
            case [start, end]:
                yield Mention(label, surface, (offset_of(start, at), offset_of(end, at)))
            case _:
                raise RecordError("offsets", f"entity {at} has a place that is not two numbers")


def _of_label(label: str, item: dict[str, Any], text: str, at: int) -> Mention:
    given = compared(item)
    if any(value != label for key, value in given.items() if key in LABELS):
        raise RecordError("wrong shape", f"entity {at} of a label names another label")
    surface = surface_of(given)
    if surface is None:
        surface = next((given[key] for key in EITHER_KEYS if key in given), None)
    if surface is not None:
        surface = string_of(surface, "string", at)
    place = place_of(item, given, surface, text, at)
    if surface is None and place is None:
        raise RecordError("wrong shape", f"entity {at} has neither a string nor offsets")
    return Mention(label, surface, place, occurrence_of(given, at))


def _parted(item: Any, text: str, at: int) -> Iterable[Mention | _Pair]:
    match item:
        case {"points": [dict(), *_] as points}:
            # Dataturks has the places of an entity apart from its labels
            rest = {key: value for key, value in item.items() if key != "points"}
            places = [{**rest, **each} for each in points if isinstance(each, dict)]
            return [part for each in places for part in _from_keys(each, text, at)]
        case dict():
            return _from_keys(item, text, at)
        case [str(label), int() as start, int() as end] | [start, end, label]:
            place = (offset_of(start, at), offset_of(end, at))
            label = string_of(label, "label", at)
            if text[slice(*place)] == label:
                raise RecordError("no label", f"entity {at} has a string and no label")
            return [Mention(label, None, place)]
        case [first, second]:
            return [_Pair(string_of(first, "label", at), string_of(second, "string", at), at)]
        case [_, _, _, _]:
            return [_of_four(item, text, at)]
    raise RecordError("wrong shape", f"entity {at} does not say which is its label")


def _of_four(item: list[Any], text: str, at: int) -> Mention:
    """A label, a string and two offsets; the offsets keep their order, the strings have any."""
    strings = [each for each in item if isinstance(each, str) and each]
    numbers = [each for each in item if isinstance(each, int) and not isinstance(each, bool)]
    if len(strings) != 2 or len(numbers) != 2:
        raise RecordError("wrong shape", f"entity {at} does not say which is its label")
    told = _Pair(strings[0], strings[1], at)
    mention = told.told(text, _leaning(text, told))
    return Mention(mention.label, mention.surface, (numbers[0], numbers[1]))


def _from_keys(item: dict[str, Any], text: str, at: int) -> Iterable[Mention | _Pair]:
    given = compared(item)
    surface, labels = surface_of(given), labels_of(given, at)
    eithers = [string_of(given[key], key, at) for key in EITHER_KEYS if key in given]
    if not labels and surface is None and len(eithers) > 1:
        surface = eithers[1]
    elif labels and surface is None and eithers:
        surface = eithers[0]
    if surface is not None:
        surface = string_of(surface, "string", at)
    place = place_of(item, given, surface, text, at)
    occurrence = occurrence_of(given, at)
    if eithers and not labels:
        if surface is not None and place is None:
            return [_Pair(eithers[0], surface, at, occurrence)]
        if place is not None or not _presence(text, eithers[0]):
            labels = eithers[:1]
    if not labels:
        raise RecordError("no label", f"entity {at} has no label")
    if surface is None and place is None:
        raise RecordError("wrong shape", f"entity {at} has neither a string nor offsets")
    return [Mention(label, surface, place, occurrence) for label in labels]


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
    """Show the label in a message, but not if label and string may have been swapped."""
    return "a label that is itself in the text" if label.lower() in text.lower() else label


def _outermost(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places that are inside no other, in text order."""
    outermost: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if not outermost or end > outermost[-1][1]:
            outermost.append((start, end))
    return outermost
