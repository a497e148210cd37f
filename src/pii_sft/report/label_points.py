"""Labels as circles in the plane of recall and precision."""

from __future__ import annotations

from math import sqrt

import msgspec

from pii_sft.evaluators.aggregation.results import Row, SchemeScores
from pii_sft.report.undefined_rates import measured


def by_support(scheme: SchemeScores) -> list[tuple[str, Row]]:
    """Labels with their rows, the most frequent first."""
    return sorted(scheme.labels.items(), key=lambda item: -item[1].counts["possible"])


class Point(msgspec.Struct, frozen=True):
    """A label in the plane of recall and precision; radius by the square root of its support.

    Attributes:
        label: its name.
        recall: from 0 to 1.
        precision: from 0 to 1.
        radius: of its circle.
        support: gold spans.
        named: whether there is room for its name.
        text_x: where the name stands.
        text_y: likewise.
        anchor: which end of the name that is.
    """

    label: str
    recall: float
    precision: float
    radius: float
    support: int
    named: bool = False
    text_x: float = 0.0
    text_y: float = 0.0
    anchor: str = "start"


def label_points(scheme: SchemeScores) -> list[Point]:
    """Place the labels that have both rates; the larger ones get the room for names first."""
    most = max((row.counts["possible"] for row in scheme.labels.values()), default=1) or 1
    placed: list[tuple[float, float, float]] = []
    found = []
    for label, row in by_support(scheme):
        recall, precision = measured(row, "recall"), measured(row, "precision")
        if recall is None or precision is None:
            continue
        radius = 3 + 9 * sqrt(row.counts["possible"] / most)
        width, right = 4.6 * len(label), 200 * recall < 110
        x = 200 * recall + (radius + 2 if right else -radius - 2)
        y = 203 - 200 * precision
        left = x if right else x - width
        room = not any(
            abs(y - other) < 9 and left < end and begin < left + width
            for begin, end, other in placed
        )
        if room:
            placed.append((left, left + width, y))
        anchor = "start" if right else "end"
        support = row.counts["possible"]
        found.append(Point(label, recall, precision, radius, support, room, x, y, anchor))
    return found
