"""Which entities the lists and objects of an answer name, whatever their shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeGuard

import msgspec

from pii_sft.spans import encodable
from pii_sft.targets.json.lenient_reader import Container, Scalar
from pii_sft.targets.place import LONGEST_NUMBER, Item

LABEL_KEYS = frozenset(
    [
        "label",
        "labels",
        "type",
        "entitytype",
        "category",
        "tag",
        "class",
        "entitygroup",
        "entitylabel",
        "labelname",
        "kind",
        "piitype",
        "标签",
        "类型",
        "类别",
        "实体类型",
        "标注",
    ]
)
TEXT_KEYS = frozenset(
    [
        "text",
        "value",
        "surface",
        "span",
        "string",
        "word",
        "mention",
        "entitytext",
        "content",
        "phrase",
        "token",
        "surfaceform",
        "texts",
        "values",
        "surfaces",
        "spans",
        "strings",
        "words",
        "mentions",
        "文本",
        "内容",
        "值",
        "原文",
        "实体文本",
        "实体内容",
    ]
)
EITHER_KEYS = frozenset(["entity", "name", "实体", "名称", "实体名称"])
"""Keys that some models use for the label and others for the string."""

NUMBER_KEYS = frozenset(["occurrence", "number", "n", "nth", "次序", "序号"])
OTHER_KEYS = frozenset(
    [
        "id",
        "uid",
        "index",
        "start",
        "end",
        "begin",
        "offset",
        "offsets",
        "position",
        "length",
        "score",
        "confidence",
        "probability",
        "reason",
        "explanation",
        "note",
        "comment",
        "source",
        "language",
        "count",
    ]
)
WRAPPERS = frozenset(
    [
        "entities",
        "entity",
        "items",
        "item",
        "results",
        "result",
        "data",
        "output",
        "outputs",
        "answer",
        "answers",
        "annotations",
        "annotation",
        "list",
        "pii",
        "piientities",
        "personaldata",
        "labels",
        "spans",
        "mentions",
        "response",
        "ents",
        "records",
        "record",
        "namedentities",
        "predictions",
        "json",
        "实体",
        "实体列表",
        "结果",
        "数据",
        "答案",
        "输出",
        "个人信息",
    ]
)

_ABOUT_ONE_ENTITY = LABEL_KEYS | TEXT_KEYS | EITHER_KEYS | OTHER_KEYS
_NOT_IN_NAMES = re.compile(r"[\W_]+")
_NAME_KINDS = frozenset({"string", "bare"})
_TEXT_KINDS = frozenset({"string", "bare", "number"})

Value = Scalar | Container


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


def named_in(containers: Sequence[Container], output: str) -> Named:
    """Collect the entities of an answer.

    Args:
        containers: its lists and objects that stand in no other.
        output: the answer.
    """
    collector = _Collector(output)
    for container in containers:
        collector.collect(container)
    named = collector.named
    named.shaped &= len(containers) == 1 and _is_list_of_lists(containers[0])
    return named


class _Parts(msgspec.Struct):
    """The entries of an object by what their keys say."""

    labels: list[Scalar] = []
    texts: list[Scalar] = []
    either: list[tuple[Scalar, Value]] = []
    numbers: list[int] = []
    lists: list[Container] = []
    wrapped: list[Container] = []
    rest: list[tuple[Scalar, Value]] = []
    loose: list[Value] = []
    about_one: bool = False
    broken: bool = False


class _Collector:
    """Walks the values of an answer; the reader of values has bounded how deep they nest."""

    def __init__(self, output: str) -> None:
        self.named = Named()
        self._output = output

    def collect(self, container: Container) -> None:
        """Collect from a value that stands in no other; brackets of prose are no entities."""
        malformed = self.named.malformed
        self._container(container, None)
        scalars = _scalars(container)
        if scalars and all(scalar.kind != "string" for scalar in scalars):
            self.named.malformed = malformed
        else:
            self.named.listed = True

    def _container(self, container: Container, label: str | None) -> None:
        values = _values(container)
        if values is None:
            self._object(container, label)
        elif label is None:
            self._list(container, values)
        else:
            self._strings(values, label)

    def _list(self, container: Container, values: Sequence[Value]) -> None:
        """A list of entities, or one entity, or both where a bracket is missing."""
        if len(values) == 2 and _is_name(values[0]) and (strings := _scalars(values[1])):
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
            self._entity(run, (container.start, container.end))
        elif container.closed:
            self._run(run)

    def _run(self, run: Sequence[Scalar]) -> None:
        if run:
            self._entity(run, (run[0].output[0], run[-1].output[1]))

    def _entity(self, values: Sequence[Scalar], output: tuple[int, int]) -> None:
        """A label, a string, and maybe the number of its occurrence."""
        kinds = [value.kind for value in values]
        number = _occurrence(values[2]) if len(values) == 3 else 0
        if len(values) < 2 or kinds[0] not in _NAME_KINDS or kinds[1] not in _TEXT_KINDS:
            self.named.malformed += 1
        elif len(values) <= 3 and number is not None:
            self.named.shaped &= kinds in _SHAPES
            self._add(values[0].text, values[1].text, number, output)
        elif kinds[0] == "bare" and "string" not in kinds:
            words = self._output[values[1].output[0] : values[-1].output[1]]
            self._add(values[0].text, words, 0, output)
        else:
            self.named.malformed += 1

    def _strings(self, values: Sequence[Value], label: str) -> None:
        """The strings of a label."""
        self.named.shaped = False
        for value in values:
            if isinstance(value, Scalar):
                self._string(value, label)
                continue
            scalars = _scalars(value)
            number = _occurrence(scalars[1]) if len(scalars) == 2 and value.closed else None
            if number:
                self._add(label, scalars[0].text, number, (value.start, value.end))
            else:
                self._container(value, None if len(scalars) > 1 else label)

    def _string(self, value: Scalar, label: str) -> None:
        if value.kind not in _TEXT_KINDS:
            self.named.malformed += value.kind != "null"
        elif value.text:
            self._add(label, value.text, 0, value.output)

    def _object(self, container: Container, label: str | None) -> None:
        self.named.shaped = False
        parts = _parts(container)
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

    def _object_of_lists(self, parts: _Parts, label: str | None) -> bool:
        """Strings in a list beside their label, or below it; whether there are any."""
        labels = [each.text for each in parts.labels] or ([] if label is None else [label])
        if len(labels) != 1:
            parts.wrapped += parts.lists
            return False
        strings = [each for value in parts.lists for each in _strings_of(value)]
        self._strings(strings, labels[0])
        return bool(strings)

    def _map(self, container: Container, parts: _Parts) -> None:
        """Labels as keys, each with one string; while it has no end, it may become an entity."""
        if parts.labels or parts.texts or (parts.about_one and not container.closed):
            return
        for key, value in (*parts.either, *parts.rest):
            if isinstance(value, Scalar):
                self._string(value, key.text)

    def _described(self, parts: _Parts, label: str | None, output: tuple[int, int]) -> None:
        """An entity whose parts have names; several, if the object repeats the names."""
        labels = [each.text for each in parts.labels] or ([] if label is None else [label])
        if len(labels) == 1:
            labels *= len(parts.texts)
        if len(labels) != len(parts.texts):
            self.named.malformed += 1
            return
        numbers = parts.numbers if len(parts.numbers) == len(labels) else [0] * len(labels)
        for name, text, number in zip(labels, parts.texts, numbers, strict=True):
            self._add(name, text.text, number, output)

    def _add(self, label: str, surface: str, number: int, output: tuple[int, int]) -> None:
        if label and surface and encodable(label):
            self.named.items.append(Item(label, surface, number, output))
        else:
            self.named.malformed += 1


_SHAPES = (["string", "string"], ["string", "string", "number"])


def _values(container: Container) -> list[Value] | None:
    """The values of a list; None if any of them has a key."""
    if any(key is not None for key, _ in container.entries):
        return None
    return [value for _, value in container.entries]


def _scalars(value: Value) -> list[Scalar]:
    """The values of a list of nothing but strings, numbers and literals."""
    values = (_values(value) or []) if isinstance(value, Container) else []
    scalars = [each for each in values if isinstance(each, Scalar)]
    return scalars if len(scalars) == len(values) else []


def _strings_of(value: Value) -> list[Scalar]:
    """The values of a list of strings; nothing if they are all numbers, as offsets are."""
    scalars = _scalars(value)
    return scalars if any(each.kind in _NAME_KINDS for each in scalars) else []


def _is_list_of_lists(container: Container) -> bool:
    """Whether a list holds lists of strings and numbers, and nothing that nests deeper."""
    values = _values(container)
    if values is None or (values and isinstance(values[0], Scalar) and _scalars(container)):
        return False
    return all(
        isinstance(value, Scalar) or _scalars(value) or not (value.entries or value.closed)
        for value in values
    )


def _is_name(value: Value) -> TypeGuard[Scalar]:
    return isinstance(value, Scalar) and value.kind in _NAME_KINDS


def _occurrence(value: Scalar) -> int | None:
    """The number of an occurrence, 0 for null; None if the value is something else."""
    if value.kind == "null":
        return 0
    if len(value.text) <= LONGEST_NUMBER and value.text.isdecimal() and int(value.text) > 0:
        return int(value.text)
    return None


def _parts(container: Container) -> _Parts:
    parts = _Parts()
    for key, value in container.entries:
        if key is None:
            parts.loose.append(value)
            continue
        name = _NOT_IN_NAMES.sub("", key.text).lower()
        parts.about_one |= name in _ABOUT_ONE_ENTITY
        scalars = _scalars(value)
        if isinstance(value, Scalar):
            _sort_scalar(parts, key, name, value)
        elif name in LABEL_KEYS and len(scalars) == 1 and _is_name(scalars[0]):
            parts.labels.append(scalars[0])
        elif name in TEXT_KEYS | WRAPPERS and scalars:
            parts.lists.append(value)
        elif name in WRAPPERS:
            parts.wrapped.append(value)
        else:
            parts.rest.append((key, value))
    if parts.texts and not parts.labels:
        parts.labels = [value for _, value in parts.either if _is_name(value)]
    elif parts.labels and not parts.texts:
        parts.texts = [value for _, value in parts.either[:1] if isinstance(value, Scalar)]
    return parts


def _sort_scalar(parts: _Parts, key: Scalar, name: str, value: Scalar) -> None:
    number = _occurrence(value) if name in NUMBER_KEYS else None
    if name in LABEL_KEYS and _is_name(value):
        parts.labels.append(value)
    elif name in TEXT_KEYS and value.kind in _TEXT_KINDS:
        parts.texts.append(value)
    elif name in EITHER_KEYS and value.kind in _TEXT_KINDS:
        parts.either.append((key, value))
    elif number:
        parts.numbers.append(number)
    elif name in LABEL_KEYS or name in TEXT_KEYS:
        parts.broken = True
    else:
        parts.rest.append((key, value))
