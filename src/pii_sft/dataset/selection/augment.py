"""Altered copies of training documents, with offsets that are exact.

Each alteration takes a document and returns a copy, or None if there is nothing to alter.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from random import Random
from typing import Literal

import regex

from pii_sft.dataset.options import AUGMENTATIONS
from pii_sft.spans import Document, Span

Alter = Callable[[Document, Random], Document | None]


def alterations(names: Iterable[str], pool: SurfacePool) -> dict[str, Alter]:
    """The functions that alter documents, by name.

    Args:
        names: which ones.
        pool: surfaces of the training split, to swap with.
    """
    return {name: KINDS[name](pool) for name in names}


def swapper(pool: SurfacePool) -> Alter:
    """Swap the surfaces of spans for others of the same label and script.

    A surface is replaced by the same other surface throughout the document, in upper or lower case
    where the original is. Spans that overlap others stay as they are.
    """

    def swap(document: Document, draw: Random) -> Document | None:
        chosen: dict[tuple[str, str], str] = {}
        changes = []
        for span in _alone(document.spans):
            surface = document.surface(span)
            key = (span.label, surface.casefold())
            if key not in chosen:
                chosen[key] = _another(surface, pool.of(span.label, script(surface)), draw)
            changes.append((span, _in_case_of(surface, chosen[key])))
        return _replaced(document, changes)

    return swap


def _another(surface: str, candidates: Collection[str], draw: Random) -> str:
    folded = surface.casefold()
    others = [each for each in candidates if each.casefold() != folded]
    return draw.choice(others) if others else surface


def _in_case_of(surface: str, other: str) -> str:
    if surface.isupper():
        return other.upper()
    return other.lower() if surface.islower() else other


def _alone(spans: tuple[Span, ...]) -> Iterator[Span]:
    """The spans that no other span overlaps."""
    end = 0
    for index, span in enumerate(spans):
        following = spans[index + 1].start if index + 1 < len(spans) else span.end
        if end <= span.start and span.end <= following:
            yield span
        end = max(end, span.end)


def _replaced(document: Document, changes: list[tuple[Span, str]]) -> Document | None:
    """Replace the surfaces of some spans, which do not overlap and are in order."""
    pieces: list[str] = []
    ends: list[int] = []
    shifts: list[int] = [0]
    at = 0
    for span, surface in changes:
        pieces += [document.text[at : span.start], surface]
        at = span.end
        ends.append(at)
        shifts.append(shifts[-1] + len(surface) - (span.end - span.start))
    text = "".join([*pieces, document.text[at:]])
    if text == document.text:
        return None
    moved = []
    passed = 0
    swapped = {span for span, _ in changes}
    for span in document.spans:
        while passed < len(ends) and ends[passed] <= span.start:
            passed += 1
        end = passed + 1 if span in swapped else passed
        moved.append(Span(span.start + shifts[passed], span.end + shifts[end], span.label))
    return document.replaced(text=text, spans=tuple(moved))


def recaser(_pool: SurfacePool) -> Alter:
    """Write everything in lower case, as in chats, or in upper case, as in forms."""

    def recase(document: Document, draw: Random) -> Document | None:
        change = draw.choice((str.lower, str.lower, str.upper))
        return _with_text(document, (change(each) for each in document.text))

    return recase


_TO_FULL_WIDTH = 0xFEE0


def widener(_pool: SurfacePool) -> Alter:
    """Write letters and digits in full width, as East Asian keyboards do."""

    def widen(document: Document, _draw: Random) -> Document | None:
        return _with_text(
            document,
            (
                chr(ord(each) + _TO_FULL_WIDTH) if each.isascii() and each.isalnum() else each
                for each in document.text
            ),
        )

    return widen


_ALIKE = (
    *("0O", "1l", "5S", "8B", "2Z", "6G", "ce", "hb", "un"),
    *("日曰", "己已", "未末", "土士", "大太", "人入", "玉王"),
)
_LOOKALIKES = {pair[1]: pair[0] for pair in _ALIKE} | {pair[0]: pair[1] for pair in _ALIKE}
_MISREAD = 0.08


def misreader(_pool: SurfacePool) -> Alter:
    """Mistake some characters for others that look alike, as scanners do."""

    def misread(document: Document, draw: Random) -> Document | None:
        return _with_text(
            document,
            (
                _LOOKALIKES[each] if each in _LOOKALIKES and draw.random() < _MISREAD else each
                for each in document.text
            ),
        )

    return misread


def _with_text(document: Document, characters: Iterable[str]) -> Document | None:
    """Replace each character by one; a character that would become several stays as it is."""
    text = "".join(
        new if len(new) == 1 else old for old, new in zip(document.text, characters, strict=True)
    )
    return None if text == document.text else document.replaced(text=text)


KINDS: Mapping[str, Callable[[SurfacePool], Alter]] = dict(
    zip(AUGMENTATIONS, (swapper, recaser, widener, misreader), strict=True)
)
"""Alterations by their names for `--augment`."""


Script = Literal["east asian", "letters", "digits"]

_EAST_ASIAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_LETTER = regex.compile(r"\p{L}")
_MOST = 2000


def script(surface: str) -> Script:
    """The script of a surface, roughly; a surface is only swapped for one of the same script."""
    if _EAST_ASIAN.search(surface):
        return "east asian"
    return "letters" if _LETTER.search(surface) else "digits"


class SurfacePool:
    """Up to 2,000 surfaces for each label and script, a random sample that ignores their order."""

    def __init__(self) -> None:
        self._lots: dict[tuple[str, Script], dict[str, bytes]] = defaultdict(dict)
        self._sorted: dict[tuple[str, Script], list[str]] = {}

    def add(self, document: Document) -> None:
        """Take the surfaces of a document."""
        for span in document.spans:
            surface = document.surface(span)
            held = self._lots[span.label, script(surface)]
            if surface not in held:
                held[surface] = hashlib.blake2b(surface.encode(), digest_size=8).digest()
                if len(held) == 2 * _MOST:
                    for other in sorted(held, key=held.__getitem__)[_MOST:]:
                        del held[other]

    def of(self, label: str, kind: Script) -> list[str]:
        """The surfaces of a label in a script, sorted."""
        key = (label, kind)
        if key not in self._sorted:
            held = self._lots.get(key, {})
            self._sorted[key] = sorted(sorted(held, key=held.__getitem__)[:_MOST])
        return self._sorted[key]
