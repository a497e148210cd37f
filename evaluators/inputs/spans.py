"""Spans in the spellings that Python programs use: ours, tuples, and dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import index
from typing import Any, Literal

from pii_sft.errors import RecordError
from pii_sft.spans import Span

Ends = Literal["exclusive", "inclusive"]

SpanLike = Span | tuple[int, int, str] | Mapping[str, Any]
"""A span; `(start, end, label)`; or a mapping with these keys, whatever else it holds."""

_PARTS = ("start", "end", "label")


def read_spans(items: Iterable[Any], ends: Ends) -> tuple[Span, ...]:
    """The spans of one document, in the order and as often as they are given.

    Args:
        items: each a `SpanLike`.
        ends: whether tuples and mappings end after their last unit or, as in nervaluate, with it;
            a `Span` always ends after it.

    Raises:
        RecordError: an item is no span; the reason begins with its position.
    """
    shift = 1 if ends == "inclusive" else 0
    return tuple(_read_span(item, at, shift) for at, item in enumerate(items))


def _read_span(item: Any, at: int, shift: int) -> Span:
    if isinstance(item, Span):
        return _checked(item, at)
    if isinstance(item, Mapping):
        if not item.keys() >= set(_PARTS):
            raise RecordError("no span", f"[{at}] does not have the keys {', '.join(_PARTS)}")
        parts = [item[name] for name in _PARTS]
    elif isinstance(item, list | tuple) and len(item) == len(_PARTS):
        parts = list(item)
    else:
        raise RecordError(
            "no span",
            f"[{at}] is neither a Span, nor (start, end, label), nor a mapping with these keys",
        )
    start, end, label = parts
    try:
        return _checked(Span(index(start), index(end) + shift, label), at)
    except TypeError:
        raise RecordError("offsets", f"[{at}] has offsets that are no whole numbers") from None


def _checked(span: Span, at: int) -> Span:
    if not isinstance(span.label, str) or not span.label:
        raise RecordError("no label", f"[{at}] has no label")
    if not 0 <= span.start < span.end:
        raise RecordError("offsets", f"[{at}] is empty, reversed or begins before the text")
    return span
