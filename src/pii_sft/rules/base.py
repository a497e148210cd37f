"""The promise of every rule: candidates, and how much each of them proves."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol, runtime_checkable

import msgspec

from pii_sft.errors import PiiSftError


class Proof(IntEnum):
    """Strength of a candidate as proof.

    Attributes:
        FORM: it looks like one, as other numbers do.
        LIKELY: hardly anything else looks like it, or it looks like one and the text says so.
        CERTAIN: check digits, or a grammar that is not met by chance.
    """

    FORM = 1
    LIKELY = 2
    CERTAIN = 3

    def raised(self) -> Proof:
        """This proof where a word beside the candidate says the same: `LIKELY` at least."""
        return Proof(min(Proof.CERTAIN, max(Proof.LIKELY, self + 1)))


class Candidate(msgspec.Struct, frozen=True, order=True, gc=False):
    """A stretch of a text that a rule takes for an entity.

    Attributes:
        start: first code point, counted from 0.
        end: code point after the last one (half-open).
        kind: of entity, in the words of the rules; see `labelling` for the data set's.
        proof: how much it proves.
    """

    start: int
    end: int
    kind: str
    proof: Proof


class Rule(Protocol):
    """Something that finds entities of one or more kinds by their form.

    Attributes:
        kinds: what it finds, each with the labels that data sets give to it, the best first.
    """

    kinds: dict[str, tuple[str, ...]]

    def find(self, text: str) -> Iterator[Candidate]:
        """Candidates in a text, in any order; they may overlap.

        Raises:
            RuleTimeoutError: the text takes longer than the rule may.
        """


@runtime_checkable
class Checking(Protocol):
    """A rule that knows when a string is not what it looks like."""

    def verdict(self, surface: str, kind: str) -> bool | None:
        """True if a string of this form passes its check, False if it fails; None: not its form."""


class RuleTimeoutError(PiiSftError):
    """A rule took too long on one text; the pattern is at fault, not the text.

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
