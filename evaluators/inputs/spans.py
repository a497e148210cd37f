"""Spans in the spellings that Python programs use: ours, tuples, dictionaries, and those of others.

Presidio's results and what Hugging Face's `token-classification` pipelines return name the label
`entity_type`, `entity_group` or `entity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import index
from typing import Any, Literal, Protocol, runtime_checkable

from pii_sft.errors import RecordError
from pii_sft.evaluators.inputs.tags import read_tags
from pii_sft.spans import Span

Ends = Literal["exclusive", "inclusive"]

SpanLike = Span | tuple[int, int, str] | Mapping[str, Any]
"""A span; `(start, end, label)`; or a mapping with these keys, whatever else it holds."""

_PARTS = ("start", "end", "label")
_LABEL_KEYS = ("label", "entity_group", "entity_type", "entity")
"""Names of the label in our spans, Hugging Face's entities, Presidio's results and its tokens."""

_TOKEN = {"index", "entity", "start", "end"}
"""Keys of a token that Hugging Face did not put together with others."""


@runtime_checkable
class PresidioResult(Protocol):
    """A `RecognizerResult` of Presidio."""

    entity_type: str
    start: int
    end: int


def read_spans(items: Iterable[Any], ends: Ends) -> tuple[Span, ...]:
    """The spans of one document, in the order and as often as they are given.

    Args:
        items: each a `SpanLike` or a `PresidioResult`; or all of them tokens with tags, as a
            `token-classification` pipeline returns without aggregation.
        ends: whether tuples and mappings end after their last unit or, as in nervaluate, with it;
            a `Span` always ends after it.

    Raises:
        RecordError: an item is no span; the reason begins with its position.
    """
    shift = 1 if ends == "inclusive" else 0
    items = list(items)
    if items and all(map(_is_token, items)):
        return tuple(_of_tokens(items))
    return tuple(_read_span(item, at, shift) for at, item in enumerate(items))


def _read_span(item: Any, at: int, shift: int) -> Span:
    if isinstance(item, Span):
        return _checked(item, at)
    if isinstance(item, Mapping):
        name = next((each for each in _LABEL_KEYS if each in item), "label")
        if not item.keys() >= {"start", "end", name}:
            raise RecordError("no span", f"[{at}] does not have the keys {', '.join(_PARTS)}")
        parts = [item["start"], item["end"], item[name]]
        shift = shift if name == "label" else 0
    elif isinstance(item, PresidioResult):
        parts, shift = [item.start, item.end, item.entity_type], 0
    elif isinstance(item, list | tuple) and len(item) == len(_PARTS):
        parts = list(item)
    else:
        raise RecordError(
            "no span",
            f"[{at}] is neither a Span, nor (start, end, label), nor a mapping with these keys, "
            "nor a result of Presidio",
        )
    start, end, label = parts
    try:
        return _checked(Span(index(start), index(end) + shift, label), at)
    except TypeError:
        raise RecordError("offsets", f"[{at}] has offsets that are no whole numbers") from None


def _is_token(item: Any) -> bool:
    return isinstance(item, Mapping) and item.keys() >= _TOKEN and isinstance(item["entity"], str)


def _of_tokens(items: list[Mapping[str, Any]]) -> Iterator[Span]:
    """The entities of tokens; those between two tokens that are missing have the tag O."""
    runs: list[list[int]] = []
    for at, item in enumerate(items):
        if runs and item["index"] == items[at - 1]["index"] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    for run in runs:
        for span in read_tags([_tag(items[at]["entity"]) for at in run]):
            first, last = run[span.start], run[span.end - 1]
            whole = {"start": items[first]["start"], "end": items[last]["end"], "label": span.label}
            yield _read_span(whole, first, 0)


def _tag(name: str) -> str:
    """A tag as it is; a label alone is inside of an entity, as pipelines take it."""
    return name if name[1:2] == "-" else f"I-{name}"


def _checked(span: Span, at: int) -> Span:
    if not isinstance(span.label, str) or not span.label:
        raise RecordError("no label", f"[{at}] has no label")
    if not 0 <= span.start < span.end:
        raise RecordError("offsets", f"[{at}] is empty, reversed or begins before the text")
    return span
