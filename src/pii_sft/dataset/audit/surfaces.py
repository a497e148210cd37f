"""Counts of the annotated strings by label: exact up to a limit, then of a random sample."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from pii_sft.spans import Document

LONGEST = 200
"""Most characters of a surface that is counted; longer ones hardly occur twice."""


class Surfaces:
    """Counts how often each string is annotated with each label.

    Up to `most` different strings are counted exactly. Beyond, only those are kept whose checksum
    falls on a multiple of 2, 4, 8, ...: every string has the same chance, and those that are kept
    are counted exactly (Gibbons, "Distinct sampling for highly-accurate answers to distinct
    values queries", 2001).

    Args:
        most: how many different strings are remembered.

    Attributes:
        share: of the strings that is kept, as 1 in so many.
        counts: by label and string, how often.
        held_out: likewise, of documents outside the training split alone.
    """

    def __init__(self, most: int) -> None:
        self.share = 1
        self.counts: dict[str, dict[str, int]] = {}
        self.held_out: dict[str, dict[str, int]] = {}
        self._most = most
        self._held = 0

    def see(self, document: Document, *, held_out: bool) -> None:
        """Count the strings of a document, which may be outside the training split."""
        text = document.text
        counts = self.counts
        for span in document.spans:
            surface = text[span.start : span.end]
            by_surface = counts.get(span.label)
            if by_surface is None:
                by_surface = counts[span.label] = {}
            count = by_surface.get(surface)
            if count is not None:
                by_surface[surface] = count + 1
            elif len(surface) <= LONGEST and self._admits(surface):
                by_surface[surface] = 1
                self._held += 1
        if held_out:
            self._hold_out(document)
        while self._held > self._most:
            self._halve()

    def _hold_out(self, document: Document) -> None:
        for span in document.spans:
            surface = document.surface(span)
            if surface in self.counts[span.label]:
                by_surface = self.held_out.setdefault(span.label, {})
                by_surface[surface] = by_surface.get(surface, 0) + 1

    def _admits(self, surface: str) -> bool:
        return self.share == 1 or zlib.crc32(surface.encode()) % self.share == 0

    def _halve(self) -> None:
        self.share *= 2
        for table in (self.counts, self.held_out):
            for label, by_surface in table.items():
                table[label] = {
                    surface: count for surface, count in by_surface.items() if self._admits(surface)
                }
        self._held = sum(len(each) for each in self.counts.values())

    def by_surface(self) -> Iterator[tuple[str, dict[str, int]]]:
        """Each string with its labels and how often it has each."""
        first_with: dict[str, str] = {}
        several: dict[str, dict[str, int]] = {}
        for label, by_surface in self.counts.items():
            for surface, count in by_surface.items():
                first = first_with.setdefault(surface, label)
                if first != label:
                    held = several.setdefault(surface, {first: self.counts[first][surface]})
                    held[label] = count
        for surface, label in first_with.items():
            yield surface, several.get(surface) or {label: self.counts[label][surface]}
