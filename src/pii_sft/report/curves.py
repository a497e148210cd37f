"""Curves as SVG paths, for pages that need neither a library nor a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from pii_sft.diagnosis.training_log import Series

WIDTH, HEIGHT = 410.0, 180.0
MOST_POINTS = 400
"""More are not seen; of each stretch the lowest and the highest value are kept."""


class Line(msgspec.Struct, frozen=True):
    """A curve of a plot.

    Attributes:
        number: of its colour, from 1.
        name: what it shows.
        path: of the line; empty for dots alone.
        dots: centres of dots.
    """

    number: int
    name: str
    path: str = ""
    dots: tuple[tuple[float, float], ...] = ()


class Mark(msgspec.Struct, frozen=True):
    """A vertical line where something happened.

    Attributes:
        x: where.
        text: number of the finding.
        href: id of what it leads to.
    """

    x: float
    text: str
    href: str


class Plot(msgspec.Struct, frozen=True):
    """A plot, in the coordinates of its SVG.

    Attributes:
        title: what it shows.
        x: what the horizontal axis counts.
        lines: curves.
        x_ticks: place and text of each tick.
        y_ticks: likewise.
        marks: where something happened.
    """

    title: str
    x: str
    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...] = ()


def plot(
    title: str,
    x: str,
    curves: Sequence[tuple[str, Series, bool]],
    events: Sequence[tuple[float, str, str]] = (),
    bounds: tuple[float, float, float, float] | None = None,
) -> Plot | None:
    """Draw curves.

    Args:
        title: what they show.
        x: what the horizontal axis counts.
        curves: name, values, and whether they are dots rather than a line.
        events: place, text and target of each mark.
        bounds: lowest and highest x and y; None for those of the values.

    Returns:
        None if no curve has two values that are numbers.
    """
    kept = [(name, series.finite(), dots) for name, series, dots in curves]
    kept = [each for each in kept if len(each[1]) > 1 or (each[2] and len(each[1]))]
    if not kept or (bounds is None and max(len(each[1]) for each in kept) < 2):
        return None
    box = bounds or _bounds([series for _, series, _ in kept])
    left, right, low, high = box
    lines = tuple(
        _line(number, name, series, dots, box)
        for number, (name, series, dots) in enumerate(kept, 1)
    )
    x_ticks = tuple((_x(at, box), f"{at:g}") for at in _ticks(left, right))
    y_ticks = tuple((_y(at, box), f"{at:g}") for at in _ticks(low, high))
    marks = tuple(Mark(_x(at, box), text, href) for at, text, href in events if left <= at <= right)
    return Plot(title, x, lines, x_ticks, y_ticks, marks)


def _bounds(drawn: Sequence[Series]) -> tuple[float, float, float, float]:
    values = np.concatenate([series.values for series in drawn])
    at = np.concatenate([series.at for series in drawn])
    low, high = float(values.min()), float(values.max())
    if low > 0 and low < 0.5 * high:
        low = 0.0
    if high == low:
        low, high = low - 0.5 * abs(low) - 1e-9, high + 0.5 * abs(high) + 1e-9
    left, right = float(at.min()), float(at.max())
    return left, right if right > left else left + 1, low, high


def _x(at: float, box: tuple[float, float, float, float]) -> float:
    return round(WIDTH * (at - box[0]) / (box[1] - box[0]), 1)


def _y(value: float, box: tuple[float, float, float, float]) -> float:
    return round(HEIGHT * (1 - (value - box[2]) / (box[3] - box[2])), 1)


def _line(
    number: int, name: str, series: Series, dots: bool, box: tuple[float, float, float, float]
) -> Line:
    thin = _thinned(series)
    points = [
        (_x(float(at), box), _y(float(value), box))
        for at, value in zip(thin.at, thin.values, strict=True)
    ]
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points) if len(points) > 1 else ""
    return Line(number, name, path, tuple(points) if dots else ())


def _thinned(series: Series) -> Series:
    """A curve with the lowest and the highest value of each stretch."""
    if len(series) <= MOST_POINTS:
        return series
    parts = np.array_split(np.arange(len(series)), MOST_POINTS // 2)
    kept = sorted(
        {int(part[pick(series.values[part])]) for part in parts for pick in (np.argmin, np.argmax)}
    )
    return Series(series.at[kept], series.values[kept])


TICKS = 5
"""Marks on an axis, about."""


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two others."""
    raw = (high - low) / TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = min((each * power for each in (1, 2, 5, 10) if each * power >= raw), default=raw)
    first = np.ceil(low / step - 1e-9)
    count = int(np.floor(high / step + 1e-9) - first) + 1
    return [float(f"{(first + index) * step:.10g}") for index in range(count)]
