"""From strings to offsets: where in a text the surfaces of an ordered list of entities stand.

No tokenizer is involved, and the offsets returned always count in the text as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

Tier = Literal["exact", "case", "space", "form"]


class Wanted(msgspec.Struct, frozen=True):
    """A string to be found.

    Attributes:
        surface: the string.
        occurrence: which occurrence of the string in the text is meant, counted from 1 with
            overlapping occurrences included; 0 leaves the choice to the cursor.
    """

    surface: str
    occurrence: int = 0

    def __repr__(self) -> str:
        return f"Wanted(characters={len(self.surface)}, occurrence={self.occurrence})"


class Place(msgspec.Struct, frozen=True):
    """Where a string was found.

    Attributes:
        start: first code point in the text.
        end: code point after the last one.
        tier: how freely the string had to be compared: `exact`; `case`, ignoring upper and
            lower case; `space`, ignoring case and white space; `form`, ignoring also Unicode
            form, width and accents.
    """

    start: int
    end: int
    tier: Tier


def align(text: str, wanted: Sequence[Wanted]) -> list[Place | None]:
    """Place every string of an ordered list, each on an occurrence of its own.

    A string goes to its next free occurrence after the string before it, whole words first; if
    there is none, to a free occurrence further up. Strings that are not in the text as written
    are compared more freely once all others have their place. A string that landed inside a
    longer one moves to a free occurrence outside of all others, if there is one, so that the
    order of the list matters only among equal strings.

    Args:
        text: the text to search.
        wanted: the strings, in the order in which they are thought to stand in the text.

    Returns:
        One place for each string, or None where the text does not hold it, or holds it less
        often than the list does.
    """
    places: list[Place | None] = [None] * len(wanted)
    as_written = _Search(text, _as_written, "exact")
    for tier, view_of in _VIEWS:
        search = as_written if tier == "exact" else _Search(text, view_of, tier, places)
        for index, place in enumerate(places):
            if place is None:
                places[index] = search.take(wanted[index], _end_before(places, index))
        _move_out_of_longer(places, wanted, as_written)
        if None not in places:
            break
    return places


def occurrences(text: str, surface: str) -> list[tuple[int, int]]:
    """Every place of a string in a text, freely compared only if it is not there as written.

    Whole words are preferred: occurrences inside longer words count only when there is no other.
    Form and accents are minded, since the strings of an annotation are copies.
    """
    for tier, view_of in _VIEWS[:-1]:
        search = _Search(text, view_of, tier)
        found = search.all(surface)
        if found:
            whole = [place for place in found if stands_alone(text, *place)]
            return whole or found
    return []


def occurrence_number(text: str, start: int, end: int) -> int:
    """Which occurrence of `text[start:end]` stands at `start`, counted from 1."""
    surface = text[start:end]
    number, at = 1, text.find(surface)
    while at < start:
        number, at = number + 1, text.find(surface, at + 1)
    return number


_JOINED = re.compile(r"[^\W_]")
_FIRST_SCRIPT_WITHOUT_SPACES = "\u0e00"


def _joins(character: str) -> bool:
    return character < _FIRST_SCRIPT_WITHOUT_SPACES and _JOINED.match(character) is not None


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit continues the stretch on either side.

    Scripts written without spaces have no such thing as a longer word, so it always holds there.
    """
    return not (
        (start > 0 and _joins(text[start - 1]) and _joins(text[start]))
        or (end < len(text) and _joins(text[end]) and _joins(text[end - 1]))
    )


class _View(msgspec.Struct, frozen=True):
    """A text made comparable, and the original index of each of its characters.

    `origin` None means that the indices are the same.
    """

    text: str
    origin: Sequence[int] | None


def _as_written(text: str) -> _View:
    return _View(text, None)


def _without_case(text: str) -> _View:
    lowered = text.lower()
    if len(lowered) == len(text):
        return _View(lowered, None)
    pieces = [character.lower() for character in text]
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    return _View("".join(pieces), origin)


def _without_space(text: str) -> _View:
    pieces = ["" if character.isspace() else character.lower() for character in text]
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    return _View("".join(pieces), origin)


def _without_form(text: str) -> _View:
    pieces = [_plain(character) for character in text]
    origin = [index for index, piece in enumerate(pieces) for _ in piece]
    return _View("".join(pieces), origin)


def _plain(character: str) -> str:
    """A character in its compatible form (NFKD), without marks, case and white space."""
    parts = unicodedata.normalize("NFKD", character).lower()
    return "".join(part for part in parts if not (unicodedata.combining(part) or part.isspace()))


_VIEWS: tuple[tuple[Tier, Callable[[str], _View]], ...] = (
    ("exact", _as_written),
    ("case", _without_case),
    ("space", _without_space),
    ("form", _without_form),
)


class _Search:
    """The free occurrences of strings in one view of a text."""

    def __init__(
        self,
        text: str,
        view_of: Callable[[str], _View],
        tier: Tier,
        places: Sequence[Place | None] = (),
    ) -> None:
        self._text = text
        self._view_of = view_of
        self._tier = tier
        self._view = view_of(text)
        self._free: dict[str, list[tuple[int, int]]] = {}
        self._taken = {(place.start, place.end) for place in places if place is not None}

    def all(self, surface: str) -> list[tuple[int, int]]:
        """Every occurrence, taken or not, in text order; inside words only as written."""
        key = self._view_of(surface).text
        if not key:
            return []
        view, origin = self._view.text, self._view.origin
        found = []
        at = view.find(key)
        while at >= 0:
            last = at + len(key) - 1
            start = at if origin is None else origin[at]
            end = (last if origin is None else origin[last]) + 1
            whole = origin is None or not _cuts_character(origin, at, last)
            if self._tier == "exact" or (whole and stands_alone(self._text, start, end)):
                found.append((start, end))
            at = view.find(key, at + 1)
        return found

    def free(self, surface: str) -> list[tuple[int, int]]:
        """Occurrences of a string that nothing occupies, in text order."""
        found = self._free.get(surface)
        if found is None:
            found = [place for place in self.all(surface) if place not in self._taken]
            self._free[surface] = found
        return found

    def take(self, wanted: Wanted, cursor: int) -> Place | None:
        """Give away the occurrence a string asks for, or the best free one."""
        if wanted.occurrence:
            found = self.all(wanted.surface)
            if wanted.occurrence > len(found):
                return None
            return self._give(wanted.surface, found[wanted.occurrence - 1])
        free = self.free(wanted.surface)
        if not free:
            return None
        ahead = bisect_left(free, (cursor, 0))
        for place in (*free[ahead:], *free[:ahead]):
            if stands_alone(self._text, *place):
                return self._give(wanted.surface, place)
        return self._give(wanted.surface, free[ahead % len(free)])

    def take_outside(self, surface: str, placed: Sequence[tuple[int, int]]) -> Place | None:
        """Give away the first free whole word that is not inside one of `placed`."""
        for place in self.free(surface):
            free = place not in placed and not _inside_longer(place, placed)
            if free and stands_alone(self._text, *place):
                return self._give(surface, place)
        return None

    def _give(self, surface: str, place: tuple[int, int]) -> Place:
        free = self.free(surface)
        if place in free:
            free.remove(place)
        self._taken.add(place)
        return Place(*place, self._tier)


def _cuts_character(origin: Sequence[int], first: int, last: int) -> bool:
    """Whether a stretch of a view begins or ends inside what one character became."""
    return (first > 0 and origin[first - 1] == origin[first]) or (
        last + 1 < len(origin) and origin[last + 1] == origin[last]
    )


def _end_before(places: Sequence[Place | None], index: int) -> int:
    for place in reversed(places[:index]):
        if place is not None:
            return place.end
    return 0


def _move_out_of_longer(
    places: list[Place | None], wanted: Sequence[Wanted], search: _Search
) -> None:
    placed = sorted((place.start, place.end) for place in places if place is not None)
    if all(left[1] <= right[0] for left, right in pairwise(placed)):
        return
    for index, place in enumerate(places):
        if place is None or place.tier != "exact" or wanted[index].occurrence:
            continue
        if _inside_longer((place.start, place.end), placed):
            places[index] = search.take_outside(wanted[index].surface, placed) or place


def _inside_longer(place: tuple[int, int], placed: Sequence[tuple[int, int]]) -> bool:
    start, end = place
    return any(
        left <= start and end <= right and right - left > end - start for left, right in placed
    )
