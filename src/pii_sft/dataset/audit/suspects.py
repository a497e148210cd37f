"""Likely annotation errors, the likeliest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Literal

import msgspec

from pii_sft.dataset.audit.places import Place

Kind = Literal["label", "unlabelled", "checksum", "pattern", "predicted", "not_predicted"]


class Suspect(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch whose annotation is probably wrong, or missing.

    Attributes:
        kind: `label` where the string has another label elsewhere, `unlabelled` where it has one
            elsewhere, `pattern` where an unlabelled stretch has a form that proves it,
            `predicted` where a model found it with confidence, `not_predicted` where it found
            something else there.
        place: where.
        expected: the label it should probably have; empty for none.
        score: how likely it is an error, from 0 to 1.
        reason: the counts behind the score.
    """

    kind: Kind
    place: Place
    expected: str
    score: float
    reason: str


def likeliest(suspects: Iterable[Suspect], most: int) -> list[Suspect]:
    """The likeliest errors, in order; of equals, the first."""
    numbered = ((-each.score, number, each) for number, each in enumerate(suspects))
    return [each for _, _, each in heapq.nsmallest(most, numbered, key=lambda item: item[:2])]
