"""The whole of aligning: strings of a list to places in a text, each to one of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pii_sft.align.assignment import Group, in_order, inside_longer, jointly
from pii_sft.align.boundaries import every, next_whole, whole_words
from pii_sft.align.candidates import Offer, Search
from pii_sft.align.normalized_text import WITHOUT_CASE, WITHOUT_SPACE, NormalizedText
from pii_sft.align.substring_index import finder
from pii_sft.align.types import Place, Policy, Stretch, Wanted
from pii_sft.align.whitespace import space_agrees


def align(text: str, wanted: Sequence[Wanted]) -> list[Place | None]:
    """Place every string of an ordered list, each on an occurrence of its own.

    Where all strings can stand in the order of the list without overlap, each takes its next
    occurrence; so the first strings of such a list have the same places without the others. Where
    not, the list is placed jointly (`pii_sft.align.assignment.jointly`). The order of the list
    decides only which of several occurrences a string means; how often it is placed, and how
    freely it is compared, does not depend on it. Strings that differ in nothing that the comparison
    minds are one string.

    Args:
        text: the text to search.
        wanted: the strings, in the order in which they are thought to stand in the text.

    Returns:
        One place for each string, or None where the text does not hold it, or holds it less
        often than the list does.
    """
    search = Search(text)
    places = _straight(text, wanted, search)
    return _Alignment(search, wanted, "next").places if places is None else places


def align_by(
    text: str, wanted: Sequence[Wanted], policy: Policy = "next"
) -> list[tuple[Place, ...]]:
    """The places of every string of a list under a policy.

    Args:
        text: the text to search.
        wanted: the strings, in the order in which they are thought to stand in the text.
        policy: which occurrence is meant, if the text holds several. With `all`, equal strings get
            the same places; an occurrence inside one of a longer string of the list counts only
            where there is no other. A string with a number has the place of that number always.

    Returns:
        For each string its places in text order, empty where the text does not hold it.
    """
    if policy == "all":
        return _everywhere(text, wanted)
    if policy == "next":
        places = align(text, wanted)
    else:
        places = _Alignment(Search(text), wanted, policy).places
    return [() if place is None else (place,) for place in places]


def _straight(text: str, wanted: Sequence[Wanted], search: Search) -> list[Place | None] | None:
    """Read a list that stands in order, but for strings that stand nowhere.

    This is what becomes of most lists, so of strings that stand in the text as written no more
    occurrences are looked up than are needed. It gives what placing the list jointly would give.

    Returns:
        None if a string stands only before the one it is listed behind, has a number, or may have
        to give way to another string.
    """
    places: list[Place | None] = []
    freely: dict[str, Offer] = {}
    nowhere = {""}
    cursor = 0
    find = search.find
    for each in wanted:
        surface = each.surface
        if each.occurrence:
            return None
        if surface in nowhere:
            places.append(None)
            continue
        start = -1 if surface in freely else next_whole(text, surface, cursor, find)
        if start >= 0:
            cursor = start + len(surface)
            places.append(Place(start, cursor, "exact"))
            continue
        offer = next(search.offers(surface), None)
        if offer is None:
            nowhere.add(surface)
            places.append(None)
            continue
        at = bisect_left(offer.stretches, (cursor, 0))
        if offer.freedom == 0 or at == len(offer.stretches):
            return None
        freely[surface] = offer
        cursor = offer.stretches[at][1]
        places.append(Place(*offer.stretches[at], offer.tier))
    return None if freely and _compete(text, wanted, freely) else places


def _compete(text: str, wanted: Sequence[Wanted], freely: dict[str, Offer]) -> bool:
    """True if strings that are not there as written could stand where other strings could."""
    surfaces = {each.surface for each in wanted}
    stretches = [stretch for offer in freely.values() for stretch in offer.stretches]
    return len(set(stretches)) < len(stretches) or any(
        text[slice(*stretch)] in surfaces for stretch in stretches
    )


class _Alignment:
    """One list of strings on its way to its places."""

    def __init__(self, search: Search, wanted: Sequence[Wanted], policy: Policy) -> None:
        self._wanted = wanted
        self._search = search
        self.places: list[Place | None] = [
            self._search.numbered(each) if each.occurrence else None for each in wanted
        ]
        self._taken = {(place.start, place.end) for place in self.places if place is not None}
        waiting = [index for index, each in enumerate(wanted) if not each.occurrence]
        while waiting and (groups := self._groups(waiting)):
            self._place(groups, policy)
            waiting = [index for index in waiting if self.places[index] is None]

    def _place(self, groups: list[Group], policy: Policy) -> None:
        fixed = {
            index: (place.start, place.end)
            for index, place in enumerate(self.places)
            if place is not None
        }
        given = in_order(groups, fixed) if policy == "next" else None
        if given is None:
            given = jointly(groups, fixed, policy)
        tiers = {item: group.tier for group in groups for item in group.items}
        for index, stretch in given.items():
            self.places[index] = Place(*stretch, tiers[index])
        self._taken.update(given.values())

    def _groups(self, waiting: list[int]) -> list[Group]:
        """Places for the strings without one, at the strictest tier that is left to them.

        What two of them could have goes to the one that is compared more strictly; the other may
        have to wait until that has made its choice.
        """
        items: dict[str, list[int]] = {}
        for index in waiting:
            items.setdefault(self._wanted[index].surface, []).append(index)
        offers = [(surface, offer) for surface in items if (offer := self._free_offer(surface))]
        offers.sort(key=lambda pair: (pair[1].freedom, pair[0]))
        groups: dict[tuple[int, tuple[Stretch, ...]], Group] = {}
        spoken_for: set[Stretch] = set()
        for surface, offer in offers:
            key = (offer.freedom, tuple(offer.stretches))
            if key in groups:
                groups[key].items = sorted([*groups[key].items, *items[surface]])
                continue
            stretches = [each for each in offer.stretches if each not in spoken_for]
            spoken_for.update(stretches)
            if stretches:
                groups[key] = Group(offer.tier, stretches, items[surface])
        return list(groups.values())

    def _free_offer(self, surface: str) -> Offer | None:
        for offer in self._search.offers(surface):
            stretches = [each for each in offer.stretches if each not in self._taken]
            if stretches:
                return Offer(offer.freedom, offer.tier, stretches)
        return None


def _everywhere(text: str, wanted: Sequence[Wanted]) -> list[tuple[Place, ...]]:
    search = Search(text)
    offers = {
        each.surface: next(search.offers(each.surface), None)
        for each in wanted
        if not each.occurrence
    }
    inside = inside_longer(
        stretch for offer in offers.values() if offer for stretch in offer.stretches
    )
    places: list[tuple[Place, ...]] = []
    for each in wanted:
        offer = offers.get(each.surface)
        if each.occurrence:
            place = search.numbered(each)
            places.append(() if place is None else (place,))
        elif offer is None:
            places.append(())
        else:
            outside = [stretch for stretch in offer.stretches if stretch not in inside]
            chosen = outside or offer.stretches
            places.append(tuple(Place(*stretch, offer.tier) for stretch in chosen))
    return places


def occurrences(text: str, surface: str) -> list[Stretch]:
    """Every place of a string in a text, freely compared only if it is not there as written.

    Whole words are preferred: occurrences inside longer words count only when there is no other.
    Case and white space may differ; form, accents and single letters may not, since the strings of
    an annotation are copies.
    """
    if surface in text:
        find = finder(text)
        return list(whole_words(text, surface, find)) or list(every(surface, find))
    found = list(NormalizedText(text, WITHOUT_CASE).whole_words(surface))
    if found:
        return found
    spaceless = NormalizedText(text, WITHOUT_SPACE).whole_words(surface)
    return [each for each in spaceless if space_agrees(text, each, surface)]


def occurrence_number(text: str, start: int, end: int) -> int:
    """Number of the occurrence of `text[start:end]` that stands at `start`, counted from 1."""
    surface = text[start:end]
    number, at = 1, text.find(surface)
    while at < start:
        number, at = number + 1, text.find(surface, at + 1)
    return number
