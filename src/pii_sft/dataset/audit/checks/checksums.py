"""Labelled numbers whose check digits are wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.dataset.audit.check_digits import Kind, bare, kinds_of_label
from pii_sft.dataset.audit.places import Seen
from pii_sft.spans import Span

MOSTLY_WRONG = 0.5
"""Share of failures from which on the numbers were invented rather than mistyped."""


class Checksums:
    """Verifies the numbers under labels that say what kind they are."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._kinds: dict[str, tuple[Kind, ...]] = {}
        self._right: Counter[tuple[str, str]] = Counter()
        self._wrong: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))

    def see(self, block: Block) -> None:
        """Verify the numbers of documents."""
        known = self._kinds
        for label in block.labels.keys() - known.keys():
            known[label] = kinds_of_label(label)
        verified = np.array([bool(known[label]) for label in block.labels], bool)
        for seen, number in block.some(verified[block.label]):
            span = seen.document.spans[number]
            self._verify(seen, span, known[span.label])

    def _verify(self, seen: Seen, span: Span, kinds: tuple[Kind, ...]) -> None:
        number = bare(seen.document.surface(span))
        failed = ""
        for kind in kinds:
            if kind.fits(number):
                if kind.check(number):
                    self._right[span.label, kind.name] += 1
                    return
                failed = failed or kind.name
        if failed:
            self._wrong[span.label, failed].add(seen, span, f"fails the check of {failed}")

    def figures(self) -> Mapping[str, Any]:
        """Numbers that were verified, by label and kind."""
        return {
            "checksums": {
                f"{label} as {kind}": {
                    "right": self._right[label, kind],
                    "wrong": self._wrong[label, kind].count if (label, kind) in self._wrong else 0,
                }
                for label, kind in sorted({*self._right, *self._wrong})
            }
        }

    def found(self) -> Iterator[Found]:
        """Labels whose numbers fail."""
        for (label, kind), places in sorted(self._wrong.items()):
            verified = places.count + self._right[label, kind]
            invented = places.count >= MOSTLY_WRONG * verified
            yield report(
                "invented-numbers" if invented else "wrong-check-digits",
                "note" if invented else "warning",
                (
                    "Numbers with wrong check digits",
                    "{label}: {count} of {verified} numbers ({share:.1%}) fail the check of {kind}",
                    "they look invented: rules that verify numbers won't find them; leave those "
                    "rules out, or use numbers that are valid"
                    if invented
                    else "look at them: a digit may be missing, a bound or the label be wrong",
                ),
                places,
                command="pii-sft synth --count 1000 --out synthetic.jsonl" if invented else "",
                label=label,
                kind=kind,
                verified=verified,
                share=places.count / verified,
            )
