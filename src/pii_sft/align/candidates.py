"""Every place of a string in one text, from the strictest comparison to the freest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice, tee

import msgspec

from pii_sft.align import numbers
from pii_sft.align.boundaries import (
    accepted,
    every,
    is_most_of_its_words,
    stands_behind_prefix,
    whole_words,
)
from pii_sft.align.edges import (
    may_be_another,
    without_edges,
    without_title_behind,
    without_titles,
)
from pii_sft.align.fuzzy import Nearby, weight
from pii_sft.align.joints import has_joints, joints_agree
from pii_sft.align.normalize import has_pictures
from pii_sft.align.normalized_text import (
    SPELLED_OUT,
    WITHOUT_ACCENTS,
    WITHOUT_CASE,
    WITHOUT_FORM,
    WITHOUT_HYPHENS,
    WITHOUT_MARKS,
    WITHOUT_PICTURES,
    WITHOUT_SPACE,
    Comparable,
    NormalizedText,
)
from pii_sft.align.substring_index import finder
from pii_sft.align.types import Place, Stretch, Tier, Wanted
from pii_sft.align.whitespace import (
    marks_are_left_out,
    pictures_are_left_out,
    respelling_agrees,
    space_agrees,
)

_MOST_OCCURRENCES = 10_000
_MOST_PARTS_OF_WORDS = 200
_BARE, _UNTITLED, _PREFIXED, _SLIPPED, _IN_WORDS = 10, 20, 30, 31, 32
_LEAST_BARE = 2
_LEAST_RESPELLED = 4

Comparison = tuple[int, Tier, Iterable[Stretch]]
"""The number of stricter comparisons, the tier, and the places that it finds."""


class Offer(msgspec.Struct, frozen=True):
    """Where a text holds a string by one comparison.

    Attributes:
        freedom: how many comparisons are stricter.
        tier: the tier that the comparison belongs to.
        stretches: the places in text order, at least one.
    """

    freedom: int
    tier: Tier
    stretches: list[Stretch]


class Search:
    """The occurrences of strings in one text; what a comparison needs is made when first needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._normalized: dict[Comparable, NormalizedText] = {}
        self._nearby: Nearby | None = None
        self._looking: dict[str, Iterator[Offer]] = {}
        self._counted: dict[str, tuple[list[Stretch], Iterator[Stretch]]] = {}
        self.find = finder(text)

    def offers(self, surface: str) -> Iterator[Offer]:
        """The places of a string, by the strictest comparison first.

        Whole words come first, by every comparison. Only where there are none, the string is looked
        for without its edges, then stretches one typo away are offered, and only where there are
        none either, parts of longer words.
        """
        looking = self._looking.get(surface) or self._look_for(surface)
        self._looking[surface], again = tee(looking)
        return again

    def numbered(self, wanted: Wanted) -> Place | None:
        """The occurrence that a string asks for by its number, inside words as well."""
        number = wanted.occurrence - 1
        if not 0 <= number < len(self._text):
            return None
        as_written = self._as_written(wanted.surface, number)
        if as_written is not None:
            return Place(*as_written, "exact")
        for offer in self.offers(wanted.surface):
            if offer.tier != "exact" and number < len(offer.stretches):
                return Place(*offer.stretches[number], offer.tier)
        return None

    def _as_written(self, surface: str, number: int) -> Stretch | None:
        """An occurrence by its number from 0; those before are looked for but once."""
        if surface not in self._counted:
            self._counted[surface] = ([], every(surface, self.find))
        passed, ahead = self._counted[surface]
        passed += islice(ahead, max(0, number + 1 - len(passed)))
        return passed[number] if number < len(passed) else None

    def _look_for(self, surface: str) -> Iterator[Offer]:
        if not surface:
            return
        found = False
        for offer in _offers(self._of_whole_words(surface)):
            found = True
            yield offer
        if not found:
            yield from islice(_offers(self._of_last_resort(surface)), 1)

    def _of_whole_words(self, surface: str) -> Iterator[Comparison]:
        text = self._text
        yield 0, "exact", whole_words(text, surface, self.find)
        yield 1, "case", self._normalized_as(WITHOUT_CASE).whole_words(surface)
        yield 2, "space", self._alike(WITHOUT_SPACE, surface, space_agrees)
        plain = text.isascii() and surface.isascii()
        if not plain:
            yield 3, "form", self._alike(WITHOUT_FORM, surface, space_agrees)
            yield 4, "form", self._alike(WITHOUT_ACCENTS, surface, space_agrees)
        if numbers.is_number(surface):
            view = self._normalized_as(numbers.LETTERS_AND_DIGITS)
            yield 5, "digits", numbers.places(text, view, surface)
        if self._has_joints or has_joints(surface):
            yield 6, "form", self._alike(WITHOUT_HYPHENS, surface, joints_agree)
        if not plain and weight(surface) >= _LEAST_RESPELLED:
            yield 7, "form", self._alike(SPELLED_OUT, surface, respelling_agrees)
            yield 8, "form", self._alike(WITHOUT_MARKS, surface, marks_are_left_out)
        if self._has_pictures and weight(surface) >= _LEAST_RESPELLED and not has_pictures(surface):
            yield 9, "fuzzy", self._alike(WITHOUT_PICTURES, surface, pictures_are_left_out)

    def _of_last_resort(self, surface: str) -> Iterator[Comparison]:
        bare = without_edges(surface)
        untitled = without_title_behind(bare)
        for name in dict.fromkeys((bare, untitled)):
            if name != surface and weight(name) >= _LEAST_BARE:
                for freedom, _, places in self._of_whole_words(name):
                    yield _BARE + freedom, "fuzzy", places
        for name in without_titles(bare):
            for freedom, _, places in self._of_whole_words(name):
                of_whom = accepted(places, lambda each: not may_be_another(self._text, each))
                yield _UNTITLED + freedom, "fuzzy", of_whom
        if self._nearby is None:
            self._nearby = Nearby(self._text)
        yield _PREFIXED, "exact", self._parts_of_words(surface, stands_behind_prefix)
        yield _SLIPPED, "fuzzy", self._nearby.find(surface)
        yield _IN_WORDS, "exact", self._parts_of_words(surface, is_most_of_its_words)

    @cached_property
    def _has_pictures(self) -> bool:
        return has_pictures(self._text)

    @cached_property
    def _has_joints(self) -> bool:
        return has_joints(self._text)

    def _normalized_as(self, comparable: Comparable) -> NormalizedText:
        if comparable not in self._normalized:
            self._normalized[comparable] = NormalizedText(self._text, comparable)
        return self._normalized[comparable]

    def _alike(
        self, comparable: Comparable, surface: str, agrees: Callable[[str, Stretch, str], bool]
    ) -> Iterator[Stretch]:
        return accepted(
            self._normalized_as(comparable).whole_words(surface),
            lambda each: agrees(self._text, each, surface),
        )

    def _parts_of_words(
        self, surface: str, accepts: Callable[[str, Stretch], bool]
    ) -> Iterator[Stretch]:
        parts = islice(every(surface, self.find), _MOST_PARTS_OF_WORDS)
        return (stretch for stretch in parts if accepts(self._text, stretch))


def _offers(comparisons: Iterable[Comparison]) -> Iterator[Offer]:
    for freedom, tier, places in comparisons:
        stretches = list(islice(places, _MOST_OCCURRENCES))
        if stretches:
            yield Offer(freedom, tier, stretches)
