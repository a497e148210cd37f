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


class LabelBlindScores(msgspec.Struct, frozen=True):
    """Personal data against none, whatever the labels.

    Attributes:
        exact: spans with the right bounds.
        overlap: spans that overlap, matched as if all labels were the same.
        documents: documents with at least one span.
    """

    exact: Row
    overlap: Row
    documents: Row

    def to_dict(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            "exact": self.exact.to_dict(),
            "overlap": self.overlap.to_dict(),
            "documents": self.documents.to_dict(),
        }


class MentionScores(msgspec.Struct, frozen=True):
    """What is hidden of the gold, see `pii_sft.evaluators.coverage`.

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

    def to_dict(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            **self.overall.to_dict(),
            "labels": {label: row.to_dict() for label, row in self.labels.items()},
            "identifiers": {kind: row.to_dict() for kind, row in self.identifiers.items()},
        }


class Confusion(msgspec.Struct, frozen=True):
    """Which labels are taken for which, with any bounds.

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
        characters: rates of characters, with `correct`, `leaked` and `over_redacted`.
        documents_without_pii: their `count`, and the `false_alarm_rate` among them: the share in
            which something was predicted.
        errors: kinds of error.
        error_kinds: number of errors by finer kind, see `pii_sft.evaluators.errors.ERROR_KINDS`.
        label_blind: personal data against none.
        mentions: recall of mentions and entities.
        confusion: which labels are taken for which.
    """

    documents: int
    schemes: dict[str, SchemeScores]
    characters: Row
    documents_without_pii: Row
    errors: ErrorCounts
    error_kinds: dict[str, int]
    label_blind: LabelBlindScores
    mentions: MentionScores
    confusion: Confusion

    def to_dict(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            "documents": self.documents,
            "schemes": {name: each.to_dict() for name, each in self.schemes.items()},
            "characters": self.characters.to_dict(),
            "documents_without_pii": self.documents_without_pii.to_dict(),
            "errors": msgspec.structs.asdict(self.errors),
            "error_kinds": self.error_kinds,
            "label_blind": self.label_blind.to_dict(),
            "mentions": self.mentions.to_dict(),
            "confusion": msgspec.structs.asdict(self.confusion),
        }
