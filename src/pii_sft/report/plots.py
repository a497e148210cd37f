"""Plots as SVG that needs no script: numbers in, markup out, colours from the page's style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pii_sft.evaluators.reliability import Reliability

_SIDE = 200
"""Length of an axis in units of the drawing."""

_APART = 14
"""Of a name from its point, and from the name above it."""


def reliability_plot(found: Reliability) -> str:
    """Share of right predictions against their confidence; the diagonal is perfect calibration."""
    most = max(each.predictions for each in found.bins)
    width = _SIDE / len(found.bins)
    shapes = [_line([(0, 0), (1, 1)], "grid")]
    for number, each in enumerate(found.bins):
        if not each.predictions:
            continue
        height = each.right * _SIDE
        opacity = 0.2 + 0.7 * each.predictions / most
        shapes.append(
            f'<rect class="label" x="{number * width:.1f}" y="{_SIDE - height:.1f}" '
            f'width="{width - 1:.1f}" height="{height:.1f}" fill-opacity="{opacity:.2f}">'
            f"<title>confidence {each.confidence:.3f}, right {each.right:.3f}, "
            f"{each.predictions} predictions</title></rect>"
        )
    return _figure(shapes, "confidence, %", "right, %", "Share of right predictions by confidence")


def curve_plot(
    curves: Sequence[Sequence[tuple[float, float]]], marks: Iterable[tuple[float, float, str]]
) -> str:
    """Precision against recall.

    Args:
        curves: points of recall and precision, from 0 to 1.
        marks: recall, precision and name of points that stand out.
    """
    shapes = [_line(curve, "label", "fill:none") for curve in curves]
    above = 0.0
    for recall, precision, name in sorted(marks, key=lambda mark: -mark[1]):
        x, y = recall * _SIDE, (1 - precision) * _SIDE
        below = above = max(y + _APART, above + _APART)
        side, anchor = (-_APART, "end") if recall > 0.5 else (_APART, "start")
        shapes.append(
            f'<line class="grid" x1="{x:.1f}" y1="{y:.1f}" x2="{x + side:.1f}" y2="{below:.1f}"/>'
            f'<circle class="label" cx="{x:.1f}" cy="{y:.1f}" r="4">'
            f"<title>{name}: precision {precision:.3f}, recall {recall:.3f}</title></circle>"
            f'<text x="{x + side:.1f}" y="{below + 3:.1f}" text-anchor="{anchor}">{name}</text>'
        )
    return _figure(shapes, "recall, %", "precision, %", "Precision against recall")


def _line(points: Iterable[tuple[float, float]], kind: str, style: str = "") -> str:
    path = " ".join(f"{x * _SIDE:.1f},{(1 - y) * _SIDE:.1f}" for x, y in points)
    return f'<polyline class="{kind}" style="{style}" points="{path}"/>'


def _figure(shapes: Iterable[str], below: str, left: str, title: str) -> str:
    grid = []
    for at in range(0, 101, 25):
        place = at * _SIDE / 100
        grid += [
            f'<line class="grid" x1="{place}" y1="0" x2="{place}" y2="{_SIDE}"/>',
            f'<line class="grid" x1="0" y1="{place}" x2="{_SIDE}" y2="{place}"/>',
            f'<text x="{place}" y="{_SIDE + 14}" text-anchor="middle">{at}</text>',
            f'<text x="-6" y="{_SIDE + 4 - place}" text-anchor="end">{at}</text>',
        ]
    return (
        '<svg viewBox="-34 -12 268 256" role="img" '
        + f'aria-label="{title}; the table has the figures">'
        + "".join([*grid, *shapes])
        + f'<text x="100" y="232" text-anchor="middle">{below}</text>'
        + '<text x="-26" y="100" text-anchor="middle" transform="rotate(-90 -26 100)">'
        + f"{left}</text></svg>"
    )
