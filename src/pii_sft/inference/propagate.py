"""Propagation: a string found as an entity is marked wherever it occurs in the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pii_sft.align.boundaries import whole_words
from pii_sft.inference.apply_rules import in_reading_order, overlap
from pii_sft.inference.operating_point import Propagation
from pii_sft.inference.predicted_span import PredictedSpan

PROPAGATED = "propagated"
"""Source of entities that were found because the same string was found elsewhere."""

SHORTEST = 3
"""Fewest letters of a string; shorter ones occur everywhere. In scripts without spaces two do."""

SHORTEST_WITHOUT_SPACES = 2


def propagate(
    text: str,
    entities: Sequence[PredictedSpan],
    settings: Propagation,
    least: Callable[[str], float],
) -> tuple[PredictedSpan, ...]:
    """Add the places elsewhere at which the strings of entities occur as whole words.

    Args:
        text: of the document.
        entities: found in it.
        settings: the labels, and the confidence of the added places.
        least: least confidence of an entity, by label.

    Returns:
        In reading order; added entities overlap no others.
    """
    known: dict[str, PredictedSpan] = {}
    for each in entities:
        surface = text[each.start : each.end]
        if each.label in settings.labels and _long_enough(surface):
            best = known.get(surface)
            if best is None or (each.score or 0.0) > (best.score or 0.0):
                known[surface] = each
    found = list(entities)
    for surface in sorted(known, key=lambda each: (-len(each), each)):
        first = known[surface]
        score = None if first.score is None else first.score * settings.confidence
        if score is not None and score < least(first.label):
            continue
        for start, end in whole_words(text, surface, text.find):
            there = PredictedSpan(start, end, first.label, score, PROPAGATED)
            if not any(overlap(each, there) for each in found):
                found.append(there)
    return in_reading_order(found)


def _long_enough(surface: str) -> bool:
    letters = sum(each.isalnum() for each in surface)
    return letters >= (SHORTEST if surface.isascii() else SHORTEST_WITHOUT_SPACES)
