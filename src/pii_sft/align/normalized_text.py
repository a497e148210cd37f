"""A text made comparable, and the way back to where its characters came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, compress, repeat

from pii_sft.align.boundaries import accepted, every, splits_character, stands_alone
from pii_sft.align.normalize import (
    formless,
    markless,
    pictureless,
    spelled_out,
    unaccented,
    without_joints,
    without_space,
)
from pii_sft.align.substring_index import finder
from pii_sft.align.types import Stretch


class Comparable:
    """A text as one tier reads it: what it compares of each character, and how much that is.

    Args:
        fold: makes texts and strings comparable, each character for itself.
    """

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.fold = fold
        self._sizes = _Sizes(fold)

    def sizes(self, text: str) -> bytes:
        """For each character, how many it becomes, which is 18 at most."""
        return bytes(map(self._sizes.__getitem__, text))


class _Sizes(dict[str, int]):
    """Folded forms of characters, computed when they are met first."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self._fold = fold

    def __missing__(self, character: str) -> int:
        size = self[character] = len(self._fold(character))
        return size


class NormalizedText:
    """A text as one tier compares it.

    Args:
        text: the text.
        comparable: what is compared of it.
    """

    def __init__(self, text: str, comparable: Comparable) -> None:
        self._source = text
        self._comparable = comparable
        self.text = comparable.fold(text)
        self._find = finder(self.text)

    @cached_property
    def origin(self) -> Sequence[int]:
        """For each character of the comparable text, the index of the one it came from."""
        indices = range(len(self._source))
        sizes = self._comparable.sizes(self._source)
        if max(sizes, default=1) > 1:
            return list(chain.from_iterable(map(repeat, indices, sizes)))
        return indices if len(self.text) == len(indices) else list(compress(indices, sizes))

    def whole_words(self, surface: str) -> Iterator[Stretch]:
        """Where the text holds a string, in words of its own."""
        return accepted(self.every(surface), lambda hit: stands_alone(self._source, *hit))

    def every(self, surface: str) -> Iterator[Stretch]:
        """Where the text holds a string, inside words as well, but never half a character."""
        key = self._comparable.fold(surface)
        if key and self._find(key, 0) >= 0:
            hits = (self._original(first, last) for first, last in every(key, self._find))
            yield from (hit for hit in hits if hit[0] < hit[1])

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


WITHOUT_CASE = Comparable(str.lower)
"""Upper and lower case are the same."""

WITHOUT_SPACE = Comparable(lambda text: without_space(text.lower()))
"""Without white space, too."""

WITHOUT_FORM = Comparable(lambda text: without_space(formless(text)))
"""Without Unicode form, width and the shape of quotes and dashes, too."""

WITHOUT_ACCENTS = Comparable(lambda text: without_space(unaccented(text)))
"""Without accents, too."""

WITHOUT_HYPHENS = Comparable(lambda text: without_joints(unaccented(text)))
"""Without hyphens and apostrophes, too."""

SPELLED_OUT = Comparable(lambda text: without_space(spelled_out(text)))
"""Letters as they are written where a keyboard does not have them, too."""

WITHOUT_MARKS = Comparable(lambda text: without_space(markless(text)))
"""Without any marks, which a string may leave out."""

WITHOUT_PICTURES = Comparable(lambda text: without_space(pictureless(text)))
"""Without emoji, which an answer may leave out."""
