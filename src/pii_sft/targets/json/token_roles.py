"""The role of each part of a JSON list of entities."""

from __future__ import annotations

from json import JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]

from pii_sft.targets.token_roles import Stretch

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
