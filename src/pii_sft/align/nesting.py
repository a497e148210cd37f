"""Stretches inside longer stretches."""

from __future__ import annotations

from collections.abc import Iterable

from pii_sft.align.places import Stretch


def inside_longer(stretches: Iterable[Stretch]) -> set[Stretch]:
    """Those that lie inside a longer one, in time that grows with their number alone."""
    inside: set[Stretch] = set()
    furthest = 0
    for stretch in sorted(set(stretches), key=lambda each: (each[0], -each[1])):
        if stretch[1] <= furthest:
            inside.add(stretch)
        furthest = max(furthest, stretch[1])
    return inside
