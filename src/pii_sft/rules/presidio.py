"""The pattern recognizers of Presidio, as rules: no language model, no network.

Those for e-mail addresses and URLs are left out: they fetch a list of top-level domains, and
`network` has both. So are those for dates, which Presidio calls personal wherever they stand.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from pii_sft.errors import MissingExtraError
from pii_sft.rules.base import Candidate, Proof
from pii_sft.rules.context import Context

LEFT_OUT = frozenset({"EmailRecognizer", "UrlRecognizer", "DateRecognizer"})

VALIDATED = 1.0
"""Presidio's score of a match whose check digits are right."""

LIKELY_SCORE = 0.5
"""From here on Presidio itself takes a pattern to be worth showing without context."""


class PresidioRules:
    """Every pattern recognizer that Presidio has, in any of its languages.

    Presidio raises a score by words that it finds with spaCy; here the same words are looked for
    in the text beside a match.

    Raises:
        MissingExtraError: presidio-analyzer is not installed.
    """

    def __init__(self) -> None:
        try:
            from presidio_analyzer import PatternRecognizer, predefined_recognizers
        except ModuleNotFoundError:
            raise MissingExtraError("presidio-analyzer", "presidio") from None
        classes = {
            name: each
            for name, each in vars(predefined_recognizers).items()
            if inspect.isclass(each)
            and issubclass(each, PatternRecognizer)
            and each is not PatternRecognizer
            and name not in LEFT_OUT
        }
        self._recognizers: list[tuple[Any, Context]] = []
        self.kinds: dict[str, tuple[str, ...]] = {}
        for _, each in sorted(classes.items()):
            recognizer: Any = each()
            self._recognizers.append((recognizer, Context(recognizer.context or ())))
            self.kinds.update((entity, ()) for entity in recognizer.supported_entities)

    def find(self, text: str) -> Iterator[Candidate]:
        """The findings of the recognizers, by Presidio's names of entities."""
        for recognizer, context in self._recognizers:
            for result in recognizer.analyze(text, recognizer.supported_entities, None):
                said = context.says(text, result.start, result.end)
                proof = _proof(result.score)
                if said:
                    proof = proof.raised()
                yield Candidate(result.start, result.end, result.entity_type, proof)


def _proof(score: float) -> Proof:
    if score >= VALIDATED:
        return Proof.CERTAIN
    return Proof.LIKELY if score >= LIKELY_SCORE else Proof.FORM


def presidio() -> PresidioRules:
    """All of them."""
    return PresidioRules()
