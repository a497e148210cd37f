"""Stretches of a text that a string may have been copied from with a typo."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from unicodedata import category, normalize

import msgspec

from pii_sft.align.boundaries import goes_on, joins, splits_character, stands_alone
from pii_sft.align.edges import is_title
from pii_sft.align.normalize import evenly_spaced, unaccented
from pii_sft.align.normalized_text import Comparable
from pii_sft.align.substring_index import long_text
from pii_sft.align.types import Stretch

_MOST_SEEDS = 1_000
_FEW_SEEDS = 16
_UNACCENTED = Comparable(unaccented)
_WORD = re.compile(r"\S+")

_LETTERS_FOR_EACH = 8
_LEAST = 6
_MOST = 3
_LEAST_IF_MISSING = 3
_LEAST_IF_SWAPPED = 5
_LEAST_IF_CHANGED = 6
_LEAST_IF_UNLIKE = 5
_LEAST_NEAR_THE_END = 8
_LEAST_UNLIKE_NEAR_THE_END = 6
_LEAST_IN_A_HOST = 2
_LEAST_IF_ALIKE = 8
_LEAST_IF_ADDED = 10
_LEAST_OF_THE_REST = 4
_LEAST_BESIDE_A_LONG_WORD = 3
_LEAST_WITHOUT_REST = 12
_LEAST_INSIDE = 9
_LEAST_WITHOUT_SPACES = 6
_LEAST_OF_IDEOGRAPHS = 6

_VOWELS = frozenset("aeiouy")
_SHARP = "ss"
"""One letter, ß, before it was folded."""

_FIRST_PICTURE = "\u2600"
_SAYING_MORE = frozenset({"Lo", "So"})

_LETTERS = re.compile(r"[^\W_]*")
_DIGIT = re.compile(r"\d")
_ROMAN_NUMBER = re.compile(r"[ivxlcdm]+")


class Nearby:
    """One text, folded, with one space wherever it has white space."""

    def __init__(self, text: str) -> None:
        self._source = text
        folded = unaccented(text)
        self._text = evenly_spaced(folded)
        self._long = long_text(self._text)
        self._find = self._text.find if self._long is None else self._long.find
        self._is_source = folded.startswith(self._text) and (
            text.isascii() or set(_UNACCENTED.sizes(text)) == {1}
        )

    def find(self, surface: str) -> list[Stretch]:
        """Where the text holds what is nearest to a string, in text order.

        Of a string with two typos, one third at least stands in the text as it is. So only the
        surroundings of such parts are compared.

        Returns:
            Nothing if different strings of the text are equally near, since a choice would be a
            guess, or if the parts of the string are so common that they say nothing.
        """
        key = evenly_spaced(unaccented(surface))
        allowed = typos_allowed(key)
        if not allowed:
            return []
        compared = (
            (stretch, typos(key, self._text[slice(*stretch)]))
            for stretch in self._candidates(key, allowed)
        )
        near = {stretch: number for stretch, number in compared if number is not None}
        fewest = min(near.values(), default=allowed + 1)
        nearest = sorted(stretch for stretch, number in near.items() if number == fewest)
        if fewest > allowed or len({self._text[slice(*stretch)] for stretch in nearest}) > 1:
            return []
        return [whole for each in nearest if (whole := self._original(each))]

    def _candidates(self, key: str, allowed: int) -> Iterator[Stretch]:
        """Whole words of about the length of a string, around each of its parts."""
        # A letter of the text may be folded to two, to itself and its mark or to ss.
        reach = allowed if self._text.isascii() and self._is_source else 2 * allowed
        seeds = self._seeds(key, min(allowed, key.count(" ") + 1), reach)
        starts = {start for seed in set(seeds) for start in _around(seed, reach)}
        fitting: dict[int, bool] = {}
        for start in starts:
            if not self._starts_at(start, key):
                continue
            for end in _around(start + len(key), reach):
                fits = fitting.get(end)
                if fits is None:
                    fits = fitting[end] = self._ends_at(end, key)
                if fits:
                    yield start, end

    def _seeds(self, key: str, typos: int, reach: int) -> Iterable[int]:
        """Where a string would start; nowhere if there are so many places that they say nothing."""
        long = self._long
        ways: list[Callable[[str, int], list[int] | None]] = [self._by_parts]
        if long is not None:
            ways.insert(0 if long.is_indexed else 1, long.starts)
        for way in ways:
            starts = way(key, typos)
            if starts is None:
                continue
            if long is None or len(starts) <= _FEW_SEEDS:
                return starts
            likely = long.likely(starts, key, typos, reach)
            return likely if len(likely) <= _MOST_SEEDS else ()
        return ()

    def _by_parts(self, key: str, typos: int) -> list[int] | None:
        """Where a string would start of which a part stands in the text; None if it is common.

        Besides, each part is looked for as it would be if its last character was swapped with the
        first of the next part.
        """
        size = -(-len(key) // (typos + 1))
        cuts = range(size, len(key), size)
        parts = [(key[cut : cut + size], cut) for cut in (0, *cuts)]
        starts = list(islice(self._hits(parts), _MOST_SEEDS + 1))
        if len(starts) > _MOST_SEEDS:
            return None
        swapped = [(key[cut - size : cut - 1] + key[cut], cut - size) for cut in cuts]
        return starts + list(islice(self._hits(swapped), _MOST_SEEDS))

    def _hits(self, parts: Iterable[tuple[str, int]]) -> Iterator[int]:
        for part, offset in parts:
            at = self._find(part, 0)
            while at >= 0:
                yield at - offset
                at = self._find(part, at + 1)

    def _starts_at(self, at: int, key: str) -> bool:
        text = self._text
        if not 0 <= at < len(text):
            return False
        here = text[at]
        return (here == key[0] or joins(here)) and not (at and goes_on(text, at))

    def _ends_at(self, at: int, key: str) -> bool:
        text = self._text
        if not 0 < at <= len(text):
            return False
        before = text[at - 1]
        return (before == key[-1] or joins(before)) and not (at < len(text) and goes_on(text, at))

    def _original(self, stretch: Stretch) -> Stretch | None:
        """The stretch of the source with the accents behind it; None if it splits a character."""
        source, (first, last) = self._source, stretch
        if self._is_source and source.isascii():
            return stretch
        start, end = self._origin(first), self._origin(last - 1) + 1
        while end < len(source) and splits_character(source, end):
            end += 1
        whole = evenly_spaced(unaccented(source[start:end])) == self._text[first:last]
        return (start, end) if whole and stands_alone(source, start, end) else None

    def _origin(self, at: int) -> int:
        """The index in the source of a character of the folded text, which is no space."""
        if self._is_source:
            return at
        number = bisect_right(self._folded_words, at) - 1
        start, left = self._words[number], at - self._folded_words[number]
        if self._source.isascii():
            return start + left
        while left >= len(unaccented(self._source[start])):
            left -= len(unaccented(self._source[start]))
            start += 1
        return start

    @cached_property
    def _words(self) -> list[int]:
        """Where the words of the source begin, but for those of which folding leaves nothing."""
        words = _WORD.finditer(self._source)
        if self._source.isascii():
            return [word.start() for word in words]
        return [word.start() for word in words if unaccented(word[0])]

    @cached_property
    def _folded_words(self) -> list[int]:
        """Where the same words begin in the folded text."""
        return [word.start() for word in _WORD.finditer(self._text)]


def _around(middle: int, reach: int) -> range:
    return range(middle - reach, middle + reach + 1)


class Typo(msgspec.Struct, frozen=True):
    """A typo in a word.

    Attributes:
        letters: how many letters the word has where the typo is, of which none can vouch for it.
        rest: how many letters and digits of the string have to stand elsewhere.
    """

    letters: int
    rest: int


def typos_allowed(surface: str) -> int:
    """The most typos of a folded string: 1 for 6 letters and digits, 2 for 16, 3 for 24."""
    size = weight(surface)
    return min(_MOST, max(int(size >= _LEAST), size // _LETTERS_FOR_EACH))


def typos(surface: str, stretch: str) -> int | None:
    """Count the words of a folded string that differ from those of the text by one typo each.

    What does not differ has to vouch for what does: at least four letters or digits, or three
    beside a word of four and more, unless the word with the typo has twelve itself.

    Args:
        surface: the string, one space between words.
        stretch: what stands in the text, likewise.

    Returns:
        None if a word differs by more, or there are more or fewer words.
    """
    if surface.count(" ") != stretch.count(" "):
        return None
    ours, theirs = surface.split(" "), stretch.split(" ")
    last = len(ours) - 1
    mistyped: list[Typo] = []
    for at, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        if our == their:
            continue
        if len(mistyped) == _MOST or _differ_at_both_ends(our, their) or is_title(their):
            return None
        found = typo(our, their, (at > 0, at < last))
        if found is None:
            return None
        mistyped.append(found)
    rest = weight(stretch) - sum(each.letters for each in mistyped)
    return len(mistyped) if all(rest >= each.rest for each in mistyped) else None


def _differ_at_both_ends(ours: str, theirs: str) -> bool:
    """True for words that one typo can't explain, which most of those compared are."""
    return (
        len(ours) > _MOST
        and len(theirs) > _MOST
        and ours[0] != theirs[0]
        and ours[-1] != theirs[-1]
        and ours.isascii()
    )


def typo(ours: str, theirs: str, inside: tuple[bool, bool] = (False, False)) -> Typo | None:
    """The typo with which `ours` was copied from a word of the text.

    A letter is missing (of a run of at least three), two neighbours are swapped (at least five),
    one is changed inside (at least six; five if one of the two is a vowel and the other is not,
    eight if both are), or one is added (at least ten); or a mark of punctuation is missing, changed
    or added. Names of two persons differ in their first or last letters, or in a vowel: those are
    never changed in shorter words. Behind the `@` of an address, any letter may be.
    Digits never differ, nor do letters in one run with a digit, nor marks between two; neither do
    Roman numbers. Of scripts written without spaces, in which each character is a word, one may be
    missing inside, and none may differ.

    Args:
        ours: the word of the string.
        theirs: that of the text.
        inside: whether the string has another word before this one, and behind it.

    Returns:
        None if the words differ by something else.
    """
    if not theirs.isascii():
        # The folding has taken syllables apart, of which one is a character here.
        ours, theirs = normalize("NFC", ours), normalize("NFC", theirs)
    first = _common_start(ours, theirs)
    behind = _common_start(ours[first:][::-1], theirs[first:][::-1])
    our_part, their_part = ours[first : len(ours) - behind], theirs[first : len(theirs) - behind]
    swapped = len(our_part) == 2 and our_part[::-1] == their_part
    sharp = not our_part and their_part == _SHARP
    if not (swapped or sharp) and max(len(our_part), len(their_part)) > 1:
        return None
    before, after = theirs[:first], theirs[first + len(their_part) :]
    changed = our_part + their_part
    between_digits = before[-1:].isdecimal() and after[:1].isdecimal()
    if all(category(each)[0] == "P" for each in changed):
        return None if between_digits else Typo(0, _LEAST_OF_THE_REST)
    if not all(each.isalpha() for each in changed):
        return None
    if not all(map(joins, changed)):
        held = (before or inside[0]) and (after or inside[1])
        if not held or our_part or between_digits:
            return None
        ideograph = weight(their_part) > 1
        least = _LEAST_OF_IDEOGRAPHS if ideograph else _LEAST_WITHOUT_SPACES
        return Typo(weight(their_part), least)
    left, right = _letters_around(before, after)
    run = left + their_part + right
    if _DIGIT.search(run) or _ROMAN_NUMBER.fullmatch(run):
        return None
    in_host = "@" in before
    needed = _LEAST_IN_A_HOST if in_host else _least(our_part, their_part, left, right)
    if len(run) < needed:
        return None
    whole = len(run) >= _LEAST_INSIDE and left and len(right) > 1 and len(our_part) < 2
    if len(run) >= _LEAST_WITHOUT_REST or (whole and their_part):
        return Typo(len(run), 0)
    long = len(run) >= _LEAST_OF_THE_REST
    return Typo(len(run), _LEAST_BESIDE_A_LONG_WORD if long else _LEAST_OF_THE_REST)


def weight(string: str) -> int:
    """Count the letters and digits of a string; ideographs and pictures count twice."""
    if string.isascii():
        return sum(map(str.isalnum, string))
    return sum(
        2 if each >= _FIRST_PICTURE and category(each) in _SAYING_MORE else each.isalnum()
        for each in string
    )


def _least(ours: str, theirs: str, left: str, right: str) -> float:
    """The fewest letters of a run that may have a typo of this kind."""
    if len(ours) == 2:
        return _LEAST_IF_SWAPPED
    if not ours:
        return _LEAST_IF_MISSING
    if not theirs:
        return _LEAST_IF_ADDED
    ascii_letters = (ours + theirs).isascii()
    if ascii_letters and (ours in _VOWELS) != (theirs in _VOWELS):
        # No two names differ in a vowel for a consonant, but at their ends: Johann, Johana.
        if len(right) < 2:
            return _LEAST_UNLIKE_NEAR_THE_END if left and right else math.inf
        return _LEAST_IF_UNLIKE
    if not left or not right:
        return math.inf
    if not ascii_letters or ours in _VOWELS:
        return _LEAST_IF_ALIKE if len(right) > 1 else math.inf
    return _LEAST_IF_CHANGED if len(right) > 1 else _LEAST_NEAR_THE_END


def _common_start(left: str, right: str) -> int:
    number = 0
    for ours, theirs in zip(left, right, strict=False):
        if ours != theirs:
            break
        number += 1
    return number


def _letters_around(before: str, after: str) -> tuple[str, str]:
    """Letters and digits of the text that stand together with what changed."""
    left, right = _LETTERS.match(before[::-1]), _LETTERS.match(after)
    return (left[0][::-1] if left else ""), (right[0] if right else "")
