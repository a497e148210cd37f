"""Entities of several pieces, which spans can't express: what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.read_results import Note

Policy = Literal["fragments", "hull", "drop"]


class Pieces:
    """Makes marks of entities, and counts those that had several pieces.

    Args:
        policy: `fragments` marks each piece by itself, so that nothing else is marked; `hull`
            marks everything from the first piece to the last; `drop` leaves the entity out.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._several = 0

    def marks(self, text: str, pieces: Sequence[RawSpan]) -> list[RawSpan]:
        """The marks of one entity.

        Args:
            text: the text, for the surface of a hull.
            pieces: its pieces in text order; where they do not touch, there is a gap.
        """
        if len(pieces) < 2:
            return list(pieces)
        self._several += 1
        if self._policy == "drop":
            return []
        if self._policy == "fragments":
            return list(pieces)
        first, last = pieces[0], pieces[-1]
        held = all(
            piece.surface is not None
            and text[piece.start : piece.end].split() == piece.surface.split()
            for piece in pieces
        )
        surface = text[first.start : last.end] if held else None
        return [RawSpan(first.start, last.end, first.label, surface)]

    def notes(self) -> list[Note]:
        """How many there were, and what became of them."""
        if not self._several:
            return []
        text = f"{self._several} entities have several pieces; policy: {self._policy}"
        return [Note(f"{text} (option discontinuous)")]
