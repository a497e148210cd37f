"""The shape of scores, in memory and as JSON. The JSON keys are a contract with users."""

from __future__ import annotations

from typing import Any

import msgspec

from pii_sft.evaluators.errors import ErrorCounts


class Row(msgspec.Struct, frozen=True):
    """One line of scores.

    Attributes:
        rates: by name (`precision`, `recall`, `f1`), from 0 to 1.
        counts: what the rates were computed from; empty for averages of rates.
        ci: lower and upper end of the interval of each rate; empty without intervals.
    """

    rates: dict[str, float]
    counts: dict[str, int]
    ci: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Rates and counts side by side, and the intervals under `ci`."""
        return {**self.rates, **self.counts, "ci": {k: list(v) for k, v in self.ci.items()}}


class SchemeScores(msgspec.Struct, frozen=True):
    """The scores of one scheme.

    Attributes:
        micro: all spans together.
        macro: mean of the rates over the labels that occur in gold or predictions.
        weighted: mean of the rates over the labels, weighted by their gold spans.
        labels: each label that occurs in gold or predictions, sorted by name.
    """

    micro: Row
    macro: Row
    weighted: Row
    labels: dict[str, Row]

    def to_dict(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            "micro": self.micro.to_dict(),
            "macro": self.macro.to_dict(),
            "weighted": self.weighted.to_dict(),
            "labels": {label: row.to_dict() for label, row in self.labels.items()},
        }


class Scores(msgspec.Struct, frozen=True):
    """Everything that is counted over a set of documents.

    Attributes:
        documents: how many there are.
        schemes: scores by scheme.
        characters: rates of characters, with `correct`, `leaked` and `over_redacted`.
        documents_without_pii: their `count`, and the `false_alarm_rate` among them: the share in
            which something was predicted.
        errors: kinds of error.
    """

    documents: int
    schemes: dict[str, SchemeScores]
    characters: Row
    documents_without_pii: Row
    errors: ErrorCounts

    def to_dict(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            "documents": self.documents,
            "schemes": {name: each.to_dict() for name, each in self.schemes.items()},
            "characters": self.characters.to_dict(),
            "documents_without_pii": self.documents_without_pii.to_dict(),
            "errors": msgspec.structs.asdict(self.errors),
        }
