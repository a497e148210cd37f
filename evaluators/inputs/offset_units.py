"""The unit of predicted offsets, where strings stand beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from pii_sft.errors import RecordError
from pii_sft.targets import Issue

Placed = tuple[int, int, str | None]
"""Start and end as they were given, and the string beside them, if there is one."""

_Converter = Callable[[int, int], tuple[int, int]]


def code_points(
    spans: Sequence[Placed], text: str, id: str
) -> tuple[list[tuple[int, int]], Issue | None]:
    """The spans in code points, ends excluded, and the issue that names what they counted.

    Whatever they count, the text has to hold the string of every span that has one.

    Args:
        spans: of one document.
        text: the document.
        id: its id, for the error.

    Raises:
        RecordError: in no unit does the text hold all of the strings.
    """
    given = [(start, end) for start, end, _ in spans]
    strings = [string for _, _, string in spans]
    if _hold(text, given, strings):
        return given, None
    for issue, convert in _conventions(text):
        places = [convert(*each) for each in given]
        if _hold(text, places, strings):
            return places, issue
    wrong = sum(
        string is not None and text[start:end] != string
        for (start, end), string in zip(given, strings, strict=True)
    )
    raise RecordError(
        "offsets",
        f"the text does not hold the strings of {wrong} of {len(spans)} spans at their offsets, "
        "whether those count code points, UTF-16 units or bytes",
        id,
    )


def _hold(text: str, places: Sequence[tuple[int, int]], strings: Sequence[str | None]) -> bool:
    return all(
        string is None or (start >= 0 and text[start:end] == string)
        for (start, end), string in zip(places, strings, strict=True)
    )


def _conventions(text: str) -> Iterator[tuple[Issue, _Converter]]:
    if not text.isascii():
        yield "utf_16_offsets", _by_sizes([1 + (each > "\uffff") for each in text])
        yield "byte_offsets", _by_sizes([len(each.encode("utf-8", "replace")) for each in text])
    yield "inclusive_ends", lambda start, end: (start, end + 1)
    yield "offsets_from_one", lambda start, end: (start - 1, end - 1)


def _by_sizes(sizes: Sequence[int]) -> _Converter:
    """From offsets in other units; one that splits a character becomes -1, which holds nothing."""
    offsets = list(accumulate(sizes, initial=0))

    def index(offset: int) -> int:
        at = bisect_left(offsets, offset)
        return at if offsets[at : at + 1] == [offset] else -1

    return lambda start, end: (index(start), index(end))
