"""Long documents: cut into overlapping windows that a model can read, and put together again.

Windows end at line or sentence ends wherever one is in reach, and no span is ever cut: what stands
in a window stands there whole.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice

import msgspec
import regex

from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span, reading_order

Length = Callable[[str], int]

META_KEY = "window"


class Window(msgspec.Struct, frozen=True):
    """Place of a window in its document; kept in `meta["window"]`.

    Attributes:
        document: id of the document.
        start: first code point of the window in the document.
        end: code point after the last one.
    """

    document: str
    start: int
    end: int


class Placed(msgspec.Struct, frozen=True):
    """A span of a document, and the prediction it came from.

    Attributes:
        span: with offsets in the document.
        window: index of the window that saw it best.
        index: its index among the spans of that window.
    """

    span: Span
    window: int
    index: int


def check_limits(limit: int, overlap: int) -> None:
    """Refuse limits that can't be.

    Raises:
        UsageError: the limit is not positive, or the overlap is negative or not below the limit.
    """
    if limit < 1 or not 0 <= overlap < limit:
        raise UsageError(
            f"Windows of {limit} with an overlap of {overlap} can't be: "
            "the limit has to be positive, and the overlap below it."
        )


def cut(
    document: Document, limit: int, overlap: int = 0, length: Length = len
) -> tuple[Document, ...]:
    """Cut a document into windows; one that is short enough stays as it is.

    Windows are named `<id>#w1`, `<id>#w2` and so on, carry their spans with offsets of their own,
    and say in `meta["window"]` where they stand.

    Args:
        document: what to cut.
        limit: longest window, in the unit of `length`.
        overlap: how much of a window its successor repeats at most, in the same unit.
        length: measures a text; the number of its code points, unless told otherwise.

    Returns:
        Windows in text order, which together cover the text. One that holds a single span or a
        single character longer than the limit is longer than the limit.

    Raises:
        UsageError: the limits can't be.
    """
    check_limits(limit, overlap)
    if length(document.text) <= limit:
        return (document,)
    bounds = _Cutter(document, limit, overlap, length).bounds()
    return tuple(
        _window(document, number, start, end) for number, (start, end) in enumerate(bounds, 1)
    )


def _window(document: Document, number: int, start: int, end: int) -> Document:
    spans = tuple(
        Span(span.start - start, span.end - start, span.label)
        for span in document.spans
        if start <= span.start and span.end <= end
    )
    place = msgspec.structs.asdict(Window(document.id, start, end))
    return Document(
        f"{document.id}#w{number}",
        document.text[start:end],
        spans,
        {**document.meta, META_KEY: place},
    )


def window_of(document: Document) -> Window | None:
    """Place of a window in its document; None for a document that is whole."""
    place = document.meta.get(META_KEY)
    if place is None:
        return None
    try:
        return msgspec.convert(place, Window)
    except msgspec.ValidationError:
        return None


_STRONG = regex.compile(
    r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]"
    r"|[.!?\u2026]+[\p{Pe}\p{Pf}\"']*\s+"
    r"|(?![.!?])\p{Sentence_Terminal}+[\p{Pe}\p{Pf}\"']*\s*"
)
_WEAK = regex.compile(r"\s+|[\uff0c\u3001\uff1b\uff1a]")
_GRAPHEME = regex.compile(r"\X")
_CHARACTER = regex.compile(r"(?s:.)")
_WORD_END = 1
"""The last kind of end that leaves words whole."""

_REACH = 4
"""Multiple of the expected length of a window that is searched for ends that are neither."""


class _Cutter:
    """Finds the bounds of the windows of one document."""

    def __init__(self, document: Document, limit: int, overlap: int, length: Length) -> None:
        self._text = document.text
        self._limit = limit
        self._overlap = overlap
        self._length = length
        self._covered = _covered(document.spans)
        self._starts = [start for start, _ in self._covered]
        share = len(self._text) / length(self._text)
        self._expected = max(1, math.ceil(share * limit))

    def bounds(self) -> list[tuple[int, int]]:
        """Start and end of each window."""
        found: list[tuple[int, int]] = []
        start = beyond = 0
        while beyond < len(self._text):
            reach = self._end(start, beyond)
            if reach is None and start < beyond:
                start = beyond
                continue
            end, level = reach or (self._end_of_longer(start), 0)
            found.append((start, end))
            start, beyond = self._next_start(start, end, level), end
        return found

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        """Good ends of a window: after lines and sentences; after white space and commas."""
        size = len(self._text)
        strong, weak = (
            [*(match.end() for match in pattern.finditer(self._text)), size]
            for pattern in (_STRONG, _WEAK)
        )
        return self._outside_spans(strong), self._outside_spans(weak)

    def _levels(self, after: int, before: int) -> Iterator[list[int]]:
        """Possible ends between two places, best kind first."""
        yield from self._ends
        for pattern in (_GRAPHEME, _CHARACTER):
            matches = pattern.finditer(self._text, after, before)
            yield self._outside_spans([match.end() for match in matches])

    def _end(self, start: int, beyond: int) -> tuple[int, int] | None:
        """The furthest end behind `beyond` that keeps a window from `start` within the limit."""
        expected = start + self._expected
        furthest = max(expected, beyond) + _REACH * self._expected
        for level, ends in enumerate(self._levels(beyond, furthest)):
            end = _last(
                ends,
                bisect_right(ends, beyond),
                bisect_right(ends, expected),
                lambda end: self._length(self._text[start:end]) <= self._limit,
            )
            if end is not None:
                return end, level
        return None

    def _end_of_longer(self, start: int) -> int:
        """The end of a span, or character, that alone is longer than the limit."""
        index = bisect_right(self._starts, start) - 1
        return max(start + 1, self._covered[index][1]) if index >= 0 else start + 1

    def _next_start(self, start: int, end: int, level: int) -> int:
        """Start of the next window: as far back as the overlap reaches, at a bound as good."""
        if not self._overlap or end == len(self._text):
            return end
        levels = self._levels(max(start, end - self._expected), end)
        for places in islice(levels, level, max(level, _WORD_END) + 1):
            fitting = _first(
                places,
                bisect_right(places, start),
                bisect_left(places, end),
                lambda place: self._length(self._text[place:end]) <= self._overlap,
            )
            if fitting is not None:
                return fitting
        return end

    def _outside_spans(self, places: list[int]) -> list[int]:
        covered, starts = self._covered, self._starts
        if not covered:
            return places
        free = []
        for place in places:
            index = bisect_left(starts, place) - 1
            if index < 0 or covered[index][1] <= place:
                free.append(place)
        return free


def _covered(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """The stretches that spans cover, those that overlap as one."""
    stretches: list[tuple[int, int]] = []
    for span in sorted(spans):
        if stretches and span.start < stretches[-1][1]:
            start, end = stretches[-1]
            stretches[-1] = (start, max(end, span.end))
        else:
            stretches.append((span.start, span.end))
    return stretches


def _last(places: Sequence[int], low: int, guess: int, fits: Callable[[int], bool]) -> int | None:
    """The last place from index `low` on that fits, where those before one that fits do too."""
    if low >= len(places) or not fits(places[low]):
        return None
    high = max(guess, low + 1)
    while high < len(places) and fits(places[high]):
        low, high = high, high + 2 * (high - low)
    high = min(high, len(places))
    while high - low > 1:
        middle = (low + high) // 2
        if fits(places[middle]):
            low = middle
        else:
            high = middle
    return places[low]


def _first(places: Sequence[int], low: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The first place from index `low` to before `high` that fits, where all after it do too."""
    if low >= high or not fits(places[high - 1]):
        return None
    while low < high - 1:
        middle = (low + high - 1) // 2
        if fits(places[middle]):
            high = middle + 1
        else:
            low = middle + 1
    return places[low]


def merge(document: Document, windows: Sequence[Document]) -> tuple[Span, ...]:
    """The spans of a document, from those of its windows.

    Args:
        document: the document that was cut.
        windows: its windows, with the spans that were found in each.

    Returns:
        Spans sorted by `(start, -end, label)`, each once; see `placed` for how windows agree.
    """
    return tuple(each.span for each in placed(document, windows))


def placed(document: Document, windows: Sequence[Document]) -> list[Placed]:
    """The spans of a document, each with the prediction it came from.

    Where two windows overlap and disagree, the span that stands farther from the edge of its window
    is taken: at an edge a model sees half a sentence, or half a name. Spans overlap in earnest when
    one window has found them both. A span that the other window does not have at all is kept.

    Args:
        document: the document that was cut.
        windows: its windows, or the document itself where it was not cut.

    Raises:
        UsageError: a window is not of this document.
    """
    seen: dict[Span, _Seen] = {}
    for number, window in enumerate(windows):
        place = window_of(window) or Window(window.id, 0, len(window.text))
        if place.document != document.id:
            raise UsageError(f"Window {window.id} is not of document {document.id}.")
        for index, found in enumerate(window.spans):
            span = Span(found.start + place.start, found.end + place.start, found.label)
            margin = _margin(span, place, len(document.text))
            seen.setdefault(span, _Seen(span)).add(margin, number, index)
    kept: list[_Seen] = []
    taken = _Taken()
    for each in sorted(seen.values(), key=_best_first):
        if not taken.contradicts(each):
            taken.add(each)
            kept.append(each)
    chosen = [Placed(each.span, each.window, each.index) for each in kept]
    return sorted(chosen, key=lambda each: reading_order(each.span))


def _margin(span: Span, place: Window, length: int) -> float:
    """Distance of a span from the nearer edge at which its window was cut."""
    before = span.start - place.start if place.start > 0 else math.inf
    after = place.end - span.end if place.end < length else math.inf
    return min(before, after)


class _Seen(msgspec.Struct):
    """A span of the document, and the windows that have it; the one with most margin counts."""

    span: Span
    margin: float = -1.0
    window: int = 0
    index: int = 0
    windows: set[int] = msgspec.field(default_factory=set)

    def add(self, margin: float, window: int, index: int) -> None:
        self.windows.add(window)
        if margin > self.margin:
            self.margin, self.window, self.index = margin, window, index


def _best_first(each: _Seen) -> tuple[float, int, tuple[int, int, str]]:
    return (-each.margin, each.span.start - each.span.end, reading_order(each.span))


class _Taken:
    """Spans that are settled, sorted by start."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._spans: list[_Seen] = []
        self._longest = 0

    def add(self, each: _Seen) -> None:
        at = bisect_right(self._starts, each.span.start)
        self._starts.insert(at, each.span.start)
        self._spans.insert(at, each)
        self._longest = max(self._longest, each.span.end - each.span.start)

    def contradicts(self, each: _Seen) -> bool:
        """True if a settled span of other windows overlaps this one."""
        start, end = each.span.start, each.span.end
        low = bisect_right(self._starts, start - self._longest)
        high = bisect_left(self._starts, end)
        return any(
            other.span.end > start and other.windows.isdisjoint(each.windows)
            for other in self._spans[low:high]
        )
