"""Policies for entities of several pieces, which a span can't express."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pii_sft.converters.offsets.conventions import CONVENTIONS, Ruler
from pii_sft.converters.offsets.evidence import holds
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.read_results import Note

Policy = Literal["fragments", "hull", "drop"]


class Pieces:
    """Turns entities into marks by a policy, and counts those that had several pieces.

    Args:
        policy: `fragments` marks each piece by itself, so that nothing else is marked; `hull`
            marks everything from the first piece to the last; `drop` leaves the entity out.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._several = 0
        self._joined = 0

    def marks(self, text: str, pieces: Sequence[RawSpan]) -> list[RawSpan]:
        """The marks of one entity; pieces with nothing but white space between are one piece.

        Args:
            text: the text, for the surface of a hull.
            pieces: its pieces in text order; where they do not touch, there is a gap.
        """
        joined = _joined(text, pieces)
        self._joined += len(joined) < len(pieces)
        pieces = joined
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
        """Notes on their number, and on what became of them."""
        notes = []
        if self._joined:
            notes.append(Note(f"{self._joined} entities were cut at white space, and joined"))
        if self._several:
            text = f"{self._several} entities have several pieces; policy: {self._policy}"
            notes.append(Note(f"{text} (option discontinuous)"))
        return notes


def _joined(text: str, pieces: Sequence[RawSpan]) -> list[RawSpan]:
    """Pieces, those with nothing but white space between them as one."""
    if len(pieces) < 2:
        return list(pieces)
    rulers = (Ruler(text, convention) for convention in CONVENTIONS)
    ruler = next((each for each in rulers if _fits(each, text, pieces)), None)
    if ruler is None:
        return list(pieces)
    joined = [pieces[0]]
    for piece in pieces[1:]:
        before, place = (
            ruler.place(joined[-1].start, joined[-1].end),
            ruler.place(piece.start, piece.end),
        )
        if before is None or place is None or text[before[1] : place[0]].strip():
            joined.append(piece)
            continue
        surface = None if piece.surface is None else text[before[0] : place[1]]
        joined[-1] = RawSpan(joined[-1].start, piece.end, piece.label, surface)
    return joined


def _fits(ruler: Ruler, text: str, pieces: Sequence[RawSpan]) -> bool:
    """True if all pieces are in the text, and hold their strings where they have some."""
    places = [ruler.place(piece.start, piece.end) for piece in pieces]
    return all(
        place is not None and (piece.surface is None or holds(text, place, piece.surface) > 0)
        for place, piece in zip(places, pieces, strict=True)
    )
