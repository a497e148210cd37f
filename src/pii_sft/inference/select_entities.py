"""Selection of entities among proposals, by an operating point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pii_sft.decoding.proposals import Proposal, choose
from pii_sft.inference.apply_rules import apply_rules
from pii_sft.inference.operating_point import OperatingPoint
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.propagate import propagate
from pii_sft.rules import Hits, Ruleset, ruleset

NO_HITS = Hits(())

RULE_TIMEOUT = "rule_timeout"
"""Issue of a row in whose text a rule took too long and was stopped."""


class Selected(msgspec.Struct, frozen=True):
    """The entities of one document.

    Attributes:
        spans: in reading order.
        issues: problems on the way, by names from `pii_sft.targets.ISSUES`.
    """

    spans: tuple[PredictedSpan, ...]
    issues: tuple[str, ...] = ()


class EntitySelector:
    """Chooses, calibrates, applies rules and propagates.

    Args:
        point: the operating point.
        rules: the rules that the point names, see `rules_of`; None for none.
    """

    def __init__(self, point: OperatingPoint, rules: Ruleset | None = None) -> None:
        self.point = point
        self.rules = rules
        self._scores = point.least_scores()
        self._score = point.calibration.least_score(point.threshold)

    def at(self, point: OperatingPoint) -> EntitySelector:
        """The same rules at another operating point."""
        return EntitySelector(point, self.rules)

    def hits(self, text: str) -> Hits:
        """Hits of the rules in a text."""
        return NO_HITS if self.rules is None else self.rules.find(text)

    def select(
        self, text: str, proposals: Sequence[Proposal], hits: Hits | None = None
    ) -> Selected:
        """Entities of a text.

        Args:
            text: of the document.
            proposals: of the model.
            hits: of the rules, if they are known already.
        """
        point = self.point
        confidence = point.calibration.confidence
        spans: Sequence[PredictedSpan] = [
            PredictedSpan(each.start, each.end, each.label, confidence(each.score))
            for each in choose(
                proposals,
                text,
                recall_bias=point.recall_bias,
                threshold=self._score,
                thresholds=self._scores,
            )
        ]
        issues: tuple[str, ...] = ()
        if self.rules is not None:
            known = self.hits(text) if hits is None else hits
            spans = apply_rules(text, spans, known.found, self.rules, point.rules, point.least)
            issues = (RULE_TIMEOUT,) if known.stopped else ()
        if point.propagation.labels:
            spans = propagate(text, spans, point.propagation, point.least)
        return Selected(tuple(spans), issues)


def rules_of(
    point: OperatingPoint, labels: Iterable[str], chosen: Mapping[str, str] | None = None
) -> Ruleset | None:
    """The rules that an operating point names.

    Args:
        point: the operating point.
        labels: of the data set.
        chosen: label by kind of rule, if neither the point nor the names of the kind lead to one.

    Raises:
        UsageError: there is no such rule set or file.
        MissingExtraError: a rule set needs a package that is not installed.
    """
    known = {kind: use.label for kind, use in point.rules.uses.items() if use.label}
    return ruleset(point.rules.names, labels, known | dict(chosen or {}))
