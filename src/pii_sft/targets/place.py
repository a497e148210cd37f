"""Placement of an answer's entities in the text, as spans."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pii_sft.align import Place, Policy, Wanted, align_by, stands_alone
from pii_sft.spans import Span, reading_order
from pii_sft.targets.base import Found, Parsed
from pii_sft.targets.item import Item
from pii_sft.targets.placeholders import is_placeholder
from pii_sft.targets.refusals_and_loops import loops_in_items
from pii_sft.targets.status import Issue
from pii_sft.targets.swapped_labels import told_apart


def place(
    text: str, items: Sequence[Item], issues: Sequence[Issue] = (), policy: Policy = "next"
) -> Parsed:
    """Turn the items of an answer into spans of the text, counting what can't be placed.

    Args:
        text: the text.
        items: what the answer names, in its order.
        issues: what was wrong with the answer so far.
        policy: which occurrence of a string is meant, if the text holds several.
    """
    named = [item for item in items if item.occurrence or not is_placeholder(item.surface)]
    if len(named) < len(items):
        placeholder: Issue = "placeholder"
        issues = (*issues, *[placeholder] * (len(items) - len(named)))
    found = _in_order(text, named) if policy == "next" else None
    if found is not None:
        return Parsed(tuple(found), tuple(issues))
    apart = told_apart(named, text)
    if apart is not named and "repaired" not in issues:
        issues = ("repaired", *issues)
    if policy == "all":
        return _everywhere(text, apart, issues)
    return _aligned(text, apart, issues, policy)


def stands_next(text: str, surface: str, cursor: int) -> int:
    """Place of the next occurrence of a string, if it is a whole word; else -1."""
    start = text.find(surface, cursor)
    if start < 0 or not surface:
        return -1
    end = start + len(surface)
    if (end == len(text) or text[end] in _BREAKS or _borders_at(text, end)) and (
        start == 0
        or (text[start - 1] in _BREAKS and surface < _FIRST_MARK)
        or _borders_at(text, start)
    ):
        return start
    return start if stands_alone(text, start, end) else -1


_FIRST_MARK = "\u0300"
_BREAKS = frozenset(" \n\t.,;:!?()[]{}<>\"'/|\\_=+*&^%$#@~`-")
_IDEOGRAPHS = "\u4e00-\u9fff，。：；、！？（）《》"
_PLAIN = "\\x00-\u02ff"
_borders_at = re.compile(
    rf"(?<=[{_IDEOGRAPHS}])[{_PLAIN}{_IDEOGRAPHS}]|(?<=[{_PLAIN}])[{_IDEOGRAPHS}]"
).match
"""Places at which words end beyond doubt: on one side of an ideograph."""


def _in_order(text: str, items: Sequence[Item]) -> list[Found] | None:
    """Places of strings that stand in the text as written and in the order of the list.

    The aligner would take each to its next occurrence, so it is not asked. None if there is more to
    decide.
    """
    found = []
    cursor = 0
    for item in items:
        surface = item.surface
        start = stands_next(text, surface, cursor)
        if start < 0 or item.occurrence:
            return None
        cursor = start + len(surface)
        found.append(Found(Span(start, cursor, item.label), "exact", item.output))
    return found


def _aligned(text: str, items: Sequence[Item], issues: Sequence[Issue], policy: Policy) -> Parsed:
    """Ask the aligner; an item that gets no place repeats another, or is not in the text."""
    places = _under_other_labels(items, _places(text, items, policy))
    seen = {item.string for item, where in zip(items, places, strict=True) if where is not None}
    found: dict[Span, Found] = {}
    unplaced: list[str] = []
    wrong: list[Issue] = []
    surplus = [False] * len(items)
    for index, (item, where) in enumerate(zip(items, places, strict=True)):
        if where is None and item.string not in seen:
            seen.add(item.string)
            unplaced.append(item.label)
            wrong.append("not_in_text")
            continue
        span = None if where is None else Span(where.start, where.end, item.label)
        if where is None or span is None or span in found:
            surplus[index] = True
            wrong.append("duplicate")
        else:
            found[span] = Found(span, where.tier, item.output)
    return _parsed(items, found, surplus, (issues, wrong), unplaced)


def _under_other_labels(
    items: Sequence[Item], places: Sequence[Place | None]
) -> Sequence[Place | None]:
    """Let a string have the places of the same string under other labels, once for each label.

    A text may call one mention two things, and an answer names it under both.
    """
    of_string: dict[str, list[Place]] = {}
    taken: set[tuple[str, Place]] = set()
    for item, where in zip(items, places, strict=True):
        if where is not None:
            of_string.setdefault(item.surface, []).append(where)
            taken.add((item.label, where))
    reached: Counter[tuple[str, str]] = Counter()
    given = list(places)
    for index, item in enumerate(items):
        others = of_string.get(item.surface)
        if given[index] is not None or item.occurrence or others is None:
            continue
        while reached[item.string] < len(others) and given[index] is None:
            other = others[reached[item.string]]
            reached[item.string] += 1
            if (item.label, other) not in taken:
                given[index] = other
    return given


def _everywhere(text: str, items: Sequence[Item], issues: Sequence[Issue]) -> Parsed:
    """Give each item all the places of its string.

    A string may be listed once, or as often as the text holds it; what is listed more often
    repeats another, and so does what stands only where other strings do.
    """
    wanted = [Wanted(item.surface, item.occurrence) for item in items]
    different = list(dict.fromkeys(wanted))
    places = dict(zip(different, align_by(text, different, "all"), strict=True))
    held: Counter[tuple[str, str]] = Counter()
    for item, each in zip(items, wanted, strict=True):
        held[item.string] = max(held[item.string], len(places[each]))
    listed: Counter[tuple[str, str]] = Counter()
    placed: set[tuple[str, Wanted]] = set()
    found: dict[Span, Found] = {}
    unplaced: list[str] = []
    wrong: list[Issue] = []
    surplus = [False] * len(items)
    for index, (item, each) in enumerate(zip(items, wanted, strict=True)):
        listed[item.string] += 1
        before = len(found)
        if (item.label, each) not in placed:
            placed.add((item.label, each))
            for where in places[each]:
                span = Span(where.start, where.end, item.label)
                found.setdefault(span, Found(span, where.tier, item.output))
        if len(found) > before or (places[each] and 1 < listed[item.string] <= held[item.string]):
            continue
        if listed[item.string] == 1 and not held[item.string]:
            unplaced.append(item.label)
            wrong.append("not_in_text")
        else:
            surplus[index] = True
            wrong.append("duplicate")
    return _parsed(items, found, surplus, (issues, wrong), unplaced)


def _parsed(
    items: Sequence[Item],
    found: Mapping[Span, Found],
    surplus: Sequence[bool],
    issues: tuple[Sequence[Issue], Sequence[Issue]],
    unplaced: Sequence[str],
) -> Parsed:
    """The places found, in text order, and whether what is left over is a loop.

    Args:
        items: of the answer.
        found: what was placed.
        surplus: for each item, whether it says what was said before.
        issues: of the answer, and of its items.
        unplaced: labels of what could not be placed.
    """
    before, wrong = issues
    loop: list[Issue] = []
    if "looped" not in before and loops_in_items([item.string for item in items], surplus):
        loop = ["looped"]
    ordered = sorted(found.values(), key=lambda each: reading_order(each.span))
    return Parsed(tuple(ordered), (*before, *loop, *wrong), tuple(unplaced))


def _places(text: str, items: Sequence[Item], policy: Policy) -> list[Place | None]:
    """Ask the aligner, but not about more copies of a string than the text has characters."""
    copies: Counter[tuple[str, str]] = Counter()
    places: list[Place | None] = [None] * len(items)
    asked = []
    for index, item in enumerate(items):
        copies[item.string] += 1
        if copies[item.string] <= len(text) + 1:
            asked.append(index)
    wanted = [Wanted(items[index].surface, items[index].occurrence) for index in asked]
    for index, found in zip(asked, align_by(text, wanted, policy), strict=True):
        places[index] = next(iter(found), None)
    return places
