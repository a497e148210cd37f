"""Check of patterns: unlabelled strings whose form leaves no doubt, such as e-mail addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import (
    SPACE,
    Block,
    Flags,
    Indices,
    character_class,
    table_of,
    table_where,
)
from pii_sft.dataset.audit.check import Found, Subject, report
from pii_sft.dataset.audit.check_digits import proven_kind
from pii_sft.dataset.audit.places import Place, Seen, place
from pii_sft.dataset.audit.suspects import Suspect
from pii_sft.spans import Document, Span

LABELLED_AT_LEAST = 5
"""Labelled strings of a form that are needed before unlabelled ones are reported."""

_EMAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# The character before is checked after the first one, which rules out most places faster.
_NUMBER = re.compile(
    r"[A-Z\d](?<![\w.-].)(?:(?<=[A-Z])[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"
    r"|(?<=\d)(?:[ -]?\d){13,18}|(?<=\d)\d{16}[Xx])(?![\w-])"
)
_MORE_DIGITS = 13
_MORE_OF_IBAN = 8
_DIGIT = character_class(table_where(str.isdecimal, plain=False, other=True))
_CAPITAL = character_class(table_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_DASH, _AT = character_class(table_of("-")), character_class(table_of("@"))
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

    def see(self, block: Block) -> None:
        """Search documents."""
        numbers = _maybe_numbers(block)
        with_numbers = {seen.number for seen in block.with_character(numbers)}
        signs = block.of_class(_AT) & ~block.covered
        for seen in block.with_character(numbers | signs):
            for kind, match in _unlabelled(seen.document, seen.number in with_numbers):
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
        """Spans that a document lacks; to be called after all documents were seen."""
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


def _unlabelled(
    document: Document, maybe_numbers: bool = True
) -> Iterator[tuple[str, re.Match[str]]]:
    """Stretches outside all spans whose form leaves no doubt; numbers only where there may be."""
    text = document.text
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if _is_free(document, *match.span()):
                yield "email", match
    if maybe_numbers:
        for match in _NUMBER.finditer(text):
            if _is_free(document, *match.span()) and (kind := proven_kind(match[0])):
                yield kind, match


def _maybe_numbers(block: Block) -> Flags:
    """Where an unlabelled number may begin: 14 digits, blanks and dashes, or those of an IBAN."""
    free = ~block.covered
    digit = block.of_class(_DIGIT) & free
    capital = block.of_class(_CAPITAL) & free
    of_number = block.of_class(_DIGIT | SPACE | _DASH) & free
    of_iban = block.of_class(_DIGIT | SPACE | _CAPITAL) & free
    found = np.zeros(len(free), bool)
    found[_runs(digit, of_number, 1, _MORE_DIGITS)] = True
    begins = np.zeros(len(free), bool)
    begins[:-3] = capital[:-3] & capital[1:-2] & digit[2:-1] & digit[3:]
    found[_runs(begins, of_iban, 4, _MORE_OF_IBAN)] = True
    return found


def _runs(begins: Flags, going_on: Flags, behind: int, more: int) -> Indices:
    """Positions that begin a run: `more` characters from `behind` after it continue the run."""
    at = np.flatnonzero(begins[: -behind - more])
    for step in (more - 1, more // 2, more // 4, *range(more)):  # the first three leave few
        at = at[going_on[at + behind + step]]
    return at


def _kind_of(surface: str) -> str:
    if "@" in surface:
        return "email" if _EMAIL.fullmatch(surface) else ""
    return proven_kind(surface) if len(surface) >= 13 and surface[-2:].isalnum() else ""


def _is_free(document: Document, start: int, end: int) -> bool:
    return not any(span.start < end and start < span.end for span in document.spans)
