"""A text made comparable, and the way back to where its characters came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, repeat

from pii_sft.align.folding import formless, unaccented
from pii_sft.align.places import Stretch
from pii_sft.align.words import accepted, every, splits_character, stands_alone


class View:
    """A text as one tier compares it.

    Args:
        text: the text.
        comparable: makes texts and strings comparable, each character for itself.
    """

    def __init__(self, text: str, comparable: Callable[[str], str]) -> None:
        self._source = text
        self._comparable = comparable

    @cached_property
    def text(self) -> str:
        """The comparable text."""
        return self._comparable(self._source)

    @cached_property
    def origin(self) -> Sequence[int]:
        """For each character of the comparable text, the index of the one it came from."""
        comparable = self._comparable
        sizes = {each: len(comparable(each)) for each in set(self._source)}
        indices = range(len(self._source))
        if set(sizes.values()) <= {1}:
            return indices
        return list(chain.from_iterable(map(repeat, indices, map(sizes.__getitem__, self._source))))

    def whole_words(self, surface: str) -> Iterator[Stretch]:
        """Where the text holds a string, in words of its own."""
        key = self._comparable(surface)
        if key not in self.text:
            return iter(())
        hits = (self._original(first, last) for first, last in every(self.text, key))
        return accepted(hits, lambda hit: hit[0] < hit[1] and stands_alone(self._source, *hit))

    def _original(self, first: int, last: int) -> Stretch:
        """A stretch of the source; empty if it splits what one character of it became."""
        source, origin = self._source, self.origin
        start, end = origin[first], origin[last - 1] + 1
        behind = origin[last] if last < len(origin) else len(source)
        if (first > 0 and origin[first - 1] == start) or behind < end:
            return start, start
        while end < behind and splits_character(source, end):
            end += 1
        return start, end


def without_case(text: str) -> View:
    """Upper and lower case are the same."""
    return View(text, str.lower)


def without_space(text: str) -> View:
    """Without white space, too."""
    return View(text, lambda string: _joined(string.lower()))


def without_form(text: str) -> View:
    """Without Unicode form, width and the shape of quotes and dashes, too."""
    return View(text, lambda string: _joined(formless(string)))


def without_accents(text: str) -> View:
    """Without accents, too."""
    return View(text, lambda string: _joined(unaccented(string)))


def _joined(string: str) -> str:
    return "".join(string.split())
