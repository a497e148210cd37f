"""The same string with another label, or without one, elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count, pairwise
from operator import add
from typing import Any

import msgspec

from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.places import Seen, place, unlabelled_text
from pii_sft.dataset.audit.statistics import wilson_lower
from pii_sft.dataset.audit.suspects import Suspect
from pii_sft.spans import Document, Span
from pii_sft.top import Top

LIKELY = 0.5
"""Score from which on an error is listed: the lower end of the interval of the share of the
majority, so that it takes seven of one kind against one of the other."""

_UNMISTAKABLE, _SPECIFIC = 8, 3
"""Labelled occurrences that the form of a string is worth: a full name or a number of six digits
means the same wherever it stands, a lone word may not."""
_SAME_DOCUMENT = 2
"""Likewise, that the string is labelled in the same document (Gale, Church and Yarowsky, "One sense
per discourse", 1992)."""
_KEPT = 3
"""Occurrences of a string that are remembered."""
MOSTLY_KNOWN = 0.8

_WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u058f\u1e00-\u1fff]+")
"""Words of scripts that put spaces between them; others are compared by two characters in a row."""

_TO_SPACES = {code: " " for code in range(128) if not _WORD.match(chr(code))}
"""Quicker than the pattern, for most texts."""


class _Candidate(msgspec.Struct):
    """A string that is searched for where it is not labelled.

    Attributes:
        surface: the string.
        label: it mostly has.
        labelled: how often it has a label.
        worth: labelled occurrences that its form is worth.
        unlabelled: how often it stands without one.
        anchor: under which it is found in the index.
        kept: the first such places, and whether the string is labelled in the same document.
    """

    surface: str
    label: str
    labelled: int
    worth: int
    anchor: str
    unlabelled: int = 0
    kept: list[tuple[Suspect, bool]] = []

    def __repr__(self) -> str:
        return f"_Candidate(label={self.label!r}, labelled={self.labelled})"

    @property
    def score(self) -> float:
        """How likely it is a mistake to leave it without a label."""
        base = self.labelled + self.worth
        return 0.0 if self.hopeless else wilson_lower(base, base + self.unlabelled)

    @property
    def hopeless(self) -> bool:
        """True if it stands unlabelled too often for that to be a mistake."""
        return self.unlabelled > self.labelled + self.worth + _SAME_DOCUMENT


class Consistency:
    """Counts strings in the first look, and searches for the odd ones out in the second."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._surfaces = subject.surfaces
        self._spans = 0
        self._ambiguous = 0
        self._minority: dict[str, dict[str, tuple[str, float, str]]] = {}
        self._index: dict[str, list[_Candidate]] = {}
        self._anchors: frozenset[str] = frozenset()
        self._candidates: list[_Candidate] = []
        self._worst: Top[Suspect] = Top(subject.options.suspects)
        self._relabelled = 0
        self._missing = 0

    def see(self, seen: Seen) -> None:
        """Count the strings of a document."""
        self._spans += len(seen.document.spans)
        self._surfaces.see(seen.document, held_out=seen.split not in ("", TRAIN))

    def settle(self) -> None:
        """Choose the strings to look for."""
        needed = _needed()
        for surface, labels in self._surfaces.by_surface():
            total = sum(labels.values())
            label = max(labels, key=lambda name: (labels[name], name))
            if len(labels) > 1:
                self._note_minority(surface, label, labels)
            worth = _worth(surface)
            if total + worth + _SAME_DOCUMENT >= needed:
                self._candidates.append(_Candidate(surface, label, total, worth, ""))
        self._build_index()

    def _note_minority(self, surface: str, majority: str, labels: Mapping[str, int]) -> None:
        self._ambiguous += 1
        for label, number in labels.items():
            score = wilson_lower(labels[majority], labels[majority] + number)
            if label != majority and score >= LIKELY:
                reason = f"{labels[majority]} times {majority}, {number} times {label}"
                self._minority.setdefault(label, {})[surface] = (majority, score, reason)

    def _build_index(self) -> None:
        """List each string under the part of it that the fewest others hold."""
        frequency = Counter(part for each in self._candidates for part in _parts(each.surface))
        for candidate in self._candidates:
            parts = _parts(candidate.surface)
            if parts:
                candidate.anchor = min(parts, key=lambda part: (frequency[part], part))
                self._index.setdefault(candidate.anchor, []).append(candidate)
        self._anchors = frozenset(self._index)

    def see_again(self, seen: Seen) -> None:
        """Look for labels that are the odd ones out, and for what should have one."""
        if self._minority:
            self._look_for_odd_labels(seen)
        gaps = unlabelled_text(seen.document)
        for anchor in _parts_of(gaps) & self._anchors:
            self._look_for(self._index[anchor], gaps, seen)

    def _look_for_odd_labels(self, seen: Seen) -> None:
        document = seen.document
        for span in document.spans:
            odd = self._minority.get(span.label)
            if odd and (why := odd.get(document.surface(span))):
                expected, score, reason = why
                twin = Span(span.start, span.end, expected)
                if twin not in document.spans:
                    self._relabelled += 1
                    self._suspect("label", seen, span, expected, score, reason)

    def _look_for(self, candidates: list[_Candidate], gaps: str, seen: Seen) -> None:
        hopeless = False
        for candidate in candidates:
            if candidate.surface in gaps:
                for span in _free_places(candidate.surface, seen.document):
                    self._note_place(candidate, span, seen)
                hopeless |= candidate.hopeless
        if hopeless:
            candidates[:] = [each for each in candidates if not each.hopeless]

    def _note_place(self, candidate: _Candidate, span: Span, seen: Seen) -> None:
        candidate.unlabelled += 1
        if len(candidate.kept) < _KEPT:
            text, surface = seen.document.text, candidate.surface
            nearby = any(text[each.start : each.end] == surface for each in seen.document.spans)
            where = place(seen, span, texts=self._subject.options.show_text)
            suspect = Suspect("unlabelled", where, candidate.label, 0.0, "")
            candidate.kept = [*candidate.kept, (suspect, nearby)]

    def _suspect(
        self, kind: Any, seen: Seen, span: Span, expected: str, score: float, reason: str
    ) -> None:
        where = place(seen, span, texts=self._subject.options.show_text)
        self._push(Suspect(kind, where, expected, round(score, 4), reason))

    def _push(self, suspect: Suspect) -> None:
        self._worst.add(suspect.score, suspect)

    def suspects(self) -> list[Suspect]:
        """The likeliest errors, in order."""
        return self._worst.result()

    def relabelled(self, document: Document, span: Span) -> str:
        """The label that a span should have, by the majority."""
        why = self._minority.get(span.label, {}).get(document.surface(span))
        return why[0] if why and Span(span.start, span.end, why[0]) not in document.spans else ""

    def missing(self, document: Document) -> Iterator[Span]:
        """Spans that a document lacks, by the majority; once everything has been seen."""
        gaps = unlabelled_text(document)
        for anchor in _parts_of(gaps) & self._anchors:
            for each in self._index[anchor]:
                if each.surface in gaps and each.score >= LIKELY:
                    for span in _free_places(each.surface, document):
                        yield Span(span.start, span.end, each.label)

    def figures(self) -> Mapping[str, Any]:
        """Strings that were compared, and how much of the test is known from training."""
        known = self._known()
        return {
            "surfaces": {
                "different": sum(len(each) for each in self._surfaces.counts.values()),
                "sampled": self._surfaces.share,
                "with_several_labels": self._ambiguous,
            },
            **({"seen_in_training": known} if known else {}),
        }

    def _known(self) -> dict[str, dict[str, int]]:
        known = {}
        for label, held_out in sorted(self._surfaces.held_out.items()):
            counts = self._surfaces.counts.get(label, {})
            seen = sum(n for each, n in held_out.items() if counts.get(each, 0) > n)
            known[label] = {"spans": sum(held_out.values()), "seen": seen}
        return known

    def _weigh(self) -> None:
        """Give the places of each string their score, once all are known."""
        for each in self._candidates:
            base = each.labelled + each.worth
            if not each.unlabelled or each.hopeless:
                continue
            overall = each.score
            if overall >= LIKELY:
                self._missing += each.unlabelled
            for suspect, nearby in each.kept:
                bonus = _SAME_DOCUMENT if nearby else 0
                score = wilson_lower(base + bonus, base + bonus + each.unlabelled)
                if score < LIKELY:
                    continue
                self._missing += overall < LIKELY
                reason = f"{each.labelled} times labelled, {each.unlabelled} times not"
                self._push(msgspec.structs.replace(suspect, score=round(score, 4), reason=reason))

    def found(self) -> Iterator[Found]:
        """Labels that are the odd ones out, strings that should have one, and known strings."""
        self._weigh()
        suspects = self.suspects()
        sampled = self._surfaces.share > 1
        sample = f", in a sample of 1 in {self._surfaces.share} strings" if sampled else ""
        common = {
            "spans": self._spans,
            "sample": sample,
            "ambiguous": self._ambiguous,
            **({"one_in": self._surfaces.share} if sampled else {}),
        }
        if self._relabelled:
            yield report(
                "odd-labels",
                "warning",
                (
                    "The same string with another label",
                    "{count} of {spans} spans have a label that the same string hardly ever has "
                    "elsewhere{sample}; {ambiguous} strings have more than one",
                    "review the list of likely errors, or give them the label of the majority",
                ),
                [each.place for each in suspects if each.kind == "label"],
                count=self._relabelled,
                command=self._subject.mending("relabel"),
                gain=round(self._relabelled / self._spans, 4),
                **common,
            )
        if self._missing:
            yield report(
                "unlabelled-surfaces",
                "warning",
                (
                    "Strings that are labelled elsewhere",
                    "{count} times a string stands without a label that it nearly always has "
                    "elsewhere{sample}: a model that finds them is taught not to",
                    "review the list of likely errors, or label them all",
                ),
                [each.place for each in suspects if each.kind == "unlabelled"],
                count=self._missing,
                command=self._subject.mending("complete"),
                gain=round(self._missing / (self._spans + self._missing), 4),
                **common,
            )
        yield from self._memory()

    def _memory(self) -> Iterator[Found]:
        known = self._known()
        spans = sum(each["spans"] for each in known.values())
        seen = sum(each["seen"] for each in known.values())
        if spans >= 50 and seen / spans >= MOSTLY_KNOWN:
            yield report(
                "known-surfaces",
                "note",
                (
                    "The test holds the strings of the training",
                    "{seen} of {spans} spans of dev and test ({share:.1%}) have a string that "
                    "train labels likewise: scores on them say little about new names",
                    "hold back documents with other names, or read the scores by label with this "
                    "in mind",
                ),
                (),
                count=seen,
                seen=seen,
                spans=spans,
                share=seen / spans,
            )


def _needed() -> int:
    """Labelled occurrences that outweigh a single unlabelled one."""
    return next(n for n in count(1) if wilson_lower(n, n + 1) >= LIKELY)


def _worth(surface: str) -> int:
    """Labelled occurrences that the form of a string is worth."""
    words = len(surface.split())
    digits = sum(map(str.isdigit, surface))
    wide = sum(each >= "\u2e80" for each in surface)
    if "@" in surface or digits >= 6 or (words > 1 and len(surface) >= 8) or wide >= 4:
        return _UNMISTAKABLE
    return _SPECIFIC if words > 1 or wide >= 3 or digits >= 4 else 0


def _parts(surface: str) -> list[str]:
    """Words of a string; for scripts without spaces, two characters in a row."""
    words = [word for word in _WORD.findall(surface) if len(word) > 1]
    if words or surface.isascii():
        return words
    return [one + other for one, other in pairwise(surface) if one.isalnum() and other.isalnum()]


def _parts_of(text: str) -> set[str]:
    """All that a string of the index may be found by."""
    if text.isascii():
        return set(text.translate(_TO_SPACES).split())
    parts = set(_WORD.findall(text))
    parts.update(map(add, text, text[1:]))
    return parts


def _free_places(surface: str, document: Document) -> Iterator[Span]:
    """Where a string stands as whole words outside all spans."""
    text, at = document.text, document.text.find(surface)
    while at >= 0:
        end = at + len(surface)
        free = not any(span.start < end and at < span.end for span in document.spans)
        if free and not _joins(text, at) and not _joins(text, end):
            yield Span(at, end, "")
        at = text.find(surface, end)


def _joins(text: str, at: int) -> bool:
    """True if a place is inside a word."""
    return 0 < at < len(text) and bool(_WORD.match(text[at - 1]) and _WORD.match(text[at]))
