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


class MentionScores(msgspec.Struct, frozen=True):
    """Coverage of the gold, see `pii_sft.evaluators.coverage`.

    Attributes:
        overall: `mention_recall`, the share of mentions that are covered; `mention_precision`, of
            predictions that stay within a mention; `entity_recall`, of entities of which every
            mention is covered; `weighted_entity_recall`, the same with every entity weighted by
            its mentions.
        labels: the same for each label that occurs in gold or predictions, sorted by name.
        identifiers: entity recall by kind of identifier, where the gold says which kind.
    """

    overall: Row
    labels: dict[str, Row]
    identifiers: dict[str, Row]


class Confusion(msgspec.Struct, frozen=True):
    """Labels that are taken for others, with any bounds.

    Attributes:
        pairs: number of pairs by gold label, then by predicted label; only what occurs.
        missed: gold spans without a partner, by label.
        spurious: predictions without a partner, by label.
    """

    pairs: dict[str, dict[str, int]]
    missed: dict[str, int]
    spurious: dict[str, int]


class Scores(msgspec.Struct, frozen=True):
    """Everything that is counted over a set of documents.

    Attributes:
        documents: how many there are.
        schemes: scores by scheme.
        rows: the row of each measure, see `pii_sft.evaluators.aggregation.measures`.
        labels: the rows of each label, by the measures that have them.
        identifiers: entity recall by kind of identifier, where the gold says which kind.
        errors: kinds of error.
        error_kinds: number of errors by finer kind, see `pii_sft.evaluators.errors.ERROR_KINDS`.
        confusion: which labels are taken for which.
    """

    documents: int
    schemes: dict[str, SchemeScores]
    rows: dict[str, Row]
    labels: dict[str, dict[str, Row]]
    identifiers: dict[str, Row]
    errors: ErrorCounts
    error_kinds: dict[str, int]
    confusion: Confusion

    @property
    def characters(self) -> Row:
        """Rates of characters, with `correct`, `leaked` and `over_redacted`."""
        return self.rows["characters"]

    @property
    def documents_without_pii(self) -> Row:
        """Their `count`, and the `false_alarm_rate`: in which share something was predicted."""
        return self.rows["documents_without_pii"]

    @property
    def mentions(self) -> MentionScores:
        """Recall of mentions and entities."""
        return MentionScores(self.rows["mentions"], self.labels["mentions"], self.identifiers)

    def to_dict(self) -> dict[str, Any]:
        """As in the contract; a measure called `a.b` is `b` inside `a`."""
        found: dict[str, Any] = {
            "documents": self.documents,
            "schemes": {name: each.to_dict() for name, each in self.schemes.items()},
        }
        for name, row in self.rows.items():
            block, _, rest = name.partition(".")
            if rest:
                found.setdefault(block, {})[rest] = row.to_dict()
            else:
                found[block] = row.to_dict()
        for name, rows in self.labels.items():
            found[name]["labels"] = {label: row.to_dict() for label, row in rows.items()}
        found["mentions"]["identifiers"] = {
            kind: row.to_dict() for kind, row in self.identifiers.items()
        }
        return {
            **found,
            "errors": msgspec.structs.asdict(self.errors),
            "error_kinds": self.error_kinds,
            "confusion": msgspec.structs.asdict(self.confusion),
        }
