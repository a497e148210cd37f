"""Roles of the parts of an answer, so that training can weight them.

No part has two roles. If the same character says that another entity follows and begins its label,
as in `lines`, it has the role of the decision.
"""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import msgspec

from pii_sft.targets.base import Target

Role = Literal["surface", "label", "more", "end", "scaffold"]

ROLES: dict[Role, str] = {
    "surface": "the string of an entity",
    "label": "the label of an entity",
    "more": "what decides that another entity follows",
    "end": "what decides that the list ends",
    "scaffold": "everything else: brackets, quotes, separators, text that is copied",
}


class Stretch(msgspec.Struct, frozen=True):
    """A part of an answer, in code points, half-open; one at the answer's end is empty."""

    start: int
    end: int
    role: Role


@runtime_checkable
class RoledTarget(Target, Protocol):
    """A target that says what each part of its answers is for."""

    def stretches(self, answer: str) -> list[Stretch]:
        """The parts of an answer that are no scaffolding, in order.

        Raises:
            ValueError: the answer is not written as the target writes it.
        """


def stretches(target: str, answer: str) -> list[Stretch]:
    """Parts of an answer that are no scaffolding, in order; none if it can't be read.

    Args:
        target: name of the target it is written in; parts of one that is no `RoledTarget`, or not
            installed, are all scaffolding.
        answer: an answer of a training row.
    """
    from pii_sft.targets import TARGETS

    roled = TARGETS.get(target) if target in TARGETS.names() else None
    if not isinstance(roled, RoledTarget):
        return []
    try:
        return roled.stretches(answer)
    except (ValueError, IndexError):
        return []
