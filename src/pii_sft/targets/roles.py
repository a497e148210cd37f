"""What each part of an answer is for, so that training can weight it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Literal

import msgspec

Role = Literal["surface", "label", "more", "end", "scaffold"]

ROLES: dict[Role, str] = {
    "surface": "the string of an entity",
    "label": "the label of an entity",
    "more": "what decides that another entity follows",
    "end": "what decides that the list ends",
    "scaffold": "everything else: brackets, quotes, separators",
}


class Stretch(msgspec.Struct, frozen=True):
    """A part of an answer, in code points, half-open; one at the answer's end is empty."""

    start: int
    end: int
    role: Role


_decode_at = JSONDecoder().raw_decode


def json_stretches(answer: str) -> list[Stretch]:
    """Parts of a JSON list: `[["PERSON","Ann Lee"],["CITY","Rome",2]]`.

    Whether the list goes on is decided by the character behind an item, and for the first item by
    the one behind the opening bracket.

    Raises:
        ValueError: the answer is not such a list.
    """
    at = answer.index("[") + 1
    found: list[Stretch] = []
    while True:
        follows = answer[at : at + 1]
        found.append(Stretch(at, at + 1, "end" if follows == "]" else "more"))
        if follows == "]":
            return found
        at += follows == ","
        _, label_end = scanstring(answer, at + 2)
        _, surface_end = scanstring(answer, label_end + 2)
        found += [
            Stretch(at + 2, label_end - 1, "label"),
            Stretch(label_end + 2, surface_end - 1, "surface"),
        ]
        _, at = _decode_at(answer, at)


STRETCHES: Mapping[str, Callable[[str], list[Stretch]]] = {"json": json_stretches}
"""By name of the target."""


def stretches(target: str, answer: str) -> list[Stretch]:
    """Parts of an answer that are no scaffolding, in order; none if it can't be read.

    Args:
        target: name of the target it is written in.
        answer: an answer of a training row.
    """
    read = STRETCHES.get(target)
    if read is None:
        return []
    try:
        return read(answer)
    except (ValueError, JSONDecodeError, IndexError):
        return []
