"""Check of positions: spans with white space at an edge, half words, half graphemes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pii_sft.dataset.audit.block import Block, Codes, Flags, is_mark, table_where
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.dataset.audit.places import Seen
from pii_sft.spans import Span

LONG = 300
"""Characters from which on a span is more likely a mistake than an entity."""
OFTEN = 0.01
"""Share of spans from which on half words are no accident."""

_FIRST_MARK = "\u0300"
_JOINER = "\u200d"
_SPACED = (("\u0000", "\u058f"), ("\u1e00", "\u1fff"))
"""Scripts with spaces between words and without attached particles."""


class Positions:
    """Looks at the first and last character of each span, and at its neighbours."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans = 0
        self._blank = Places(subject)
        self._spaces = Places(subject)
        self._words = Places(subject)
        self._graphemes = Places(subject)
        self._long = Places(subject)
        self._signs = Places(subject)
        self._labels: Counter[str] = Counter()

    def see(self, block: Block) -> None:
        """Look at the spans of documents."""
        self._spans += len(block.start)
        for seen, number in block.some(_maybe_faulty(block)):
            self._look_at(seen, seen.document.spans[number])

    def _look_at(self, seen: Seen, span: Span) -> None:
        text, start, end = seen.document.text, span.start, span.end
        first, last = text[start], text[end - 1]
        if first.isspace() or last.isspace():
            blank = not text[start:end].strip()
            (self._blank if blank else self._spaces).add(seen, span)
        elif not first.isalnum() and end - start < 4 and not has_content(text[start:end]):
            self._signs.add(seen, span)
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        if (first >= _FIRST_MARK and cuts_grapheme(before, first)) or (
            after >= _FIRST_MARK and cuts_grapheme(last, after)
        ):
            self._graphemes.add(seen, span)
        elif cuts_word(before, first) or cuts_word(last, after):
            self._words.add(seen, span)
            self._labels[span.label] += 1
        if end - start > LONG:
            self._long.add(seen, span, f"{end - start} characters")

    def figures(self) -> Mapping[str, Any]:
        """Number of findings of each kind."""
        return {
            "positions": {
                "spans": self._spans,
                "blank": self._blank.count,
                "white_space": self._spaces.count,
                "half_words": self._words.count,
                "half_graphemes": self._graphemes.count,
                "long": self._long.count,
            }
        }

    def found(self) -> Iterator[Found]:
        """Spans that can't be meant."""
        spans, subject = self._spans, self._subject
        if self._blank.count or self._signs.count:
            both = (*self._blank.kept, *self._signs.kept)
            count = self._blank.count + self._signs.count
            yield report(
                "empty-spans",
                "error",
                (
                    "Spans without content",
                    "{count} of {spans} spans hold nothing but white space or punctuation",
                    "drop them; if there are many, the offsets count something else",
                ),
                both,
                count=count,
                command=subject.mending("trim"),
                spans=spans,
                gain=round(count / spans, 4),
            )
        if self._spaces.count:
            yield report(
                "white-space-edges",
                "warning",
                (
                    "White space at the edges of spans",
                    "{count} of {spans} spans begin or end with white space: an answer that leaves "
                    "it out counts as wrong",
                    "trim them",
                ),
                self._spaces,
                command=subject.mending("trim"),
                spans=spans,
                gain=round(self._spaces.count / spans, 4),
            )
        if self._graphemes.count:
            yield report(
                "half-characters",
                "error",
                (
                    "Spans that cut a character",
                    "{count} of {spans} spans begin or end inside what a reader sees as one "
                    "character, such as an emoji or a letter with its accent",
                    "move their ends to whole characters; if there are many, the offsets count "
                    "another unit",
                ),
                self._graphemes,
                command=subject.mending("snap"),
                spans=spans,
                gain=round(self._graphemes.count / spans, 4),
            )
        if self._words.count:
            often = self._words.count >= OFTEN * spans
            yield report(
                "half-words",
                "warning" if often else "note",
                (
                    "Spans that cut a word",
                    "{count} of {spans} spans begin or end inside a word, most of them "
                    "{commonest}: offsets may be shifted, or a plural or suffix stays outside",
                    "look at some of them; move their ends to whole words",
                ),
                self._words,
                command=subject.mending("snap"),
                spans=spans,
                commonest=self._labels.most_common(1)[0][0],
                gain=round(self._words.count / spans, 4),
            )
        if self._long.count:
            yield report(
                "long-spans",
                "note",
                (
                    "Very long spans",
                    "{count} of {spans} spans have more than {longest} characters",
                    "look at them: an end may have been set on the wrong line",
                ),
                self._long,
                spans=spans,
                longest=LONG,
            )


def _maybe_faulty(block: Block) -> Flags:
    """The spans that may show a fault; quicker than to look at each."""
    alnum = table_where(str.isalnum, plain=True, other=False)
    space = table_where(str.isspace, plain=False, other=False)
    mark = table_where(is_mark, plain=False, other=True)
    letter = table_where(_is_of_spaced_word, plain=False, other=False)
    digit = table_where(str.isdigit, plain=False, other=False)
    lower = table_where(str.islower, plain=False, other=False)
    upper = table_where(str.isupper, plain=False, other=False)

    def cuts(before: Codes, after: Codes) -> Flags:
        inside = letter[before] & letter[after] & (digit[before] == digit[after])
        flags: Flags = inside & ~(lower[before] & upper[after])
        return flags

    before, first, last, after = block.edges
    marks: Flags = mark[before] | mark[first] | mark[last] | mark[after]
    faulty: Flags = marks | ~alnum[first] | space[last] | (block.end - block.start > LONG)
    return faulty | cuts(before, first) | cuts(last, after)


def has_content(surface: str) -> bool:
    """True if a string has a letter, a digit or a symbol such as an emoji."""
    return any(each.isalnum() or unicodedata.category(each)[0] == "S" for each in surface)


def cuts_word(before: str, after: str) -> bool:
    """True if a place between two characters is inside a word.

    A change from letters to digits, or from lower to upper case, does not count as inside: numbers
    and names are often written together with others, as in `EUR500` or `#AnnLee`.
    """
    if not (_is_of_spaced_word(before) and _is_of_spaced_word(after)):
        return False
    if before.isdigit() != after.isdigit():
        return False
    return not (before.islower() and after.isupper())


def _is_of_spaced_word(character: str) -> bool:
    return character.isalnum() and any(low <= character <= high for low, high in _SPACED)


def cuts_grapheme(before: str, after: str) -> bool:
    """True if a place between two characters is inside what readers see as one (UAX 29)."""
    if after < _FIRST_MARK and before != _JOINER:
        return False
    if _JOINER in (after, before) or "\U0001f3fb" <= after <= "\U0001f3ff":
        return before != " "
    return unicodedata.category(after)[0] == "M" and not before.isspace()


def snapped(text: str, span: Span) -> Span:
    """A span with its ends moved outwards to whole characters and words."""
    start, end = span.start, span.end
    while start > 0 and _cuts(text, start):
        start -= 1
    while end < len(text) and _cuts(text, end):
        end += 1
    return Span(start, end, span.label)


def _cuts(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    return cuts_grapheme(before, after) or cuts_word(before, after)
