"""A text cut into segments, each with its gold and predicted spans, for the error browser."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

import msgspec

from pii_sft.spans import HoldsText, Span


class Segment(HoldsText, msgspec.Struct, frozen=True):
    """A stretch of a text.

    Attributes:
        text: its characters.
        kind: `both`, `gold`, `predicted`, or `gold predicted` if they differ; empty without spans.
        title: labels of gold and predictions.
        tail: labels of the spans that end here.
    """

    text: str
    kind: str = ""
    title: str = ""
    tail: str = ""


def segments(text: str, gold: Collection[Span], predicted: Collection[Span]) -> list[Segment]:
    """Cut a text where any span begins or ends.

    Args:
        text: of the document.
        gold: its spans.
        predicted: what was found in it.
    """
    edges = {0, len(text)}
    for span in (*gold, *predicted):
        edges |= {span.start, span.end}
    cuts = sorted(edges)
    right = set(gold) & set(predicted)
    found = []
    for start, end in pairwise(cuts):
        ours, theirs = _over(gold, start, end), _over(predicted, start, end)
        if not ours and not theirs:
            found.append(Segment(text[start:end]))
            continue
        tails = [span.label for span in ours if span.end == end]
        tails += [f"→{span.label}" for span in theirs if span.end == end and span not in right]
        title = f"{_labels(ours)} · {_labels(theirs)}"
        found.append(Segment(text[start:end], _kind(ours, theirs, right), title, " ".join(tails)))
    return found


def _over(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    return [span for span in spans if span.start <= start and end <= span.end]


def _kind(ours: list[Span], theirs: list[Span], right: set[Span]) -> str:
    if right.issuperset([*ours, *theirs]):
        return "both"
    return " ".join(name for name, spans in (("gold", ours), ("predicted", theirs)) if spans)


def _labels(spans: list[Span]) -> str:
    return ", ".join(span.label for span in spans) or "–"
