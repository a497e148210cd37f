"""Options of scores: one struct, declared and validated here, for Python and the commands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from numbers import Real
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pii_sft.errors import UsageError, unknown_name
from pii_sft.evaluators.schemes import SCHEMES


class ScoreOptions(msgspec.Struct, frozen=True):
    """Options of scores; `pii-sft score` makes an option of each field, with its description.

    Raises:
        UsageError: a value is unknown or out of its range.
    """

    schemes: Annotated[
        tuple[str, ...],
        Meta(description="Schemes, which say which pairs of spans count; separated by commas."),
    ] = tuple(SCHEMES)
    beta: Annotated[
        tuple[float, ...],
        Meta(description="Beta of the F scores, separated by commas; above 1 favours recall."),
    ] = (1.0, 2.0)
    by: Annotated[
        tuple[str, ...],
        Meta(description="Breakdowns: label, entity_length, length, size, language, meta.KEY."),
    ] = ()
    measures: Annotated[
        tuple[str, ...],
        Meta(
            description="Measures of other packages to add, separated by commas.",
            extra={"option": "--measure"},
        ),
    ] = ()
    min_overlap: Annotated[
        float,
        Meta(description="Share of a gold span that a prediction must cover to be paired with it."),
    ] = 0.0
    min_iou: Annotated[
        float, Meta(description="Intersection over union that two spans must have to be paired.")
    ] = 0.0
    ci: Annotated[float, Meta(description="Level of the intervals; 0 for none.")] = 0.95
    resamples: Annotated[int, Meta(description="Resamples of the intervals.")] = 1000
    seed: Annotated[int, Meta(description="Seed of the resamples.")] = 42

    def __post_init__(self) -> None:
        for field in ("schemes", "by", "measures"):
            _several(field, getattr(self, field), str, "names")
        _several("beta", self.beta, Real, "numbers")
        for field in ("min_overlap", "min_iou", "ci", "resamples", "seed"):
            if not isinstance(value := getattr(self, field), Real):
                raise UsageError(f"{field} is a number, not {value!r}.")
        for name in self.schemes:
            if name not in SCHEMES:
                raise unknown_name("scheme", name, SCHEMES)
        if not all(isfinite(beta) and beta > 0 for beta in self.beta):
            raise UsageError("Every beta of an F score must be a positive number.")
        if not 0 <= self.ci < 1:
            raise UsageError(
                f"The level of the intervals must be at least 0 and below 1, not {self.ci}."
            )
        if self.resamples < 1:
            raise UsageError(f"There must be at least one resample, not {self.resamples}.")
        if self.seed < 0:
            raise UsageError(f"The seed must not be negative, but is {self.seed}.")


def _several(field: str, values: object, kind: type, said: str) -> None:
    """Refuse one value where several are asked for; a string would be taken letter by letter."""
    if isinstance(values, str) or not isinstance(values, Collection):
        raise UsageError(f"{field} are several {said}, as in {field}=[...], not {values!r}.")
    if wrong := [each for each in values if not isinstance(each, kind)]:
        raise UsageError(f"{field} are {said}, not {wrong[0]!r}.")


def score_options(options: ScoreOptions | None, changes: Mapping[str, Any]) -> ScoreOptions:
    """Options, or the defaults, with some fields changed.

    Raises:
        UsageError: a value is unknown or out of its range.
        TypeError: there is no such field.
    """
    return msgspec.structs.replace(options or ScoreOptions(), **changes)
