"""Strings of an annotation, which are copies of what the text holds."""

from __future__ import annotations

from pii_sft.align.places import Stretch
from pii_sft.align.spacing import space_agrees
from pii_sft.align.views import WITHOUT_CASE, WITHOUT_SPACE, View
from pii_sft.align.words import every, whole_words


def occurrences(text: str, surface: str) -> list[Stretch]:
    """Every place of a string in a text, freely compared only if it is not there as written.

    Whole words are preferred: occurrences inside longer words count only when there is no other.
    Case and white space may differ; form, accents and single letters may not, since the strings of
    an annotation are copies.
    """
    if surface in text:
        return list(whole_words(text, surface)) or list(every(text, surface))
    found = list(View(text, WITHOUT_CASE).whole_words(surface))
    if found:
        return found
    spaceless = View(text, WITHOUT_SPACE).whole_words(surface)
    return [each for each in spaceless if space_agrees(text, each, surface)]


def occurrence_number(text: str, start: int, end: int) -> int:
    """Which occurrence of `text[start:end]` stands at `start`, counted from 1."""
    surface = text[start:end]
    number, at = 1, text.find(surface)
    while at < start:
        number, at = number + 1, text.find(surface, at + 1)
    return number
