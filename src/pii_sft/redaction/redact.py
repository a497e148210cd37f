"""Texts with their spans replaced, and spans that say where the replacements stand.

Spans that overlap are replaced together, as one region under the label of the longest of them (of
the first, then of the first label, where several are): nothing of any of them is left. Text outside
of all regions does not change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.align import stands_alone
from pii_sft.converters.detect import ANY_FORMAT, read_annotations
from pii_sft.errors import UsageError, unknown_name
from pii_sft.evaluators import read_pairs
from pii_sft.files import Staging
from pii_sft.records.prediction_file import Source
from pii_sft.redaction.styles import STYLES, Style, folded
from pii_sft.redaction.surrogates import Surrogate
from pii_sft.spans import Document, Span, checked, reading_order
from pii_sft.targets import TARGETS

KEPT_META = ("language", "split")
"""Keys of `meta` that can't tell who a text is about."""

HIDDEN_LABEL = "PII"
"""What stands for a label that could give away what was replaced."""

SHORTEST_SOUGHT = 2
"""Strings that are shorter are not sought elsewhere: they stand everywhere."""


class Replacement(msgspec.Struct, frozen=True):
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

    def __repr__(self) -> str:
        return f"Replacement({self.start}-{self.end}, label={self.label!r})"


class Redacted(msgspec.Struct, frozen=True):
    """A document after redaction.

    Attributes:
        document: the text as it is now, and spans where something was replaced.
        replacements: in the order of the text.
        standing: number of different replaced strings that still stand elsewhere in the text.
    """

    document: Document
    replacements: tuple[Replacement, ...]
    standing: int


class Mapped(msgspec.Struct, frozen=True):
    """A row of the mapping: what was replaced in one document."""

    id: str
    replacements: tuple[Replacement, ...]


class Redaction(msgspec.Struct):
    """What a redaction did.

    Attributes:
        documents: how many were written.
        replaced: number of regions.
        labels: number of regions by label.
        standing: number of documents in which a replaced string still stands elsewhere.
    """

    documents: int = 0
    replaced: int = 0
    labels: dict[str, int] = {}
    standing: int = 0

    def add(self, redacted: Redacted) -> None:
        """Count one more document."""
        self.documents += 1
        self.replaced += len(redacted.replacements)
        self.standing += redacted.standing > 0
        for each in redacted.replacements:
            self.labels[each.label] = self.labels.get(each.label, 0) + 1


def annotated(data: Path, source: str = ANY_FORMAT) -> Iterator[tuple[Document, tuple[Span, ...]]]:
    """Documents with their own spans.

    Args:
        data: a file or folder in any annotation format; `-` is standard input.
        source: name of its reader, or `auto`.

    Raises:
        InputError: a record can't be read.
        UsageError: there is no such reader, or none or several recognise the input.
    """
    for document in read_annotations([data], source):
        yield document, document.spans


def predicted(pred: Path, source: Source) -> Iterator[tuple[Document, tuple[Span, ...]]]:
    """Documents with the spans of predictions.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.inputs.prediction_files`.
        source: the documents, and how answers that are still text are to be read.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
    """
    for document, prediction in read_pairs(pred, source.gold, TARGETS.get(source.target)):
        yield document, prediction.spans


def style_named(name: str, key_file: Path | None = None, locale: str | None = None) -> Style:
    """A style, with what it needs.

    Args:
        name: key of `STYLES`.
        key_file: secret for `hash`; None takes it from the environment, or makes one up.
        locale: of invented values, for `pseudonym`; None numbers instead.

    Raises:
        UsageError: there is no such style, or it has no use for the key or the locale.
    """
    if name not in STYLES:
        raise unknown_name("style", name, STYLES)
    if key_file is not None and name != "hash":
        raise UsageError("Only the style hash has a key.")
    if locale is not None and name != "pseudonym":
        raise UsageError("Only the style pseudonym invents values.")
    return STYLES[name](key_file) if locale is None else Surrogate(locale)


def redact(
    document: Document,
    spans: Iterable[Span],
    style: Style,
    *,
    everywhere: bool = False,
    known: Collection[str] | None = None,
    keep_meta: Collection[str] = KEPT_META,
) -> Redacted:
    """Replace the spans of a document.

    Args:
        document: the text; its own spans are not looked at.
        spans: what to replace, in any order, nested and overlapping at will.
        style: what to put in their place.
        everywhere: whether other places that hold a replaced string, as words of their own and
            in whatever case, are replaced too.
        known: labels that hold no text. A model may make up others of what it read; one that has
            a word of a replaced string becomes `PII`. None trusts all, as in an annotation.
        keep_meta: keys of `meta` that stay; all others may hold what the text must not.
    """
    text = document.text
    given = set(spans)
    if known is not None:
        given = _with_safe_labels(text, given, known)
    wanted = sorted(given, key=reading_order)
    folded_text = text.casefold()
    sought = {(text[span.start : span.end], span.label) for span in wanted}
    elsewhere = {
        Span(start, end, label)
        for surface, label in sought
        if len(surface) >= SHORTEST_SOUGHT
        for start, end in _places(text, folded_text, surface)
    }
    if everywhere:
        wanted = sorted({*wanted, *elsewhere}, key=reading_order)
    places = regions(wanted)
    replacements = tuple(_replaced(text, places, style))
    return Redacted(
        checked(
            document.id,
            _joined(text, replacements),
            wanted if style.keeps_length else (_moved(each) for each in replacements),
            {key: document.meta[key] for key in keep_meta if key in document.meta},
        ),
        replacements,
        _standing(text, elsewhere, places),
    )


def regions(spans: Iterable[Span]) -> list[Span]:
    """The stretches of text that spans cover together; spans that only touch stay apart.

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


def redact_files(
    documents: Iterable[tuple[Document, Iterable[Span]]],
    out: Path,
    style: Style,
    *,
    mapping: Path | None = None,
    everywhere: bool = False,
    known: Collection[str] | None = None,
    keep_meta: Collection[str] = KEPT_META,
    overwrite: bool = False,
    inputs: Iterable[Path] = (),
) -> Redaction:
    """Write redacted documents as Documents JSONL, and on demand what was replaced by what.

    Args:
        documents: each with the spans to replace.
        out: where the documents go; `-` is standard output.
        style: what to put in the place of spans.
        mapping: where the strings that were replaced go; None writes them nowhere.
        everywhere: see `redact`, like the following.
        known: labels that hold no text.
        keep_meta: keys of `meta` that stay.
        overwrite: replace files that exist.
        inputs: files that are never replaced.

    Raises:
        UsageError: a file exists or is an input, or both outputs are one file.
    """
    done = Redaction()
    with Staging(overwrite, inputs) as staging:
        texts = staging.jsonl(out)
        rows: Any = None if mapping is None else staging.jsonl(mapping)
        for document, spans in documents:
            redacted = redact(
                document,
                spans,
                style,
                everywhere=everywhere,
                known=known,
                keep_meta=keep_meta,
            )
            done.add(redacted)
            if rows is not None:
                rows.write(Mapped(document.id, redacted.replacements))
            texts.write(redacted.document)
    return done


def _with_safe_labels(text: str, spans: Collection[Span], known: Collection[str]) -> set[Span]:
    """The spans, without labels that have a word of what they cover, or hold it, or stand in it."""
    strings = {folded(text[span.start : span.end]) for span in spans}
    surfaces = {each for each in strings if len(each) >= SHORTEST_SOUGHT}
    words = {word for surface in surfaces for word in _words(surface)}
    hidden = set()
    for label in {span.label for span in spans}.difference(known):
        name = folded(label)
        if any(name in each or each in name for each in surfaces) or words & _words(name):
            hidden.add(label)
    return {
        Span(span.start, span.end, HIDDEN_LABEL if span.label in hidden else span.label)
        for span in spans
    }


def _words(folded_text: str) -> set[str]:
    found = re.findall(r"[^\W_]+", folded_text)
    return {word for word in found if len(word) >= SHORTEST_SOUGHT}


def _places(text: str, folded_text: str, surface: str) -> Iterator[tuple[int, int]]:
    """Where a string stands as words of its own, in whatever case and white space.

    Nothing, where its first word stands in the text but once: that is the string itself.
    """
    words = surface.split()
    if not words or folded_text.count(words[0].casefold()) == 1:
        return
    for found in re.finditer(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE):
        if stands_alone(text, *found.span()):
            yield found.span()


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
            folded(text[span.start : span.end])
            for span in elsewhere
            if not all(covered[span.start : span.end])
        }
    )
