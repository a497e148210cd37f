"""Assignment of the strings of a list to their occurrences in the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from pii_sft.align.types import Policy, Stretch, Tier

_MOST_PAIRS = 50_000


class Group(msgspec.Struct):
    """Strings of the list that are the same to the text.

    Attributes:
        tier: how freely they were compared.
        stretches: their occurrences that are free, in text order.
        items: their indices in the list, ascending.
    """

    tier: Tier
    stretches: list[Stretch]
    items: list[int]


Given = dict[int, Stretch]
"""Stretches by index of the list."""


def in_order(groups: Sequence[Group], fixed: Mapping[int, Stretch]) -> Given | None:
    """Read the list from left to right: each string at its next occurrence behind the one before.

    A string that is listed more often than it occurs is left out when it has run out.

    Args:
        groups: the strings to be placed.
        fixed: stretches that are decided, by index of the list.

    Returns:
        None if a string has no occurrence behind the one before, or a decided one lies before it.
    """
    group_of = {item: group for group in groups for item in group.items}
    left = {id(group): len(group.stretches) for group in groups}
    given: Given = {}
    cursor = 0
    for index in sorted([*group_of, *fixed]):
        stretch = fixed.get(index)
        if stretch is None:
            group = group_of[index]
            if not left[id(group)]:
                continue
            at = bisect_left(group.stretches, (cursor, 0))
            if at == len(group.stretches):
                return None
            stretch = given[index] = group.stretches[at]
            left[id(group)] -= 1
        if stretch[0] < cursor:
            return None
        cursor = stretch[1]
    return given


def jointly(groups: Sequence[Group], fixed: Mapping[int, Stretch], policy: Policy) -> Given:
    """Place a list that can't be read from left to right.

    Strings that are listed as often as they occur take all their occurrences; the order of the list
    only says which of several equal strings is which. An occurrence inside one of a longer string
    of the list counts only where there is no other. Strings that could stand in several places are
    placed so that as many as possible of the list are in order, without overlap; the others take
    the next occurrence that is left, counting from the string before them.

    Args:
        groups: the strings to be placed.
        fixed: stretches that are decided, by index of the list.
        policy: with `first`, strings that could stand in several places take the first.
    """
    inside = inside_longer(
        [*fixed.values(), *(each for group in groups for each in group.stretches)]
    )
    given: Given = {}
    undecided: list[Group] = []
    for group in groups:
        outside = [each for each in group.stretches if each not in inside]
        choice = outside or group.stretches
        if len(group.items) < len(choice) and policy == "next":
            undecided.append(Group(group.tier, choice, group.items))
            continue
        nested = [each for each in group.stretches if each in inside]
        chosen = (outside + nested)[: len(group.items)]
        given.update(zip(group.items, sorted(chosen), strict=False))
    if undecided:
        given.update(_by_order(undecided, {**fixed, **given}))
    return given


def _by_order(groups: Sequence[Group], decided: Mapping[int, Stretch]) -> Given:
    """Let the order of the list decide."""
    occupied = _Occupied(decided.values())
    clear = [
        Group(group.tier, [each for each in group.stretches if each not in occupied], group.items)
        for group in groups
    ]
    ordered = _longest_in_order(clear, decided)
    on_chain = [
        Group(group.tier, group.stretches, [item for item in group.items if item in ordered])
        for group in clear
    ]
    decided_on_chain = {index: each for index, each in decided.items() if index in ordered}
    given = in_order(on_chain, decided_on_chain) or {}
    occupied.add(given.values())
    _place_the_rest(groups, {**decided, **given}, given, occupied)
    for group in groups:
        given.update(zip(group.items, sorted(given[item] for item in group.items), strict=True))
    return given


class _Occupied:
    """The characters of the text that strings have taken."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._taken = bytearray()
        self.add(stretches)

    def add(self, stretches: Iterable[Stretch]) -> None:
        """Take some more."""
        for start, end in stretches:
            missing = end - len(self._taken)
            self._taken.extend(bytes(max(0, missing)))
            self._taken[start:end] = b"\x01" * (end - start)

    def __contains__(self, stretch: Stretch) -> bool:
        return self._taken.find(1, *stretch) >= 0


def _longest_in_order(groups: Sequence[Group], decided: Mapping[int, Stretch]) -> set[int]:
    """Indices of the most strings that can stand in the order of the list without overlap.

    A longest increasing subsequence, for which each string offers its occurrences from the last to
    the first (Hunt and Szymanski, 1977). Past a number of pairs of string and occurrence that only
    texts without meaning reach, the order of the list says nothing.
    """
    if sum(len(group.items) * len(group.stretches) for group in groups) > _MOST_PAIRS:
        return set()
    choices = {index: [stretch] for index, stretch in decided.items()}
    choices.update((item, group.stretches) for group in groups for item in group.items)
    ends: list[int] = []
    last: list[int] = []
    links: list[tuple[int, int]] = []
    for index in sorted(choices):
        for start, end in reversed(choices[index]):
            length = bisect_right(ends, start)
            if length < len(ends) and ends[length] <= end:
                continue
            links.append((index, last[length - 1] if length else -1))
            ends[length : length + 1] = [end]
            last[length : length + 1] = [len(links) - 1]
    chosen = set()
    at = last[-1] if last else -1
    while at >= 0:
        index, at = links[at]
        chosen.add(index)
    return chosen


def _place_the_rest(
    groups: Sequence[Group], placed: Given, given: Given, occupied: _Occupied
) -> None:
    """Give what is left: behind the string before, without overlap as far as there is such."""
    taken = set(placed.values())
    free_for: dict[int, list[Stretch]] = {}
    for group in groups:
        free = [each for each in group.stretches if each not in taken]
        free_for.update((item, free) for item in group.items if item not in placed)
    start, end = 0, 0
    for index in sorted({*free_for, *placed}):
        if index in free_for:
            free = free_for[index]
            at = _next_clear(free, end, occupied)
            if at is None:
                at = bisect_left(free, (start, 0)) % len(free)
            given[index] = placed[index] = free.pop(at)
            occupied.add([placed[index]])
        start, end = placed[index]


def _next_clear(free: Sequence[Stretch], cursor: int, occupied: _Occupied) -> int | None:
    """The index of the first without overlap behind the cursor, or else before it."""
    at = bisect_left(free, (cursor, 0))
    around = chain(range(at, len(free)), range(at))
    return next((index for index in around if free[index] not in occupied), None)


def inside_longer(stretches: Iterable[Stretch]) -> set[Stretch]:
    """The stretches that lie inside a longer one, in time that grows with their number alone."""
    inside: set[Stretch] = set()
    furthest = 0
    for stretch in sorted(set(stretches), key=lambda each: (each[0], -each[1])):
        if stretch[1] <= furthest:
            inside.add(stretch)
        furthest = max(furthest, stretch[1])
    return inside
