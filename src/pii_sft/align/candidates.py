"""Every place of a string in one text, from the strictest comparison to the freest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, tee

import msgspec

from pii_sft.align import numbers
from pii_sft.align.boundaries import accepted, every, is_most_of_its_words, whole_words
from pii_sft.align.fuzzy import Nearby
from pii_sft.align.normalized_text import (
    WITHOUT_ACCENTS,
    WITHOUT_CASE,
    WITHOUT_FORM,
    WITHOUT_SPACE,
    Comparable,
    View,
)
from pii_sft.align.types import Place, Stretch, Tier, Wanted
from pii_sft.align.whitespace import space_agrees

_MOST_OCCURRENCES = 10_000
_MOST_PARTS_OF_WORDS = 200
_LAST_RESORT = 6


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
        self._views: dict[Comparable, View] = {}
        self._nearby: Nearby | None = None
        self._looking: dict[str, Iterator[Offer]] = {}
        self._counted: dict[str, tuple[list[Stretch], Iterator[Stretch]]] = {}

    def offers(self, surface: str) -> Iterator[Offer]:
        """The places of a string, by the strictest comparison first.

        Whole words come first, by every comparison. Only where there are none, stretches one slip
        away are offered, and only where there are none either, parts of longer words.
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
            self._counted[surface] = ([], every(self._text, surface))
        passed, ahead = self._counted[surface]
        passed += islice(ahead, max(0, number + 1 - len(passed)))
        return passed[number] if number < len(passed) else None

    def _look_for(self, surface: str) -> Iterator[Offer]:
        if not surface:
            return
        found = False
        for offer in _offers(self._of_whole_words(surface), 0):
            found = True
            yield offer
        if not found:
            yield from islice(_offers(self._of_last_resort(surface), _LAST_RESORT), 1)

    def _of_whole_words(self, surface: str) -> Iterator[tuple[Tier, Iterable[Stretch]]]:
        yield "exact", whole_words(self._text, surface)
        yield "case", self._view(WITHOUT_CASE).whole_words(surface)
        yield "space", self._spaced_alike(WITHOUT_SPACE, surface)
        if not (self._text.isascii() and surface.isascii()):
            yield "form", self._spaced_alike(WITHOUT_FORM, surface)
            yield "form", self._spaced_alike(WITHOUT_ACCENTS, surface)
        if numbers.is_number(surface):
            view = self._view(numbers.LETTERS_AND_DIGITS)
            yield "digits", numbers.places(self._text, view, surface)

    def _of_last_resort(self, surface: str) -> Iterator[tuple[Tier, Iterable[Stretch]]]:
        if self._nearby is None:
            self._nearby = Nearby(self._text)
        yield "fuzzy", self._nearby.find(surface)
        yield "exact", self._parts_of_words(surface)

    def _view(self, comparable: Comparable) -> View:
        if comparable not in self._views:
            self._views[comparable] = View(self._text, comparable)
        return self._views[comparable]

    def _spaced_alike(self, comparable: Comparable, surface: str) -> Iterator[Stretch]:
        return accepted(
            self._view(comparable).whole_words(surface),
            lambda each: space_agrees(self._text, each, surface),
        )

    def _parts_of_words(self, surface: str) -> Iterator[Stretch]:
        parts = islice(every(self._text, surface), _MOST_PARTS_OF_WORDS)
        return (stretch for stretch in parts if is_most_of_its_words(self._text, stretch))


def _offers(comparisons: Iterable[tuple[Tier, Iterable[Stretch]]], freedom: int) -> Iterator[Offer]:
    for number, (tier, places) in enumerate(comparisons, freedom):
        stretches = list(islice(places, _MOST_OCCURRENCES))
        if stretches:
            yield Offer(number, tier, stretches)
