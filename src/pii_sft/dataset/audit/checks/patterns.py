"""Unlabelled stretches whose form leaves no doubt, though the data has a label for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pii_sft.dataset.audit.check import Found, Subject, report
from pii_sft.dataset.audit.check_digits import proven_kind
from pii_sft.dataset.audit.places import Place, Seen, place, unlabelled_text
from pii_sft.dataset.audit.suspects import Suspect
from pii_sft.spans import Document, Span

LABELLED_AT_LEAST = 5
"""Strings of a form that need a label before those without one are missed."""

_EMAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NUMBER = re.compile(
    r"(?<![\w.-])(?:[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?|\d(?:[ -]?\d){13,18}"
    r"|\d{17}[Xx])(?![\w-])"
)
_MANY_DIGITS = re.compile(r"\d[\d -]{8}")
_SCORES = {"email": 0.95, "iban": 0.95, "chinese_id": 0.9, "card": 0.8}
_NAMES = {
    "email": "an e-mail address",
    "iban": "an IBAN with valid check digits",
    "chinese_id": "a Chinese identity number with a valid check digit",
    "card": "a card number with a valid Luhn digit",
}


class Patterns:
    """Searches the unlabelled text for e-mail addresses, and numbers with valid check digits."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._surfaces = subject.surfaces
        self._counts: Counter[str] = Counter()
        self._kept: list[tuple[str, Place]] = []

    def see(self, seen: Seen) -> None:
        """Search a document."""
        for kind, match in _unlabelled(seen.document):
            self._note(kind, seen, match)

    def _note(self, kind: str, seen: Seen, match: re.Match[str]) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= self._subject.options.suspects:
            span = Span(*match.span(), "")
            where = place(seen, span, texts=self._subject.options.show_text)
            self._kept.append((kind, where))

    @cached_property
    def _label_of(self) -> dict[str, str]:
        """The label that strings of each form have here."""
        counts: dict[str, Counter[str]] = {kind: Counter() for kind in self._counts}
        for label, by_surface in self._surfaces.counts.items():
            for surface, number in by_surface.items():
                kind = _kind_of(surface)
                if kind in counts:
                    counts[kind][label] += number
        found = {kind: each.most_common(1) for kind, each in counts.items()}
        return {
            kind: best[0][0]
            for kind, best in found.items()
            if best and best[0][1] >= LABELLED_AT_LEAST
        }

    def missing(self, document: Document) -> Iterator[Span]:
        """Spans that a document lacks; once everything has been seen."""
        labels = self._label_of
        for kind, match in _unlabelled(document):
            if kind in labels:
                yield Span(*match.span(), labels[kind])

    def figures(self) -> Mapping[str, Any]:
        """Stretches without a label, by form."""
        return {"unlabelled_patterns": dict(self._counts)} if self._counts else {}

    def suspects(self) -> list[Suspect]:
        """Stretches for which the data has a label."""
        labels = self._label_of
        return [
            Suspect(
                "pattern", where, labels[kind], _SCORES[kind], f"has the form of {_NAMES[kind]}"
            )
            for kind, where in self._kept
            if kind in labels
        ]

    def found(self) -> Iterator[Found]:
        """Stretches that lack a label."""
        labels = self._label_of
        count = sum(self._counts[kind] for kind in labels)
        if count:
            yield report(
                "unlabelled-patterns",
                "warning",
                (
                    "E-mail addresses and numbers without a label",
                    "{count} stretches without a label have a form that leaves no doubt ({kinds}), "
                    "and such strings are labelled elsewhere",
                    "review the list of likely errors, or label them all",
                ),
                [each.place for each in self.suspects()][: self._subject.options.examples],
                count=count,
                command=self._subject.mending("complete"),
                kinds=", ".join(f"{self._counts[kind]} {kind}" for kind in sorted(labels)),
            )


def _unlabelled(document: Document) -> Iterator[tuple[str, re.Match[str]]]:
    """Stretches outside all spans whose form leaves no doubt."""
    text = document.text
    mail, numbers = "@" in text, _MANY_DIGITS.search(text) is not None
    if document.spans and (mail or numbers):
        free = unlabelled_text(document)
        mail, numbers = "@" in free, _MANY_DIGITS.search(free) is not None
    if mail:
        for match in _EMAIL.finditer(text):
            if _is_free(document, *match.span()):
                yield "email", match
    if numbers:
        for match in _NUMBER.finditer(text):
            if _is_free(document, *match.span()) and (kind := proven_kind(match[0])):
                yield kind, match


def _kind_of(surface: str) -> str:
    if "@" in surface:
        return "email" if _EMAIL.fullmatch(surface) else ""
    return proven_kind(surface) if len(surface) >= 13 and surface[-2:].isalnum() else ""


def _is_free(document: Document, start: int, end: int) -> bool:
    return not any(span.start < end and start < span.end for span in document.spans)
