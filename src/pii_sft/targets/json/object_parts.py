"""The parts of an entity, by the keys of an object."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeGuard

import msgspec

from pii_sft.entity_keys import (
    EITHER_KEYS,
    END_KEYS,
    LABEL_KEYS,
    LABELS_KEYS,
    LENGTH_KEYS,
    OCCURRENCE_KEYS,
    OTHER_KEYS,
    PLACE_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    SURFACES_KEYS,
    WRAPPER_KEYS,
    plain_key,
    says_something_else,
)
from pii_sft.spans import HoldsText
from pii_sft.targets.item import LONGEST_NUMBER
from pii_sft.targets.json.values import Container, Scalar

Value = Scalar | Container

NAME_KINDS = frozenset({"string", "bare"})
TEXT_KINDS = frozenset({"string", "bare", "number"})

_LABELS = frozenset((*LABEL_KEYS, *LABELS_KEYS))
_TEXTS = frozenset((*SURFACE_KEYS, *SURFACES_KEYS))
_EITHER = frozenset(EITHER_KEYS)
_OCCURRENCES = frozenset(OCCURRENCE_KEYS)
_STARTS = frozenset(START_KEYS)
_ENDS = frozenset((*END_KEYS, *LENGTH_KEYS))
_PLACES = frozenset(PLACE_KEYS)
_ABOUT_ONE_ENTITY = _LABELS | _TEXTS | _EITHER | _OCCURRENCES | _STARTS | _ENDS | OTHER_KEYS
_ABOUT_OTHER_THINGS = frozenset(
    (
        *("attributes", "attribute", "properties", "metadata", "meta", "details", "extra"),
        *("relations", "relationships", "relation", "triples", "edges", "usage"),
    )
)
"""Keys whose lists and objects name no entities."""

_OF = r"(?:entity|ent|pii|ner|span|mention|item|extract(?:ed|ion)|detected|found|identified|object)"
_LABEL_LIKE = re.compile(rf"{_OF}(?:the)?(?:label|type|category|class|tag|kind|group|subtype)s?")
_TEXT_LIKE = re.compile(
    rf"{_OF}(?:text|name|value|string|span|mention|surface|word|phrase|content|token)s?"
)
_BESIDE = (
    *("attributes", "attribute", "index", "indices", "metadata", "properties", "details", "score"),
    *(
        "confidence",
        "probability",
        "reason",
        "explanation",
        "description",
        "note",
        "count",
        "start",
    ),
    *("end", "offset", "offsets", "position", "span", "id"),
)
"""Endings of a key that say more about the entity under the label itself."""


class Parts(HoldsText, msgspec.Struct):
    """The entries of an object by what their keys say.

    Attributes:
        labels: labels of entities.
        texts: their strings.
        either: entries whose keys some use for labels and others for strings.
        numbers: which occurrence of its string is meant.
        starts: where the text is said to have the string.
        lists: lists of strings.
        wrapped: values that hold entities themselves.
        rest: entries with other keys, such as labels.
        loose: values without a key.
        about_one: whether any key belongs to the description of one entity.
        broken: whether a label or a string is something else than that.
    """

    labels: list[Scalar] = []
    texts: list[Scalar] = []
    either: list[tuple[Scalar, Value]] = []
    numbers: list[int] = []
    starts: list[int] = []
    lists: list[Container] = []
    wrapped: list[Container] = []
    rest: list[tuple[Scalar, Value]] = []
    loose: list[Value] = []
    about_one: bool = False
    broken: bool = False


def parts_of(container: Container, opened: Callable[[Value], Value]) -> Parts:
    """Sort the entries of an object.

    Args:
        container: the object.
        opened: reads a string that holds JSON itself.
    """
    parts = Parts()
    names = {plain_key(key.text) for key, _ in container.entries if key is not None}
    for key, value in container.entries:
        if key is None:
            parts.loose.append(value)
            continue
        name = plain_key(key.text)
        if _says_more(name, names):
            continue
        parts.about_one |= name in _ABOUT_ONE_ENTITY
        _sort(parts, key, name, opened(value), was_string=isinstance(value, Scalar))
    if parts.texts and not parts.labels:
        parts.labels = [value for _, value in parts.either if is_name(value)]
    elif parts.labels and not parts.texts:
        parts.texts = [value for _, value in parts.either[:1] if isinstance(value, Scalar)]
    return parts


def _says_more(name: str, names: set[str]) -> bool:
    """True for `person_index` beside `person`."""
    return any(
        name.endswith(ending) and len(name) > len(ending) and name[: -len(ending)] in names
        for ending in _BESIDE
    )


def _sort(parts: Parts, key: Scalar, name: str, value: Value, *, was_string: bool) -> None:
    scalars = scalars_of(value)
    if isinstance(value, Scalar):
        _sort_scalar(parts, key, name, value)
    elif name in _ABOUT_OTHER_THINGS:
        pass
    elif name in _PLACES and (starts := _starts_in(value)):
        parts.starts += starts
    elif name in _LABELS and len(scalars) == 1 and is_name(scalars[0]):
        parts.labels.append(scalars[0])
    elif name in _TEXTS | WRAPPER_KEYS and scalars:
        parts.lists.append(value)
    elif name in WRAPPER_KEYS or (was_string and name in _TEXTS | _EITHER):
        parts.wrapped.append(value)
    else:
        parts.rest.append((key, value))


_RANGE = re.compile(r"\s*[\[(]?\s*(\d{1,9})\s*(?:[-–,:]|\.\.)\s*\d{1,9}\s*[\])]?\s*")


def _sort_scalar(parts: Parts, key: Scalar, name: str, value: Scalar) -> None:
    if name in _PLACES and (written := _RANGE.fullmatch(value.text)) is not None:
        parts.starts.append(int(written[1]))
        return
    number = occurrence_in(value) if name in _OCCURRENCES else None
    labels = name in _LABELS or _LABEL_LIKE.fullmatch(name) is not None
    texts = name in _TEXTS or _TEXT_LIKE.fullmatch(name) is not None
    if labels and is_name(value):
        parts.labels.append(value)
    elif texts and value.kind in TEXT_KINDS:
        parts.texts.append(value)
    elif name in _EITHER and value.kind in TEXT_KINDS:
        parts.either.append((key, value))
    elif number:
        parts.numbers.append(number)
    elif name in _STARTS and value.kind == "number" and whole(value) is not None:
        parts.starts.append(int(value.text))
    elif name in _ENDS and value.kind == "number":
        pass
    elif labels or texts:
        parts.broken = True
    else:
        parts.rest.append((key, value))


def _starts_in(value: Container) -> list[int]:
    """The first offset of `[start, end]`, or of an object with such keys; none otherwise."""
    found = [
        whole(each)
        for key, each in value.entries
        if isinstance(each, Scalar) and (key is None or plain_key(key.text) in _STARTS)
    ]
    numbers = [number for number in found if number is not None]
    is_pair = len(value.entries) == 2 and all(
        isinstance(each, Scalar) and each.kind == "number" for _, each in value.entries
    )
    return numbers[:1] if is_pair else []


_ABOUT_THE_ANSWER = frozenset(
    (
        *("note", "notes", "comment", "comments", "reason", "reasoning", "explanation", "summary"),
        *("rationale", "thought", "thoughts", "analysis", "count", "total", "confidence"),
    )
)


def says_nothing(key: str, value: Scalar, text: str) -> bool:
    """True for what names nothing beside entities: scores, truth values, words of the model."""
    name = plain_key(key)
    if value.kind in ("other", "null") or name in _ABOUT_THE_ANSWER:
        return True
    return value.kind == "number" and says_something_else(name) and value.text not in text


def values_of(container: Container) -> list[Value] | None:
    """The values of a list; None if any of them has a key."""
    if any(key is not None for key, _ in container.entries):
        return None
    return [value for _, value in container.entries]


def scalars_of(value: Value) -> list[Scalar]:
    """The values of a list of nothing but strings, numbers and literals."""
    values = (values_of(value) or []) if isinstance(value, Container) else []
    scalars = [each for each in values if isinstance(each, Scalar)]
    return scalars if len(scalars) == len(values) else []


def is_name(value: Value) -> TypeGuard[Scalar]:
    """True for what may be a label."""
    return isinstance(value, Scalar) and value.kind in NAME_KINDS


def whole(value: Scalar) -> int | None:
    """A whole number that is not negative; None for anything else."""
    text = value.text
    return int(text) if len(text) <= LONGEST_NUMBER and text.isdecimal() else None


def occurrence_in(value: Scalar) -> int | None:
    """The number of an occurrence, 0 for null; None if the value is something else."""
    if value.kind == "null":
        return 0
    return whole(value) or None
