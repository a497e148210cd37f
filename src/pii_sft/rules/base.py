"""The protocol of a rule: it finds candidates, each with a strength of proof."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol, runtime_checkable

import msgspec

from pii_sft.errors import PiiSftError


class Proof(IntEnum):
    """Strength of a candidate as proof.

    Attributes:
        FORM: it has the form of the entity, but other strings have it too.
        LIKELY: hardly anything else has this form, or a word near it confirms it.
        CERTAIN: check digits or a grammar that hardly any other string fits.
    """

    FORM = 1
    LIKELY = 2
    CERTAIN = 3

    def raised(self) -> Proof:
        """Give the proof with a confirming word: one level more, and at least `LIKELY`."""
        return Proof(min(Proof.CERTAIN, max(Proof.LIKELY, self + 1)))


class Candidate(msgspec.Struct, frozen=True, order=True, gc=False):
    """A stretch of a text that a rule takes for an entity.

    Attributes:
        start: first code point, counted from 0.
        end: code point after the last one (half-open).
        kind: kind of entity, as rules call it; see `labelling` for the label of the data set.
        proof: how much it proves.
    """

    start: int
    end: int
    kind: str
    proof: Proof


class Rule(Protocol):
    """Something that finds entities of one or more kinds by their form.

    Attributes:
        kinds: the kinds it finds, each with the labels that data sets use for it, the best first.
    """

    kinds: dict[str, tuple[str, ...]]

    def find(self, text: str) -> Iterator[Candidate]:
        """Candidates in a text, in any order; they may overlap.

        Raises:
            RuleTimeoutError: the text takes longer than the rule may.
        """


@runtime_checkable
class Checking(Protocol):
    """A rule that can check a string, such as its check digits."""

    def verdict(self, surface: str, kind: str) -> bool | None:
        """True if a string of this form passes its check, False if it fails; None: not its form."""


class RuleTimeoutError(PiiSftError):
    """A rule took too long on one text, because its pattern is too slow.

    Args:
        kind: what the rule was to find.
        seconds: how long it was allowed to take.
    """

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(
            f"The rule for {kind} took more than {seconds:g} s on one text and was stopped. "
            "Its pattern backtracks: make repeats possessive (a++), or raise time_limit."
        )
        self.kind = kind
