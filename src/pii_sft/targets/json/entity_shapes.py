"""Entities in the lists and objects of an answer, in any of the shapes that models write."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from pii_sft.spans import encodable
from pii_sft.targets.item import Item
from pii_sft.targets.json.lenient_reader import read_values
from pii_sft.targets.json.object_parts import (
    NAME_KINDS,
    TEXT_KINDS,
    Parts,
    Value,
    is_name,
    occurrence_in,
    parts_of,
    says_nothing,
    scalars_of,
    values_of,
    whole,
)
from pii_sft.targets.json.values import Container, Scalar
from pii_sft.targets.stated_offsets import SaidOffsets
from pii_sft.targets.tagged_words import are_tags

_MOST_OPENED = 64
_SCORE = re.compile(
    r"[01]?\.[0-9]+|[01]\.?|[0-9]{1,3}(?:\.[0-9]+)?\s*%|high|medium|low", re.IGNORECASE
)
_LINE = re.compile(r"([A-Z][A-Z0-9_]{1,39})\s*[:：=]\s*(\S.*)", re.DOTALL)
_NEVER_IN_LABELS = re.compile(r"[\"\r\n]")
_AROUND_LABELS = " \t\r\n\f\v\u00a0\u200b\u2060\u3000\ufeff"


class Named(msgspec.Struct):
    """The entities that an answer names.

    Attributes:
        items: the entities, in order.
        malformed: how many items do not name one label and one string.
        shaped: whether all stand in one list, as lists of a label, a string and maybe a number.
        listed: whether there is a list or object at all, if only an empty one.
    """

    items: list[Item] = []
    malformed: int = 0
    shaped: bool = True
    listed: bool = False


def named_in(
    containers: Sequence[Container], output: str, text: str, *, strict: bool = False
) -> Named:
    """Collect the entities of an answer.

    Args:
        containers: its lists and objects that stand in no other.
        output: the answer.
        text: the text that it is about.
        strict: whether the answer is strict JSON, so that quotes in a label belong there.
    """
    collector = _Collector(output, text, strict=strict)
    for container in containers:
        collector.collect(container)
    named = collector.named
    named.shaped &= len(containers) == 1 and _is_list_of_lists(containers[0])
    return named


class _Collector:
    """Walks the values of an answer; the reader of values has bounded how deep they nest."""

    def __init__(self, output: str, text: str, *, strict: bool) -> None:
        self.named = Named()
        self._output = output
        self._text = text
        self._strict = strict
        self._offsets = SaidOffsets(text)
        self._opened = 0

    def collect(self, container: Container) -> None:
        """Collect from a value that stands in no other; brackets of prose are no entities."""
        malformed = self.named.malformed
        self._container(container, None)
        scalars = scalars_of(container)
        if scalars and all(scalar.kind != "string" for scalar in scalars):
            self.named.malformed = malformed
        else:
            self.named.listed = True

    def _container(self, container: Container, label: str | None) -> None:
        values = values_of(container)
        if values is None:
            self._object(container, label)
            return
        values = [self._open(value) for value in values]
        if label is None:
            self._list(container, values)
        else:
            self._strings(values, label)

    def _open(self, value: Value) -> Value:
        """A value; where it is a string that holds JSON, what that says."""
        if (
            not isinstance(value, Scalar)
            or value.kind != "string"
            or self._opened == _MOST_OPENED
            or not _looks_like_json(value.text.strip())
            or value.text.strip() in self._text
        ):
            return value
        self._opened += 1
        found = read_values(value.text).found
        if not found:
            return value
        inner = [_moved(each, value.output) for each in found]
        start, end = value.output
        return (
            inner[0] if len(inner) == 1 else Container(start, end, True, [(None, i) for i in inner])
        )

    def _list(self, container: Container, values: Sequence[Value]) -> None:
        """A list of entities, or one entity, or both where a bracket is missing."""
        if len(values) == 2 and is_name(values[0]) and (strings := scalars_of(values[1])):
            self._strings(strings, values[0].text)
            return
        run: list[Scalar] = []
        for value in values:
            if isinstance(value, Scalar):
                run.append(value)
                continue
            self._run(run)
            run = []
            self._container(value, None)
        if run and container.closed and len(run) == len(values):
            if not self._lines(run):
                self._entity(run, (container.start, container.end))
        elif container.closed:
            self._run(run)

    def _run(self, run: Sequence[Scalar]) -> None:
        if run and not self._lines(run):
            self._entity(run, (run[0].output[0], run[-1].output[1]))

    def _lines(self, run: Sequence[Scalar]) -> bool:
        """Strings such as `PERSON: Ann`, each an entity; whether they are."""
        lines = [_LINE.fullmatch(value.text) for value in run]
        if not all(line is not None and line[0] not in self._text for line in lines):
            return False
        self.named.shaped = False
        for value, line in zip(run, lines, strict=True):
            if line is not None:
                self._add(line[1], line[2], 0, value.output)
        return True

    def _entity(self, values: Sequence[Scalar], output: tuple[int, int]) -> None:
        """A label, a string, and maybe numbers: its occurrence, its offsets, how sure it is."""
        if values[0].kind == "number":
            strings = [value for value in values if value.kind != "number"]
            if len(strings) < 2:
                self.named.malformed += 1
                return
            values = [*strings, *(value for value in values if value.kind == "number")]
        kinds = [value.kind for value in values]
        if kinds == ["string", "bare", "string"]:
            values, kinds = [values[0], values[2]], ["string", "string"]
            self.named.shaped = False
        if len(values) < 2 or kinds[0] not in NAME_KINDS or kinds[1] not in TEXT_KINDS:
            self.named.malformed += 1
            return
        label, surface = values[0].text, values[1].text
        number = self._number(surface, values[2:])
        if number is not None:
            self.named.shaped &= kinds in _SHAPES
            self._add(label, surface, number, output)
        elif kinds[0] == "bare" and "string" not in kinds:
            words = self._output[values[1].output[0] : values[-1].output[1]]
            self._add(label, words, 0, output)
        else:
            self.named.malformed += 1

    def _number(self, surface: str, behind: Sequence[Scalar]) -> int | None:
        """The number of an occurrence, 0 if none is said; None if something else is there."""
        numbers: list[int] = []
        for value in behind:
            number = whole(value)
            if number is not None:
                numbers.append(number)
            elif value.kind != "null" and not _SCORE.fullmatch(value.text):
                explains = " " in value.text and value.text not in self._text
                if not (explains and surface in self._text):
                    return None
        if len(numbers) > 1:
            return self._offsets.occurrence(surface, numbers[0])
        return self._offsets.number(surface, numbers[0]) if any(numbers) else 0

    def _strings(self, values: Sequence[Value], label: str) -> None:
        """The strings of a label."""
        self.named.shaped = False
        for value in values:
            if isinstance(value, Scalar):
                self._string(value, label)
                continue
            scalars = scalars_of(value)
            number = occurrence_in(scalars[1]) if len(scalars) == 2 and value.closed else None
            if number:
                self._add(label, scalars[0].text, number, (value.start, value.end))
            else:
                self._container(value, None if len(scalars) > 1 else label)

    def _string(self, value: Scalar, label: str) -> None:
        if value.kind not in TEXT_KINDS:
            self.named.malformed += value.kind != "null"
        elif value.text:
            self._add(label, value.text, 0, value.output)

    def _object(self, container: Container, label: str | None) -> None:
        self.named.shaped = False
        if self._tagged_words(container):
            return
        parts = parts_of(container, self._open)
        self._complete(parts, label)
        if not parts.texts and self._object_of_lists(parts, label):
            return
        for wrapped in parts.wrapped:
            self._container(wrapped, None)
        if parts.loose:
            self._list(container, parts.loose)
        if parts.wrapped:
            return
        if parts.texts and (parts.labels or label is not None):
            if container.closed:
                self._described(parts, label, (container.start, container.end))
            return
        mapped = [(key, value) for key, value in parts.rest if isinstance(value, Container)]
        for key, strings in mapped:
            self._container(strings, key.text)
        if mapped or not (parts.labels or parts.texts or parts.broken):
            self._map(container, parts)
        elif container.closed:
            self.named.malformed += 1

    def _tagged_words(self, container: Container) -> bool:
        """Take a list of words and one of their tags, side by side; if that is what there is."""
        lists = [scalars_of(value) for _, value in container.entries]
        if len(lists) < _FEWEST_LISTS:
            return False
        tags = next((each for each in lists if are_tags(tag.text for tag in each)), [])
        words = next((each for each in lists if each is not tags and len(each) == len(tags)), [])
        for word, tag in zip(words, tags, strict=False):
            self._add(tag.text, word.text, 0, (word.output[0], tag.output[1]))
        return bool(words and tags)

    def _complete(self, parts: Parts, label: str | None) -> None:
        """Tell what keys that nobody knows say: beside a label, the one string of the text."""
        if parts.texts or parts.lists or parts.wrapped:
            self._see_starts(parts)
            return
        if label is not None and not parts.labels and len(parts.either) == 1:
            parts.texts = [value for _, value in parts.either if isinstance(value, Scalar)]
        elif len(parts.labels) == 1 and not parts.either:
            strings = [
                value
                for _, value in parts.rest
                if is_name(value) and value.text and value.text in self._text
            ]
            parts.texts = strings if len(strings) == 1 else []
        self._see_starts(parts)

    def _see_starts(self, parts: Parts) -> None:
        """Take numbers under other keys for offsets if the text has the string there."""
        if len(parts.texts) != 1 or parts.starts or parts.numbers:
            return
        surface = parts.texts[0].text
        numbers = (whole(value) for _, value in parts.rest if isinstance(value, Scalar))
        parts.starts = [
            number
            for number in numbers
            if number is not None and self._text.startswith(surface, number)
        ][:1]

    def _object_of_lists(self, parts: Parts, label: str | None) -> bool:
        """Strings in a list beside their label, or below it; whether there are any."""
        labels = [each.text for each in parts.labels] or ([] if label is None else [label])
        if len(labels) != 1:
            parts.wrapped += parts.lists
            return False
        strings = [each for value in parts.lists for each in _strings_of(value)]
        self._strings(strings, labels[0])
        return bool(strings)

    def _map(self, container: Container, parts: Parts) -> None:
        """Labels as keys, each with one string; while it has no end, it may become an entity."""
        if parts.labels or parts.texts or (parts.about_one and not container.closed):
            return
        for key, value in (*parts.either, *parts.rest):
            if isinstance(value, Scalar) and not says_nothing(key.text, value, self._text):
                self._string(value, key.text)

    def _described(self, parts: Parts, label: str | None, output: tuple[int, int]) -> None:
        """An entity whose parts have names; several, if the object repeats the names."""
        labels = [each.text for each in parts.labels] or ([] if label is None else [label])
        if len(labels) == 1:
            labels *= len(parts.texts)
        if len(labels) != len(parts.texts):
            self.named.malformed += 1
            return
        numbers = parts.numbers if len(parts.numbers) == len(labels) else [0] * len(labels)
        if len(parts.starts) == len(labels) and not any(numbers):
            numbers = [
                self._offsets.occurrence(each.text, start)
                for each, start in zip(parts.texts, parts.starts, strict=True)
            ]
        for name, surface, number in zip(labels, parts.texts, numbers, strict=True):
            self._add(name, surface.text, number, output)

    def _add(self, label: str, surface: str, number: int, output: tuple[int, int]) -> None:
        named = label.strip(_AROUND_LABELS)
        if not (self._strict and self.named.shaped):
            named = _undecorated(named)
        self.named.shaped &= named == label
        quoted = not self._strict and _NEVER_IN_LABELS.search(named)
        if named and surface and encodable(named) and not quoted:
            self.named.items.append(Item(named, surface, number, output))
        else:
            self.named.malformed += 1


def _looks_like_json(string: str) -> bool:
    """True for a string in brackets that has quotes."""
    return string[:1] + string[-1:] in ("[]", "{}") and ('"' in string or "'" in string)


_FEWEST_LISTS = 2
_SHAPES = (["string", "string"], ["string", "string", "number"])


def _undecorated(label: str) -> str:
    """A label without quotes or marks of Markdown around it, which no target of ours writes."""
    decorated = _DECORATED.fullmatch(label)
    return label if decorated is None else decorated[2].strip(_AROUND_LABELS)


_DECORATED = re.compile(r"(\*\*|__|[\"'`“”‘’«*_])(.+?)(?:\1|[”’“‘»])", re.DOTALL)


def _strings_of(value: Value) -> list[Scalar]:
    """The values of a list of strings; nothing if they are all numbers, as offsets are."""
    scalars = scalars_of(value)
    return scalars if any(each.kind in NAME_KINDS for each in scalars) else []


def _is_list_of_lists(container: Container) -> bool:
    """True if a list holds lists of strings and numbers, and nothing that nests deeper."""
    values = values_of(container)
    if values is None or (values and isinstance(values[0], Scalar) and scalars_of(container)):
        return False
    return all(
        isinstance(value, Scalar) or scalars_of(value) or not (value.entries or value.closed)
        for value in values
    )


def _moved(container: Container, output: tuple[int, int]) -> Container:
    """The value inside a string, with the place of the string in the answer."""
    start, end = output
    entries: list[tuple[Scalar | None, Value]] = [
        (
            None if key is None else msgspec.structs.replace(key, output=output),
            _moved(value, output)
            if isinstance(value, Container)
            else msgspec.structs.replace(value, output=output),
        )
        for key, value in container.entries
    ]
    return Container(start, end, container.closed, entries)
