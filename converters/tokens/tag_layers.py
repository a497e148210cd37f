"""Several columns of tags: layers of one annotation, or annotations that contradict each other.

Layers share their labels or nest in each other; they never mark an entity twice, and never cross.
Columns of gold and predictions, of coarse and fine labels, or of chunks and entities do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

from pii_sft.converters.tokens.tag_schemes import TagDecoder
from pii_sft.errors import RecordError

Entity = tuple[int, int, str]

MOST_REPEATED = 0.2
"""Most entities that two columns may share as layers: files have a few by mistake."""

MOST_IN_ONE_PLACE = 0.8
"""Columns of coarse and fine labels mark nearly the same places; nested entities seldom do."""

MOST_CROSSING = 0.05
LEAST_NESTED = 0.9
_ENOUGH = 3


def are_layers(columns: Mapping[int, Sequence[str]]) -> bool:
    """True if columns of tags are layers of one annotation.

    Args:
        columns: the tags of each, of the same tokens.
    """
    try:
        layers = [TagDecoder().spans(tags) for tags in columns.values()]
    except RecordError:
        return False
    layers = [layer for layer in layers if layer]
    owners = [_owners(layer, len(next(iter(columns.values())))) for layer in layers]
    for one, other in permutations(range(len(layers)), 2):
        if one < other and _contradict(layers[one], layers[other], owners[one]):
            return False
    return all(_belongs(at, layers, owners) for at in range(1, len(layers)))


def _owners(layer: Sequence[Entity], length: int) -> list[Entity | None]:
    owners: list[Entity | None] = [None] * length
    for entity in layer:
        owners[entity[0] : entity[1]] = [entity] * (entity[1] - entity[0])
    return owners


def _contradict(
    layer: Sequence[Entity], other: Sequence[Entity], owners: Sequence[Entity | None]
) -> bool:
    fewer = min(len(layer), len(other))
    same = len(set(layer) & set(other))
    placed = len({entity[:2] for entity in layer} & {entity[:2] for entity in other})
    crossing = sum(_crosses(entity, owners) for entity in other)
    return (
        same > MOST_REPEATED * fewer
        or (fewer >= _ENOUGH and placed > MOST_IN_ONE_PLACE * fewer)
        or crossing > MOST_CROSSING * fewer
    )


def _crosses(entity: Entity, owners: Sequence[Entity | None]) -> bool:
    start, end, _ = entity
    first, last = owners[start], owners[end - 1]
    before = first is not None and first[0] < start < first[1] < end
    after = last is not None and start < last[0] < end < last[1]
    return before or after


def _belongs(
    at: int, layers: Sequence[Sequence[Entity]], owners: Sequence[Sequence[Entity | None]]
) -> bool:
    """True if a layer has labels of the others, or its entities nest in theirs."""
    others = {entity[2] for other, layer in enumerate(layers) if other != at for entity in layer}
    if {entity[2] for entity in layers[at]} <= others:
        return True
    nested = sum(
        any(
            owners[other][place] is not None
            for other in range(len(layers))
            if other != at
            for place in range(entity[0], entity[1])
        )
        for entity in layers[at]
    )
    return nested >= LEAST_NESTED * len(layers[at])
