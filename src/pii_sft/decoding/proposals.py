"""Proposals: entities that a model could open, with its probabilities, and the choice among them.

The model decides at every place of a text whether an entity opens there. `choose` applies a bias to
the log-odds of that decision, and thresholds to the confidence in what follows from it, without
asking the model again. Every character that is covered at one bias is also covered at a higher one.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from pii_sft.spans import Span, reading_order

_CHUNK_ON_CPU = 8
_CHUNK_ON_GPU = 48

ANCHORED_TARGET = "tags"
"""The target whose answers are the text itself, so that the copy can be forced."""

NO_THRESHOLDS: Mapping[str, float] = MappingProxyType({})


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """An entity, and the model's three decisions about it.

    Attributes:
        start: first code point.
        end: code point after the last one.
        label: its label.
        open: log-odds of opening an entity here against going on with the text.
        label_logprob: natural logarithm of the probability of the label, once it is open.
        end_logprob: of the end, once it has that label.
        taken: whether it is part of the model's own answer, without any bias.
        labels: other labels with their log-probabilities, most probable first.
        ends: other ends with theirs.
    """

    start: int
    end: int
    label: str
    open: float
    label_logprob: float
    end_logprob: float
    taken: bool
    labels: tuple[tuple[str, float], ...] = ()
    ends: tuple[tuple[int, float], ...] = ()

    @property
    def span(self) -> Span:
        """Its place and its label."""
        return Span(self.start, self.end, self.label)

    @property
    def score(self) -> float:
        """P(open) P(label) P(end), from 0 to 1; no bias changes it."""
        return math.exp(-_softplus(-self.open) + self.label_logprob + self.end_logprob)

    def moved(self, by: int) -> Proposal:
        """The same entity in a text that begins earlier."""
        ends = tuple((end + by, logprob) for end, logprob in self.ends)
        return msgspec.structs.replace(self, start=self.start + by, end=self.end + by, ends=ends)


class Anchoring(msgspec.Struct, frozen=True):
    """Settings of anchored decoding.

    Attributes:
        floor: least P(open) of a place that is followed up beside the answer; 1 follows up none.
        chunk: how many tokens of the text are drafted at once; 0 chooses by device.
        end_chunk: how many of them in search of an end; 0 for half of that.
        depth: how many entities may be open at once.
    """

    floor: float = 0.01
    chunk: int = 0
    end_chunk: int = 0
    depth: int = 3

    @property
    def floor_odds(self) -> float:
        """Log-odds of the floor."""
        return math.inf if self.floor >= 1 else math.log(self.floor / (1 - self.floor))

    def nested(self, depth: int) -> Anchoring:
        """Give these settings for annotation of this nesting depth; 0 if it is not known."""
        return msgspec.structs.replace(self, depth=depth) if depth else self

    def on(self, device: str) -> Anchoring:
        """Give these settings with chunks that suit a device.

        On a CPU every token of a draft costs time, and those after the next entity are wasted. On a
        GPU a pass over fifty tokens takes as long as over one.
        """
        chunk = self.chunk or (_CHUNK_ON_CPU if device == "cpu" else _CHUNK_ON_GPU)
        return msgspec.structs.replace(self, chunk=chunk, end_chunk=self.end_chunk or chunk // 2)


class Anchored(msgspec.Struct, frozen=True):
    """Proposals about one document, those of the model's own answer among them.

    Attributes:
        proposals: in reading order.
        passes: how many times the model was asked.
        tokens: how many tokens it read for that, without the prompt.
    """

    proposals: tuple[Proposal, ...]
    passes: int
    tokens: int


def choose(
    proposals: Sequence[Proposal],
    text: str,
    *,
    recall_bias: float = 0.0,
    threshold: float = 0.0,
    thresholds: Mapping[str, float] = NO_THRESHOLDS,
) -> list[Proposal]:
    """The entities that count.

    Entities of the model's own answer come first, then the others by falling log-odds. If one
    overlaps an earlier one, only its free part is kept.

    Args:
        proposals: of one document.
        text: its text.
        recall_bias: added to the log-odds of opening; above 0 more entities count, below 0 fewer.
        threshold: least score of an entity.
        thresholds: least score by label, instead of `threshold`.

    Returns:
        In reading order.
    """
    passing = [
        each
        for each in proposals
        if each.open + recall_bias >= 0 and each.score >= thresholds.get(each.label, threshold)
    ]
    chosen = [each for each in passing if each.taken]
    covered = _Covered()
    for each in chosen:
        covered.add(each.start, each.end)
    others = [each for each in passing if not each.taken]
    for each in sorted(others, key=lambda each: (-each.open, each.start)):
        rest = covered.rest(each.start, each.end)
        if rest is None:
            continue
        start, end = _without_space(text, *rest)
        if start < end:
            covered.add(start, end)
            chosen.append(msgspec.structs.replace(each, start=start, end=end))
    return sorted(chosen, key=lambda each: reading_order(each.span))


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


class _Covered:
    """Stretches that are taken, none of which overlaps another."""

    def __init__(self) -> None:
        self._stretches: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        at = bisect_left(self._stretches, (start, start))
        while at and self._stretches[at - 1][1] > start:
            at -= 1
        while at < len(self._stretches) and self._stretches[at][0] < end:
            other = self._stretches.pop(at)
            start, end = min(start, other[0]), max(end, other[1])
        insort(self._stretches, (start, end))

    def rest(self, start: int, end: int) -> tuple[int, int] | None:
        """The first part of a stretch that is free; None if there is none."""
        at = bisect_left(self._stretches, (start, start))
        if at and self._stretches[at - 1][1] > start:
            at -= 1
        while start < end and at < len(self._stretches):
            begun, done = self._stretches[at]
            if begun > start:
                return start, min(begun, end)
            start, at = done, at + 1
        return (start, end) if start < end else None


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))
