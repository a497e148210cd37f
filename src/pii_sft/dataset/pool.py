"""Surfaces of the training split by label and script, to swap with."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Literal

import regex

from pii_sft.spans import Document

Script = Literal["east asian", "letters", "digits"]

_EAST_ASIAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_LETTER = regex.compile(r"\p{L}")
_MOST = 2000


def script(surface: str) -> Script:
    """What a surface is written in, roughly: others of its kind fit in its place."""
    if _EAST_ASIAN.search(surface):
        return "east asian"
    return "letters" if _LETTER.search(surface) else "digits"


class Pool:
    """Up to 2,000 surfaces for each label and script, chosen by lot, whatever the order."""

    def __init__(self) -> None:
        self._lots: dict[tuple[str, Script], dict[str, bytes]] = defaultdict(dict)
        self._sorted: dict[tuple[str, Script], list[str]] = {}

    def add(self, document: Document) -> None:
        """Take the surfaces of a document."""
        for span in document.spans:
            surface = document.surface(span)
            held = self._lots[span.label, script(surface)]
            if surface not in held:
                held[surface] = hashlib.blake2b(surface.encode(), digest_size=8).digest()
                if len(held) == 2 * _MOST:
                    for other in sorted(held, key=held.__getitem__)[_MOST:]:
                        del held[other]

    def of(self, label: str, kind: Script) -> list[str]:
        """The surfaces of a label in a script, sorted."""
        key = (label, kind)
        if key not in self._sorted:
            held = self._lots.get(key, {})
            self._sorted[key] = sorted(sorted(held, key=held.__getitem__)[:_MOST])
        return self._sorted[key]
