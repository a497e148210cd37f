"""p-values of many tests at once, corrected for their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

PValues = Sequence[float]


def holm(p_values: PValues) -> list[float]:
    """Adjusted p-values that bound the chance of even one false alarm.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.

    Args:
        p_values: of one family of tests, in any order.

    Returns:
        The adjusted ones, in the same order.
    """
    count = len(p_values)
    adjusted, least = [0.0] * count, 0.0
    for rank, at in enumerate(sorted(range(count), key=p_values.__getitem__)):
        least = max(least, min(1.0, (count - rank) * p_values[at]))
        adjusted[at] = least
    return adjusted


def benjamini_hochberg(p_values: PValues) -> list[float]:
    """Adjusted p-values that bound the expected share of false alarms among all alarms.

    Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995.

    Args:
        p_values: of one family of tests, in any order.

    Returns:
        The adjusted ones, in the same order.
    """
    count = len(p_values)
    adjusted, most = [0.0] * count, 1.0
    order = sorted(range(count), key=p_values.__getitem__)
    for rank in range(count, 0, -1):
        at = order[rank - 1]
        most = min(most, p_values[at] * count / rank)
        adjusted[at] = most
    return adjusted


CORRECTIONS: Mapping[str, Callable[[PValues], list[float]]] = {
    "holm": holm,
    "bh": benjamini_hochberg,
}
