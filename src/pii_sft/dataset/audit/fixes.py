"""Corrections of an audit's findings, with a log of all changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from pii_sft import __version__
from pii_sft.dataset.audit.check import Check
from pii_sft.dataset.audit.checks.boundaries import ARTICLE, Boundaries, bounded, habits_of
from pii_sft.dataset.audit.checks.consistency import Consistency
from pii_sft.dataset.audit.checks.duplicates import Duplicates
from pii_sft.dataset.audit.checks.patterns import Patterns
from pii_sft.dataset.audit.checks.positions import has_content, snapped
from pii_sft.dataset.audit.places import Seen
from pii_sft.errors import UsageError, unknown_name
from pii_sft.files import Staging, check_output, digest, encode, indented, read_json
from pii_sft.spans import Document, Span, checked

FIXES = {
    "empty": "drop documents without text",
    "dedupe": "drop documents whose text came before; from train, also those that are held out",
    "ids": "give documents whose id is taken another",
    "relabel": "give spans the label that their string nearly always has elsewhere",
    "trim": "take white space off the ends of spans, and drop spans without content",
    "snap": "move the ends of spans outwards to whole words and characters",
    "bounds": "move titles, punctuation and the like to the side on which they mostly stand",
    "overlaps": "of spans that cross, or have the same bounds, keep the longest, or the first",
    "flatten": "of all spans that overlap, nested ones too, keep the longest",
    "complete": "label what has a label nearly everywhere else, and unmistakable forms",
}
"""Corrections in the order in which they are made."""

T = TypeVar("T")

DOCUMENTS, CHANGES, RECORD = "documents", "changes.jsonl", "fixes.json"


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One correction, without text.

    Attributes:
        id: of the document.
        split: that it is in.
        fix: one of `FIXES`.
        before: the old span; None for a new span, or if the whole document is meant.
        after: the new span; None for one that was dropped.
        note: what happened to the document.
    """

    id: str
    split: str
    fix: str
    before: Span | None = None
    after: Span | None = None
    note: str = ""


Edit = tuple[Span | None, Span | None]
SpanFix = Callable[[Document], Iterator[Edit]]


def check_fixes(names: Sequence[str]) -> tuple[str, ...]:
    """The corrections that are asked for, in the order in which they are made.

    Raises:
        UsageError: there is no such correction.
    """
    for name in names:
        if name not in FIXES:
            raise unknown_name("fix", name, FIXES)
    return tuple(name for name in FIXES if name in names)


class Fixes:
    """Makes corrections, based on what the checks of an audit have learned.

    Args:
        names: of the corrections.
        checks: of the audit, after both looks.
    """

    def __init__(self, names: Sequence[str], checks: Sequence[Check]) -> None:
        self._names = check_fixes(names)
        self._checks = checks
        duplicates = self._learned(Duplicates)
        self._dropped = duplicates.superfluous() if "dedupe" in names else frozenset()
        self._renamed = duplicates.renamed() if "ids" in names else frozenset()
        self._taken: dict[str, int] = {}
        self._span_fixes: list[tuple[str, SpanFix]] = [
            (name, fix) for name, fix in self._all_span_fixes().items() if name in self._names
        ]

    def _learned(self, kind: type[T]) -> T:
        """The check of a kind, with what it has learned."""
        return next(check for check in self._checks if isinstance(check, kind))

    def _all_span_fixes(self) -> dict[str, SpanFix]:
        consistency, boundaries = self._learned(Consistency), self._learned(Boundaries)
        patterns, majorities = self._learned(Patterns), boundaries.majorities()
        return {
            "relabel": lambda document: _relabel(document, consistency),
            "trim": _trim,
            "snap": _snap,
            "bounds": lambda document: _move_bounds(document, majorities),
            "overlaps": lambda document: _flatten(document, nested=False),
            "flatten": lambda document: _flatten(document, nested=True),
            "complete": lambda document: _complete(document, consistency, patterns),
        }

    def fixed(self, seen: Seen) -> tuple[Document | None, list[Change]]:
        """A document with its corrections; None if it is dropped."""
        document, split = seen.document, seen.split
        if "empty" in self._names and not document.text.strip():
            return None, [Change(document.id, split, "empty", note="dropped: no text")]
        if seen.number in self._dropped:
            return None, [Change(document.id, split, "dedupe", note="dropped: its text is kept")]
        changes: list[Change] = []
        if seen.number in self._renamed:
            number = self._taken[document.id] = self._taken.get(document.id, 1) + 1
            name = f"{document.id}#{number}"
            changes.append(Change(name, split, "ids", note=f"was {document.id}"))
            document = document.replaced(id=name)
        for name, fix in self._span_fixes:
            edits = list(fix(document))
            if edits:
                changes += [Change(document.id, split, name, *edit) for edit in edits]
                document = _edited(document, edits)
        return document, changes

    def write(
        self, documents: Iterator[Seen], out: Path, inputs: Sequence[Path], *, overwrite: bool
    ) -> dict[str, int]:
        """Write a corrected copy: a file for each split, and the log of changes beside them.

        Args:
            documents: all of them, in order.
            out: folder to write.
            inputs: what is never replaced.
            overwrite: whether an earlier copy is replaced.

        Returns:
            Number of changes by correction.

        Raises:
            UsageError: a file is in the way.
        """
        counts = dict.fromkeys(self._names, 0)
        with Staging(overwrite, inputs) as staging:
            staging.take(out)
            staging.succeed(_written(out))
            log = staging.open(out / CHANGES)
            files = {}
            for seen in documents:
                document, changes = self.fixed(seen)
                for change in changes:
                    counts[change.fix] += 1
                    log.write(encode(change) + b"\n")
                if document is None:
                    continue
                if seen.split not in files:
                    name = f"{seen.split or 'documents'}.jsonl"
                    files[seen.split] = staging.open(out / DOCUMENTS / name)
                files[seen.split].write(encode(document) + b"\n")
            record = _Record(__version__, counts, staging.digests(out))
            staging.open(out / RECORD, index=True).write(indented(record))
        return counts


class _Record(msgspec.Struct, frozen=True):
    """The record of a corrected copy, so that a later call knows what it may replace."""

    version: str
    changes: dict[str, int]
    files: dict[str, str]


def check_copy(out: Path, inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Stop before work is done whose copy could not be stored.

    Raises:
        UsageError: a file is in the way.
    """
    earlier = _written(out)
    if earlier and not overwrite:
        raise UsageError(f"{out} holds a corrected copy. Use --overwrite to replace it.")
    if not earlier:
        for name in (RECORD, CHANGES):
            check_output(out / name, False, inputs)


def _written(out: Path) -> list[Path]:
    """The files that an earlier call wrote into a folder.

    Raises:
        UsageError: some of it has been changed since, and may be somebody's work.
    """
    if not (out / RECORD).is_file():
        return []
    files = {out / name: wanted for name, wanted in read_json(out / RECORD, _Record).files.items()}
    there = {path: wanted for path, wanted in files.items() if path.is_file()}
    changed = [str(path) for path, wanted in there.items() if digest(path) != wanted]
    if changed:
        raise UsageError(
            f"{', '.join(changed)} changed since an earlier call wrote it. Move it away, or name "
            "another folder."
        )
    return [*there, out / RECORD]


def _edited(document: Document, edits: Sequence[Edit]) -> Document:
    gone = {before for before, _ in edits if before is not None}
    kept = [span for span in document.spans if span not in gone]
    new = [after for _, after in edits if after is not None]
    return checked(document.id, document.text, [*kept, *new], document.meta)


def _relabel(document: Document, consistency: Consistency) -> Iterator[Edit]:
    for span in document.spans:
        if label := consistency.relabelled(document, span):
            yield span, Span(span.start, span.end, label)


def _trim(document: Document) -> Iterator[Edit]:
    for span in document.spans:
        surface = document.surface(span)
        bare = surface.strip()
        if not has_content(bare):
            yield span, None
        elif bare != surface:
            start = span.start + len(surface) - len(surface.lstrip())
            yield span, Span(start, start + len(bare), span.label)


def _snap(document: Document) -> Iterator[Edit]:
    for span in document.spans:
        moved = snapped(document.text, span)
        if moved != span:
            yield span, moved


def _move_bounds(document: Document, majorities: Mapping[tuple[str, str], bool]) -> Iterator[Edit]:
    padded = f"{document.text}  "
    for span in document.spans:
        moved = span
        for habit, inside in habits_of(padded, span.start, span.end):
            wanted = majorities.get((span.label, habit))
            if wanted is not None and wanted != inside and habit != ARTICLE:
                moved = bounded(padded, moved, habit, inside=wanted)
        if moved != span:
            yield span, moved


def _flatten(document: Document, *, nested: bool) -> Iterator[Edit]:
    kept: list[Span] = []
    for span in sorted(document.spans, key=lambda each: (each.start - each.end, each.start)):
        if any(_clash(span, other, nested) for other in kept):
            yield span, None
        else:
            kept.append(span)


def _clash(span: Span, other: Span, nested: bool) -> bool:
    """True if a span can't stand beside a longer one that was kept."""
    if span.end <= other.start or other.end <= span.start:
        return False
    same = (span.start, span.end) == (other.start, other.end)
    return nested or same or span.start < other.start or span.end > other.end


def _complete(document: Document, consistency: Consistency, patterns: Patterns) -> Iterator[Edit]:
    kept: list[Span] = []
    found = [*consistency.missing(document), *patterns.missing(document)]
    for span in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if not any(span.start < each.end and each.start < span.end for each in kept):
            kept.append(span)
            yield None, span
