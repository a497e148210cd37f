"""Check of span boundaries: titles, punctuation or quotes that are inside spans only sometimes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, Codes, Flags, table_of
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.spans import Span

AT_LEAST = 3
"""Least number of occurrences of each of the two habits."""
MINORITY = 0.02
"""Share of the rarer habit from which on the two count as a disagreement."""
DIVIDED, DIVIDED_AT_LEAST = 0.1, 5
"""Share and number of the rarer habit from which on a model can't learn which of the two is
right."""

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
_IS_HONORIFIC_START, _IS_HONORIFIC_END = map(table_of, (_HONORIFIC_STARTS, _HONORIFIC_ENDS))

ARTICLE = "article"
"""The one word for which both habits can be right: `the Thames`, but `the London office`."""

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
    """Counts for each label how often such words and characters are inside and outside of spans."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans = 0
        self._inside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))
        self._outside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))

    def see(self, block: Block) -> None:
        """Look at the ends of the spans of documents."""
        self._spans += len(block.start)
        others = _maybe_others(block)
        left = {
            habit: self._count(block, habit, shown & ~others, inside)
            for habit, (shown, inside) in _plain_habits(block).items()
        }
        some = np.logical_or.reduce((others, *left.values()))
        for at in np.flatnonzero(some).tolist():
            seen, number = block.one(at)
            span = seen.document.spans[number]
            for habit, inside in habits_of(f"{seen.document.text}  ", span.start, span.end):
                if others[at] or left[habit][at]:
                    where = "inside" if inside else "outside"
                    self._places(span.label, habit, inside).add(seen, span, f"{habit} {where}")

    def _places(self, label: str, habit: str, inside: bool) -> Places:
        return (self._inside if inside else self._outside)[label, habit]

    def _count(self, block: Block, habit: str, shown: Flags, inside: Flags) -> Flags:
        """Count the spans that show a habit if no more places are kept; return the other spans."""
        by_number = list(block.labels)
        keys = block.label * 2 + inside
        counts = np.bincount(keys[shown])
        for key in np.flatnonzero(counts).tolist():
            if self._places(by_number[key // 2], habit, key % 2 == 1).add_more(int(counts[key])):
                shown = shown & (keys != key)
        return shown

    def figures(self) -> Mapping[str, Any]:
        """Habits by label: how often inside, how often outside."""
        return {
            "boundaries": {
                f"{label}: {habit}": {
                    where: table[label, habit].count if (label, habit) in table else 0
                    for where, table in (("inside", self._inside), ("outside", self._outside))
                }
                for label, habit in sorted({*self._inside, *self._outside})
            }
        }

    def majorities(self) -> dict[tuple[str, str], bool]:
        """Inconsistent habits by label and habit: True if inside is more frequent."""
        return {
            key: self._inside[key].count > self._outside[key].count
            for key in sorted(self._inside.keys() & self._outside.keys())
            if self._share(key) >= MINORITY
        }

    def _share(self, key: tuple[str, str]) -> float:
        """Share of the rarer of two habits; 0 if it hardly ever occurs."""
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


def _plain_habits(block: Block) -> dict[str, tuple[Flags, Flags]]:
    """The spans that show each habit of a single character, and those that do so inside."""
    before, first, last, after = block.edges
    around = _IS_OPENING[before] & _IS_CLOSING[after]
    within = _IS_OPENING[first] & _IS_CLOSING[last] & ~around
    marks, signs = _IS_MARK[last], _IS_SIGN[first]
    return {
        "punctuation": (marks | _IS_MARK[after], marks),
        "quotes": (around | within, within),
        "sign": (signs | _IS_SIGN[before], signs),
    }


def _maybe_others(block: Block) -> Flags:
    """The spans that may show another habit."""
    before, first, last, after = block.edges
    codes, start, end = block.codes, block.start, block.end
    led = _pairs_in(_LEAD_BEGINS, first, codes[start + 1])
    led |= (before == ord(" ")) & _pairs_in(_LEAD_ENDINGS, codes[start - 3], codes[start - 2])
    at = np.flatnonzero(led)
    led[at] = [_may_have_lead(block.text, each) for each in start[at].tolist()]
    others: Flags = led | _IS_APOSTROPHE[after]
    others |= (last == ord("s")) & _IS_APOSTROPHE[codes[end - 2]]
    others |= _IS_HONORIFIC_START[after] | _IS_HONORIFIC_END[last]
    return others


def _pairs_of(pairs: Iterable[str]) -> Flags:
    """A table by two code points of ASCII, in either case."""
    table = np.zeros((_ASCII, _ASCII), bool)
    for pair in pairs:
        for first, second in product(*({each, each.upper()} for each in pair)):
            table[ord(first), ord(second)] = True
    return table


def _pairs_in(table: Flags, first: Codes, second: Codes) -> Flags:
    pairs: Flags = table[np.minimum(first, _ASCII - 1), np.minimum(second, _ASCII - 1)]
    return pairs


def _may_have_lead(text: str, start: int) -> bool:
    """True if a title or article may begin a span, or end in front of it; by three letters each."""
    begin, end = text[start : start + 3].lower(), text[start - 4 : start - 1].lower()
    return (
        start < len(" the")
        or begin in _BEGINS
        or begin[:2] in _BEGINS
        or end in _ENDINGS
        or end[-2:] in _ENDINGS
    )


_BEGINS = {f"{lead}{end}"[:3] for lead in _LEADS for end in ((" ", ".") if len(lead) < 3 else "")}
_BEGINS |= {lead[:3] for lead in _LEADS if len(lead) > 2}
_ENDINGS = {f"{begin}{lead}"[-3:] for lead in _LEADS for begin in (" ", "\n")}
_ENDINGS |= {f" {lead}."[-3:] for lead in _LEADS} | {"\na.", ".."}

_ASCII = 128
_LEAD_BEGINS = _pairs_of({f"{lead}{end}"[:2] for lead in _LEADS for end in (" ", ".")})
_LEAD_ENDINGS = _pairs_of(
    {f"{begin}{lead}{end}"[-2:] for lead in _LEADS for begin in (" ", "\n") for end in ("", ".")}
    | {".."}
)


def habits_of(padded: str, start: int, end: int) -> list[Habit]:
    """The habits that a span shows, each with True if the thing is inside the span.

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
    """The habit that a word belongs to; empty for most words."""
    return _LEADS.get(padded[start:end].rstrip(".").lower(), "")


def _behind_lead(padded: str, start: int, end: int) -> int:
    """Where a span continues after a title or article; its start if there is none."""
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
    """Move the ends of a span so that a title, mark or the like is inside it, or outside.

    Args:
        padded: the text with two spaces behind it.
        span: one that shows the other habit.
        habit: one of `HABITS`.
        inside: whether the thing is to be inside the span.
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
