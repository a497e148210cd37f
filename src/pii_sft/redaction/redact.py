"""Redaction of a document: its spans are replaced, and the new spans mark the replacements.

Overlapping spans are replaced together as one region, under the label of the longest span (if
several are longest, of the first one, then the first label). A span that ends inside a grapheme is
extended to its end. Text outside of all regions does not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from pii_sft.align import splits_character
from pii_sft.redaction.named_styles import style_named
from pii_sft.redaction.outside_text import KEPT_META, Strings, id_tells, kept_meta
from pii_sft.redaction.same_strings import Places, parts_of, same
from pii_sft.redaction.styles import Mask, Style
from pii_sft.spans import Document, HoldsText, Span, checked, reading_order

UNKNOWN = "UNKNOWN"
"""Written in place of a label that a model made up, since it may be text."""


class Replacement(HoldsText, msgspec.Struct, frozen=True):
    """A region of a text, and what stands there now.

    Attributes:
        start: first code point of the region in the text as it was.
        end: the one after the last.
        label: of the region.
        surface: what stood there.
        new_start: where the replacement begins in the text as it is now.
        replacement: what stands there now.
    """

    start: int
    end: int
    label: str
    surface: str
    new_start: int
    replacement: str


class Redacted(msgspec.Struct, frozen=True):
    """A document after redaction.

    Attributes:
        document: the text as it is now, and spans where something was replaced.
        replacements: in the order of the text.
        standing: number of different replaced strings that still occur elsewhere in the text.
        id_tells: whether the id of the document holds a word or number that was replaced.
        meta_dropped: keys of `meta` that were to be kept, but hold what was replaced.
    """

    document: Document
    replacements: tuple[Replacement, ...]
    standing: int = 0
    id_tells: bool = False
    meta_dropped: tuple[str, ...] = ()


def redact(
    document: Document,
    spans: Iterable[Span],
    style: Style | str,
    *,
    everywhere: bool = False,
    parts: Collection[str] = (),
    known: Collection[str] | None = None,
    keep_meta: Collection[str] = KEPT_META,
) -> Redacted:
    """Replace the spans of a document.

    Args:
        document: the text; its own spans are not looked at.
        spans: what to replace, in any order, nested and overlapping at will.
        style: what to put in their place, or its name: label, mask, pseudonym, hash.
        everywhere: whether other places of a replaced string are replaced too, if it is a whole
            word there; see `same_strings` for which strings are the same.
        parts: labels of names whose single words are replaced too, `Lee` of `Ann Lee`.
        known: labels of the data set. Other labels may be text that a model copied, and are written
            as `UNKNOWN`. None trusts all labels, as those of an annotation.
        keep_meta: keys of `meta` to keep; all others may hold personal data.

    Raises:
        UsageError: there is no style of that name.
    """
    style = style_named(style) if isinstance(style, str) else style
    text = document.text
    given = {_whole_characters(text, span) for span in spans}
    if known is not None:
        given = {_with_known_label(span, known) for span in given}
    wanted = sorted(given, key=reading_order)
    elsewhere = _elsewhere(text, wanted, parts)
    if everywhere:
        wanted = sorted({*wanted, *elsewhere}, key=reading_order)
    places = regions(wanted)
    replacements = tuple(_replaced(text, places, style))
    strings = Strings(each.surface for each in replacements)
    meta = kept_meta(document, keep_meta, strings)
    return Redacted(
        checked(
            document.id,
            _joined(text, replacements),
            wanted if style.keeps_length else (_moved(each) for each in replacements),
            meta,
        ),
        replacements,
        _standing(text, elsewhere, places),
        id_tells(document.id, strings),
        tuple(key for key in keep_meta if key in document.meta and key not in meta),
    )


def mask_all(document: Document, keep_meta: Collection[str] = KEPT_META) -> Redacted:
    """Mask every character of a text, for a document without a usable answer.

    Args:
        document: the document; what is kept of it is judged by its own text.
        keep_meta: keys of `meta` that stay.
    """
    whole = [Span(0, len(document.text), UNKNOWN)] if document.text else []
    return redact(document, whole, Mask(), keep_meta=keep_meta)


def regions(spans: Iterable[Span]) -> list[Span]:
    """Merge overlapping spans to regions; spans that only touch stay apart.

    Args:
        spans: in reading order.
    """
    found: list[Span] = []
    longest: list[Span] = []
    for span in spans:
        if not found or span.start >= found[-1].end:
            found.append(span)
            longest.append(span)
            continue
        if span.end - span.start > longest[-1].end - longest[-1].start:
            longest[-1] = span
        region = found[-1]
        found[-1] = Span(region.start, max(region.end, span.end), longest[-1].label)
    return found


def _whole_characters(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start > 0 and splits_character(text, start):
        start -= 1
    while end < len(text) and splits_character(text, end):
        end += 1
    return span if (start, end) == (span.start, span.end) else Span(start, end, span.label)


def _with_known_label(span: Span, known: Collection[str]) -> Span:
    return span if span.label in known else Span(span.start, span.end, UNKNOWN)


def _elsewhere(text: str, wanted: Iterable[Span], parts: Collection[str]) -> set[Span]:
    """Every place of the strings that spans cover, their own included."""
    sought = {(text[span.start : span.end], span.label) for span in wanted}
    sought |= {(part, label) for name, label in sought if label in parts for part in parts_of(name)}
    places = Places(text)
    return {
        Span(start, end, label) for surface, label in sought for start, end in places.of(surface)
    }


def _replaced(text: str, places: Iterable[Span], style: Style) -> Iterator[Replacement]:
    write, shift = style.of(text), 0
    for place in places:
        surface = text[place.start : place.end]
        replacement = write(place.label, surface)
        yield Replacement(
            place.start, place.end, place.label, surface, place.start + shift, replacement
        )
        shift += len(replacement) - len(surface)


def _joined(text: str, replacements: Iterable[Replacement]) -> str:
    parts, reached = [], 0
    for each in replacements:
        parts += [text[reached : each.start], each.replacement]
        reached = each.end
    return "".join([*parts, text[reached:]])


def _moved(each: Replacement) -> Span:
    return Span(each.new_start, each.new_start + len(each.replacement), each.label)


def _standing(text: str, elsewhere: Iterable[Span], places: Iterable[Span]) -> int:
    covered = [False] * len(text)
    for place in places:
        covered[place.start : place.end] = [True] * (place.end - place.start)
    return len(
        {
            same(text[span.start : span.end])
            for span in elsewhere
            if not all(covered[span.start : span.end])
        }
    )
