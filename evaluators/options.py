"""How scores are computed: the same words in every function."""

from __future__ import annotations

from math import isfinite
from typing import TypedDict

from pii_sft.errors import UsageError, unknown_name
from pii_sft.evaluators.schemes import SCHEMES


class Options(TypedDict, total=False):
    """What can be chosen, and what it is otherwise.

    Attributes:
        schemes: names of the schemes; all of `SCHEMES`.
        beta: for which F scores, positive numbers, above 1 in favour of recall; `(1, 2)`.
        ci: share of the resamples that an interval holds, below 1, 0 for no intervals; 0.95.
        resamples: number of resamples for the intervals; 1000.
        seed: of the resamples, not negative; 42.
    """

    schemes: tuple[str, ...]
    beta: tuple[float, ...]
    ci: float
    resamples: int
    seed: int


DEFAULTS: Options = {
    "schemes": tuple(SCHEMES),
    "beta": (1.0, 2.0),
    "ci": 0.95,
    "resamples": 1000,
    "seed": 42,
}


def completed(options: Options) -> Options:
    """The options with everything that was left open filled in from `DEFAULTS`.

    Raises:
        UsageError: an option is unknown to the scorer or out of its range.
    """
    full: Options = {**DEFAULTS, **options}
    for name in full["schemes"]:
        if name not in SCHEMES:
            raise unknown_name("scheme", name, SCHEMES)
    if not all(isfinite(beta) and beta > 0 for beta in full["beta"]):
        raise UsageError("Every beta of an F score must be a positive number.")
    if not 0 <= full["ci"] < 1:
        raise UsageError(
            f"The level of the intervals must be at least 0 and below 1, not {full['ci']}."
        )
    if full["resamples"] < 1:
        raise UsageError(f"There must be at least one resample, not {full['resamples']}.")
    if full["seed"] < 0:
        raise UsageError(f"The seed must not be negative, but is {full['seed']}.")
    return full
