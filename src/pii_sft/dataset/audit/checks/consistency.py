"""Check of consistency: strings that have another label, or none, elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import msgspec
import numpy as np

from pii_sft.dataset.audit.block import Block, Flags, Labels
from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.places import Seen, place
from pii_sft.dataset.audit.statistics import wilson_lower
from pii_sft.dataset.audit.string_index import StringIndex
from pii_sft.dataset.audit.suspects import Suspect
from pii_sft.spans import Document, HoldsText, Span
from pii_sft.top import Top

LIKELY = 0.5
"""Score from which on an error is listed. The score is the lower end of the interval of the
majority's share, so a majority of seven to one is needed."""

_UNMISTAKABLE, _SPECIFIC = 8, 3
"""Bonus for the form of a string, in labelled occurrences: a full name or a number of six digits
means the same everywhere, a single word may not."""
_SAME_DOCUMENT = 2
"""Bonus for a string that is labelled in the same document (Gale, Church and Yarowsky, "One sense
per discourse", 1992)."""
_KEPT = 3
"""Most occurrences of a string that are remembered."""
MOSTLY_KNOWN = 0.8


class _Candidate(HoldsText, msgspec.Struct):
    """A string that is searched for where it is not labelled.

    Attributes:
        surface: the string.
        label: that it mostly has.
        labelled: how often it has a label.
        worth: bonus for its form, in labelled occurrences.
        unlabelled: how often it occurs without a label.
        kept: the first such places, and whether the string is labelled in the same document.
    """

    surface: str
    label: str
    labelled: int
    worth: int
    unlabelled: int = 0
    kept: list[tuple[Suspect, bool]] = []

    @property
    def score(self) -> float:
        """Give the likelihood that the missing label is a mistake."""
        base = self.labelled + self.worth
        return 0.0 if self.hopeless else wilson_lower(base, base + self.unlabelled)

    @property
    def hopeless(self) -> bool:
        """True if it is unlabelled too often for that to be a mistake."""
        return self.unlabelled > self.labelled + self.worth + _SAME_DOCUMENT


class Consistency:
    """Counts strings in the first pass, and searches for exceptions in the second."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._surfaces = subject.surfaces
        self._spans = 0
        self._ambiguous = 0
        self._minority: dict[str, dict[str, tuple[str, float, str]]] = {}
        self._candidates: list[_Candidate] = []
        self._index: StringIndex[_Candidate] = StringIndex(())
        self._worst: Top[Suspect] = Top(subject.options.suspects)
        self._relabelled = 0
        self._missing = 0

    def see(self, block: Block) -> None:
        """Count the strings of documents."""
        for seen in block:
            self._count(seen)

    def _count(self, seen: Seen) -> None:
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
                self._candidates.append(_Candidate(surface, label, total, worth))
        self._index = StringIndex((each.surface, each) for each in self._candidates)

    def _note_minority(self, surface: str, majority: str, labels: Mapping[str, int]) -> None:
        self._ambiguous += 1
        for label, number in labels.items():
            score = wilson_lower(labels[majority], labels[majority] + number)
            if label != majority and score >= LIKELY:
                reason = f"{labels[majority]}× {majority}, {number}× {label}"
                self._minority.setdefault(label, {})[surface] = (majority, score, reason)

    def see_again(self, block: Block) -> None:
        """Look for labels against the majority, and for strings without their usual label."""
        for seen, number in block.some(self._maybe_odd(block)):
            self._note_odd_label(seen, seen.document.spans[number])
        for number, span, candidate in self._index.search(block):
            candidate.unlabelled += 1
            if len(candidate.kept) < _KEPT:
                self._keep(candidate, span, block.seen[number])
            if candidate.hopeless:
                self._index.forget(candidate.surface)

    def _maybe_odd(self, block: Block) -> Flags:
        """The spans whose string mostly has another label."""
        minority = [self._minority.get(label) for label in block.labels]
        odd: Flags = np.array([each is not None for each in minority], bool)[block.label]
        numbers = np.flatnonzero(odd)
        bounds = (each[numbers].tolist() for each in (block.label, block.start, block.end))
        odd[numbers] = [
            block.text[start:end] in (minority[label] or ())
            for label, start, end in zip(*bounds, strict=True)
        ]
        return odd

    def _note_odd_label(self, seen: Seen, span: Span) -> None:
        expected, score, reason = self._minority[span.label][seen.document.surface(span)]
        if Span(span.start, span.end, expected) not in seen.document.spans:
            self._relabelled += 1
            self._suspect("label", seen, span, expected, score, reason)

    def _keep(self, candidate: _Candidate, span: Span, seen: Seen) -> None:
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
        """Spans that a document lacks, by the majority; call it after all documents were seen."""
        for _, span, each in self._index.search(Block([Seen(0, "", document)], Labels())):
            if each.score >= LIKELY:
                yield Span(span.start, span.end, each.label)

    def figures(self) -> Mapping[str, Any]:
        """Number of strings compared, and share of the test strings that training has too."""
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
        """Score the places of each string, after all of them are known."""
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
                reason = f"{each.labelled}× labelled, {each.unlabelled}× not"
                self._push(msgspec.structs.replace(suspect, score=round(score, 4), reason=reason))

    def found(self) -> Iterator[Found]:
        """Report labels against the majority, strings without a label, and known strings."""
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
