"""Robust statistics of noisy curves: medians, spreads and trends that outliers can't move."""

from __future__ import annotations

from bisect import insort
from math import erfc, sqrt

import msgspec
import numpy as np

from pii_sft.diagnosis.training_log import Floats

_GAUSSIAN = 1.4826
"""Factor from the median absolute deviation of normal noise to its standard deviation."""


def spread(values: Floats) -> float:
    """The standard deviation that normal noise with this median absolute deviation has."""
    if len(values) == 0:
        return 0.0
    return float(_GAUSSIAN * np.median(np.abs(values - np.median(values))))


def noise(values: Floats) -> float:
    """The standard deviation of the noise of a curve, from second differences.

    A straight line has none; white noise of variance v has second differences of variance 6 v.
    """
    return spread(np.diff(values, 2)) / np.sqrt(6) if len(values) > 4 else 0.0


def smoothed(values: Floats, width: int) -> Floats:
    """The running median, centred; beyond the ends the curve is mirrored.

    Args:
        values: the curve.
        width: of the window; an even one is made odd, one longer than the curve as long.
    """
    if not len(values):
        return values
    half = min(width, len(values)) // 2
    mirrored = np.pad(values, half, mode="symmetric")
    return np.median(np.lib.stride_tricks.sliding_window_view(mirrored, 2 * half + 1), axis=1)


def median_so_far(values: Floats) -> Floats:
    """The median of each value and all before it."""
    ordered: list[float] = []
    found = np.empty(len(values))
    for index, value in enumerate(values):
        insort(ordered, float(value))
        half = index // 2
        found[index] = ordered[half] if index % 2 == 0 else (ordered[half] + ordered[half + 1]) / 2
    return found


def median_before(values: Floats, width: int) -> Floats:
    """The median of up to `width` values before each; infinite for the first three."""
    found = np.full(len(values), np.inf)
    for at in range(3, min(width, len(values))):
        found[at] = np.median(values[:at])
    if len(values) > width:
        windows = np.lib.stride_tricks.sliding_window_view(values[:-1], width)
        found[width:] = np.median(windows, axis=1)
    return found


def ends(values: Floats, share: float = 0.05, fewest: int = 3) -> tuple[float, float]:
    """The level at the beginning and at the end: medians of a share of the values each.

    Args:
        values: the curve.
        share: how much of it an end is.
        fewest: values of an end, unless that is more than a third of all.
    """
    size = max(1, min(max(fewest, round(share * len(values))), len(values) // 3))
    return float(np.median(values[:size])), float(np.median(values[-size:]))


def blocks(values: Floats, number: int) -> Floats:
    """The medians of a number of equal stretches of a curve."""
    return np.array([np.median(part) for part in np.array_split(values, number) if len(part)])


def trend(values: Floats) -> float:
    """The p-value of the Mann-Kendall test against any monotone trend; 1 for fewer than 4 values.

    Mann (1945), Kendall (1975); the normal approximation with the correction for ties.
    """
    count = len(values)
    if count < 4:
        return 1.0
    signs = float(np.sign(values[None, :] - values[:, None])[np.triu_indices(count, 1)].sum())
    _, ties = np.unique(values, return_counts=True)
    variance = count * (count - 1) * (2 * count + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()
    if variance <= 0 or signs == 0:
        return 1.0
    z = (abs(signs) - 1) / sqrt(variance / 18)
    return erfc(z / sqrt(2))  # twice the upper tail of the normal distribution


def resolution(values: Floats) -> float:
    """Half of the last digit that values were printed with: the error of rounding them."""
    for digits in range(12):
        if np.allclose(values * 10**digits, np.round(values * 10**digits), rtol=0, atol=1e-6):
            return float(0.5 * 10.0**-digits)
    return 0.0


class Wave(msgspec.Struct, frozen=True):
    """The strongest wave in a curve without trend.

    Attributes:
        period: its length in values.
        amplitude: half of its height.
        p: how likely the strongest of so many frequencies is as strong in white noise: Fisher's g
            test (1929), to its first term.
    """

    period: float
    amplitude: float
    p: float


def wave(values: Floats, fewest: int) -> Wave | None:
    """The strongest wave of at least so many periods; None where a curve is too short or flat.

    If a curve doesn't hold a whole number of periods, its wave is spread over neighbouring
    frequencies and looks like noise. So some shorter ends of the curve are tried too, one of which
    nearly holds a whole number; the probability is corrected for the number of trials.

    Args:
        values: the curve, without trend.
        fewest: how many periods a wave has at least.
    """
    lengths = np.unique(np.linspace(len(values) * 7 // 8, len(values), _LENGTHS).astype(int))
    found = [each for length in lengths if (each := _wave(values[-length:], fewest)) is not None]
    if not found:
        return None
    best = min(found, key=lambda each: each.p)
    return msgspec.structs.replace(best, p=min(1.0, best.p * len(found)))


_LENGTHS = 8


def _wave(values: Floats, fewest: int) -> Wave | None:
    count = len(values)
    power = np.abs(np.fft.rfft(values - values.mean()))[1:] ** 2
    power = power[fewest - 1 :]
    total = float(power.sum())
    if count < 3 * fewest or total <= 0:
        return None
    strongest = int(power.argmax())
    g = float(power[strongest] / total)
    near = float(power[max(0, strongest - 1) : strongest + 2].sum())
    spectrum = float((np.abs(np.fft.rfft(values - values.mean()))[1:] ** 2).sum())
    return Wave(
        count / (strongest + fewest),
        float(np.sqrt(2 * near / spectrum) * values.std()),
        min(1.0, len(power) * (1 - g) ** (len(power) - 1)),
    )
