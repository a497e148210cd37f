"""The outcome of comparing two systems by one measure, and the settings of the tests."""

from __future__ import annotations

from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """One measure of both systems.

    Attributes:
        a: of the first system.
        b: of the second.
        difference: of the second from the first.
        ci: ends of its interval; None without intervals.
        p: chance of so large a difference, either way, by randomisation.
        p_bootstrap: likewise, by the bootstrap; None without resamples.
        p_adjusted: `p` corrected for the number of labels; None where it is not one of many.
    """

    a: float
    b: float
    difference: float
    ci: tuple[float, float] | None
    p: float
    p_bootstrap: float | None
    p_adjusted: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """By name; null where there is no value."""
        return {**msgspec.structs.asdict(self), "ci": self.ci and list(self.ci)}


class Settings(msgspec.Struct, frozen=True):
    """The settings of a comparison.

    Attributes:
        ci: level of the intervals; 0 for none.
        resamples: of the bootstrap.
        randomisations: of the randomisation test.
        seed: of both.
        correction: of the p-values of labels, key of `CORRECTIONS`.
    """

    ci: float
    resamples: int
    randomisations: int
    seed: int
    correction: str
