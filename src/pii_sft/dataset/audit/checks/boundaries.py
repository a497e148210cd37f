"""Habits of where spans begin and end that disagree: titles, punctuation, quotes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, Flags, table_of
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.spans import Span

AT_LEAST = 3
"""How often each of two habits has to occur."""
MINORITY = 0.02
"""Share of the rarer habit from which on the two disagree."""
DIVIDED, DIVIDED_AT_LEAST = 0.1, 5
"""Share and number of the rarer from which on nobody can learn which of the two is meant."""

TITLES = (
    "mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "lady", "lord", "madam", "mister",
    "herr", "frau", "monsieur", "madame", "mme", "señor", "señora", "sr", "sra", "rev", "capt",
)  # fmt: skip
ARTICLES = ("the", "a", "an")
_LEADS = dict.fromkeys(TITLES, "title") | dict.fromkeys(ARTICLES, "article")
_LONGEST_LEAD = max(map(len, _LEADS)) + 1
_LEAD_STARTS = frozenset(each for lead in _LEADS for each in (lead[0], lead[0].upper()))
_LEAD_ENDS = frozenset(".") | {each for lead in _LEADS for each in (lead[-1], lead[-1].upper())}
_HONORIFIC = re.compile("先生|女士|小姐|太太|夫人|老师|教授|医生|经理|同学|同志|氏|さん|様|씨|님")
_HONORIFIC_STARTS = frozenset("先女小太夫老教医经同氏さ様씨님")
_APOSTROPHES = frozenset("'’")
_MARKS = frozenset(",;:!?，。；：！？、")
_OPENING, _CLOSING = frozenset("\"'“‘(（[「『《<"), frozenset("\"'”’)）]」』》>")
_SIGNS = frozenset("$€£¥￥₹#@+")
_HONORIFIC_ENDS = frozenset("生士姐太人师授理学志氏んさ様씨님")
_IS_MARK, _IS_SIGN, _IS_APOSTROPHE = map(table_of, (_MARKS, _SIGNS, _APOSTROPHES))
_IS_OPENING, _IS_CLOSING = map(table_of, (_OPENING, _CLOSING))
_IS_LEAD_START, _IS_LEAD_END = map(table_of, (_LEAD_STARTS, _LEAD_ENDS))
_IS_HONORIFIC_START, _IS_HONORIFIC_END = map(table_of, (_HONORIFIC_STARTS, _HONORIFIC_ENDS))

ARTICLE = "article"
"""The one habit that is often right on both sides: `the Thames`, but `the London office`."""

HABITS = {
    "title": "a title in front, such as Mr or Dr,",
    "honorific": "a form of address behind, such as 先生 or さん,",
    "article": "an article in front",
    "possessive": "a possessive 's behind",
    "punctuation": "a punctuation mark behind",
    "quotes": "quotes or brackets around",
    "sign": "a sign in front, such as $ or +,",
}
"""Parts that may stand inside or outside a span."""


class Boundaries:
    """Counts on which side of the ends of spans such things stand, by label."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans = 0
        self._inside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))
        self._outside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))

    def see(self, block: Block) -> None:
        """Look at the ends of the spans of documents."""
        self._spans += len(block.start)
        marks, others = _maybe_habits(block)
        marks = self._count_marks(block, marks & ~others)
        for seen, number in block.some(marks | others):
            span = seen.document.spans[number]
            for habit, inside in habits_of(f"{seen.document.text}  ", span.start, span.end):
                table = self._inside if inside else self._outside
                side = "inside" if inside else "outside"
                table[span.label, habit].add(seen, span, f"{habit} {side}")

    def _count_marks(self, block: Block, marks: Flags) -> Flags:
        """Count spans with nothing but a mark, where no more places are wanted; the others."""
        inside = _IS_MARK[block.edges[2]]
        by_number = list(block.labels)
        keys = (block.label * 2 + inside)[marks]
        for key, count in enumerate(np.bincount(keys).tolist()):
            table = self._inside if key % 2 else self._outside
            if count and table[by_number[key // 2], "punctuation"].add_more(count):
                marks &= (block.label != key // 2) | (inside != key % 2)
        return marks

    def figures(self) -> Mapping[str, Any]:
        """Habits by label: how often inside, how often outside."""
        return {
            "boundaries": {
                f"{label}: {habit}": {
                    side: table[label, habit].count if (label, habit) in table else 0
                    for side, table in (("inside", self._inside), ("outside", self._outside))
                }
                for label, habit in sorted({*self._inside, *self._outside})
            }
        }

    def majorities(self) -> dict[tuple[str, str], bool]:
        """Habits that disagree, by label and habit: True if the commoner one is inside."""
        return {
            key: self._inside[key].count > self._outside[key].count
            for key in sorted(self._inside.keys() & self._outside.keys())
            if self._share(key) >= MINORITY
        }

    def _share(self, key: tuple[str, str]) -> float:
        """Share of the rarer of two habits; 0 where it occurs hardly ever."""
        counts = self._inside[key].count, self._outside[key].count
        return min(counts) / sum(counts) if min(counts) >= AT_LEAST else 0.0

    def found(self) -> Iterator[Found]:
        """Habits that disagree."""
        for label, habit in self.majorities():
            inside, outside = self._inside[label, habit], self._outside[label, habit]
            rarer, other = sorted((inside, outside), key=lambda each: each.count)
            share = self._share((label, habit))
            divided = share >= DIVIDED and rarer.count >= DIVIDED_AT_LEAST and habit != ARTICLE
            yield report(
                f"boundary-{habit}",
                "warning" if divided else "note",
                (
                    "Bounds that disagree",
                    "{label}: {what} stands inside {inside} spans and outside {outside}",
                    "decide on one, write it into the guideline, and mend the {count} others",
                ),
                (*rarer.kept, *other.kept[: len(rarer.kept)]),
                count=rarer.count,
                command="" if habit == ARTICLE else self._subject.mending("bounds"),
                gain=round(rarer.count / self._spans, 4),
                label=label,
                what=HABITS[habit],
                inside=inside.count,
                outside=outside.count,
            )


Habit = tuple[str, bool]


def _maybe_habits(block: Block) -> tuple[Flags, Flags]:
    """The spans that a punctuation mark shows a habit of, and those that may show another."""
    before, first, last, after = block.edges
    codes, start, end = block.codes, block.start, block.end
    marks: Flags = _IS_MARK[last] | _IS_MARK[after]
    spaces = codes == ord(" ")
    led = _IS_LEAD_START[first]
    led &= block.count(spaces, start + 1, np.minimum(end, start + _LONGEST_LEAD + 1)) > 0
    led |= (before == ord(" ")) & _IS_LEAD_END[codes[start - 2]]
    others: Flags = led | _IS_SIGN[first] | _IS_SIGN[before]
    others |= (_IS_OPENING[before] & _IS_CLOSING[after]) | (_IS_OPENING[first] & _IS_CLOSING[last])
    others |= _IS_APOSTROPHE[after] | ((last == ord("s")) & _IS_APOSTROPHE[codes[end - 2]])
    others |= _IS_HONORIFIC_START[after] | _IS_HONORIFIC_END[last]
    return marks, others


def habits_of(padded: str, start: int, end: int) -> list[Habit]:
    """The habits that a span shows: each with whether the thing stands inside the span.

    Args:
        padded: the text with two spaces behind it.
        start: first character of the span.
        end: character after its last.
    """
    found: list[Habit] = []
    first, last = padded[start], padded[end - 1]
    before = padded[start - 1] if start else "\n"
    if first in _LEAD_STARTS and (at := _behind_lead(padded, start, end)) > start:
        found.append((_lead(padded, start, at - 1), True))
    elif (
        before == " "
        and padded[start - 2] in _LEAD_ENDS
        and (at := _before_lead(padded, start)) < start
    ):
        found.append((_lead(padded, at, start - 1), False))
    if last == "s" and end - start > 2 and padded[end - 2] in _APOSTROPHES:
        found.append(("possessive", True))
    _at_edges(padded, start, end, found)
    return found


def _at_edges(padded: str, start: int, end: int, found: list[Habit]) -> None:
    """Marks, quotes, signs and forms of address at the ends of a span."""
    first, last = padded[start], padded[end - 1]
    before, after = padded[start - 1] if start else "\n", padded[end]
    if after in _MARKS or last in _MARKS:
        found.append(("punctuation", last in _MARKS))
    if after in _APOSTROPHES and padded[end + 1] == "s":
        found.append(("possessive", False))
    if before in _OPENING and after in _CLOSING:
        found.append(("quotes", False))
    elif first in _OPENING and last in _CLOSING:
        found.append(("quotes", True))
    if first in _SIGNS or before in _SIGNS:
        found.append(("sign", first in _SIGNS))
    if after in _HONORIFIC_STARTS and _HONORIFIC.match(padded, end):
        found.append(("honorific", False))
    elif last in _HONORIFIC_ENDS and _ends_in_honorific(padded, start, end):
        found.append(("honorific", True))


def _lead(padded: str, start: int, end: int) -> str:
    """The habit that a word is of; empty for most."""
    return _LEADS.get(padded[start:end].rstrip(".").lower(), "")


def _behind_lead(padded: str, start: int, end: int) -> int:
    """Where a span goes on behind a title or article; its start if there is none."""
    space = padded.find(" ", start + 1, min(end, start + _LONGEST_LEAD + 1))
    return space + 1 if space > 0 and _lead(padded, start, space) else start


def _before_lead(padded: str, start: int) -> int:
    """Where a title or article in front of a span begins; the start of the span without one."""
    low = start - 1 - _LONGEST_LEAD
    space = max(
        padded.rfind(" ", max(0, low), start - 1), padded.rfind("\n", max(0, low), start - 1)
    )
    if space < 0 < low:
        return start
    return space + 1 if _lead(padded, space + 1, start - 1) else start


def _ends_in_honorific(padded: str, start: int, end: int) -> bool:
    match = _HONORIFIC.search(padded, max(start + 1, end - 2), end)
    return match is not None and match.end() == end


def bounded(padded: str, span: Span, habit: str, *, inside: bool) -> Span:
    """A span with its ends moved so that a thing stands inside it, or outside.

    Args:
        padded: the text with two spaces behind it.
        span: one that shows the other habit.
        habit: one of `HABITS`.
        inside: which side is wanted.
    """
    start, end = span.start, span.end
    if habit in ("title", "article"):
        start = _before_lead(padded, start) if inside else _behind_lead(padded, start, end)
    elif habit == "quotes":
        start, end = (start - 1, end + 1) if inside else (start + 1, end - 1)
    elif habit == "sign":
        start += -1 if inside else 1
    elif habit == "honorific":
        low = end if inside else max(start + 1, end - 2)
        match = _HONORIFIC.match(padded, low) if inside else _HONORIFIC.search(padded, low, end)
        if match is not None:
            end = match.end() if inside else match.start()
    else:
        size = 2 if habit == "possessive" else 1
        end += size if inside else -size
    return Span(start, end, span.label) if start < end else span
