"""Combination of a model's entities with the hits of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from pii_sft.inference.operating_point import RuleSettings, RuleUse
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.rules import Hit, Proof, Ruleset
from pii_sft.spans import reading_order

NO_USE = RuleUse()

RULE = "rule:"
"""Prefix of the source of entities that a rule has found."""


def apply_rules(
    text: str,
    entities: Iterable[PredictedSpan],
    hits: Sequence[Hit],
    rules: Ruleset,
    settings: RuleSettings,
    least: Callable[[str], float],
) -> tuple[PredictedSpan, ...]:
    """Apply rules: veto, relabel, resize and add entities.

    Args:
        text: of the document.
        entities: of the model.
        hits: of the rules.
        rules: that gave the hits.
        settings: how each kind of rule is used.
        least: least confidence of an entity, by label.

    Returns:
        In reading order. Where a hit and an entity of the model agree, the entity stays, with the
        higher confidence of the two.
    """
    kept = [each for each in entities if not vetoed(text, each, rules, settings)]
    for hit in hits:
        use = settings.uses.get(hit.kind, NO_USE)
        found = _found(hit, use)
        if found.score is not None and found.score >= least(found.label):
            kept = _settled(kept, found, hit.proof, use)
    return in_reading_order(kept)


def vetoed(text: str, entity: PredictedSpan, rules: Ruleset, settings: RuleSettings) -> bool:
    """True if an entity looks like a number of its label's kind, but has wrong check digits."""
    kinds = rules.kinds_of(entity.label)
    if not any(settings.uses.get(kind, NO_USE).veto for kind in kinds):
        return False
    return rules.verdict(text[entity.start : entity.end], kinds) is False


def overlap(one: PredictedSpan, other: PredictedSpan) -> bool:
    """True if two entities have a code point in common."""
    return one.start < other.end and other.start < one.end


def in_reading_order(spans: Iterable[PredictedSpan]) -> tuple[PredictedSpan, ...]:
    """Sorted by start, outer before inner, then by label."""
    return tuple(sorted(spans, key=lambda each: reading_order(each.span)))


def _found(hit: Hit, use: RuleUse) -> PredictedSpan:
    return PredictedSpan(
        hit.span.start,
        hit.span.end,
        use.label or hit.span.label,
        use.confidence(hit.proof),
        f"{RULE}{hit.kind}",
    )


def _settled(
    entities: list[PredictedSpan], found: PredictedSpan, proof: Proof, use: RuleUse
) -> list[PredictedSpan]:
    touched = [each for each in entities if overlap(each, found)]
    if not touched:
        return [*entities, found] if use.add else entities
    others = [each for each in entities if each not in touched]
    same = [each for each in touched if (each.start, each.end) == (found.start, found.end)]
    agreeing = next((each for each in same if each.label == found.label), None)
    if agreeing is not None:
        surer = max(agreeing.score or 0.0, found.score or 0.0)
        raised = msgspec.structs.replace(agreeing, score=surer)
        return [raised if each is agreeing else each for each in entities]
    wins = proof is Proof.CERTAIN or all(_surer(found, each) for each in touched)
    if same:
        if use.relabel and wins:
            return [*others, *(each for each in touched if each not in same), found]
        return entities
    one_label = all(each.label == found.label for each in touched)
    inside = all(found.start <= each.start and each.end <= found.end for each in touched)
    if use.resize and ((wins and (one_label or inside)) or (one_label and inside)):
        return [*others, found]
    return entities


def _surer(found: PredictedSpan, entity: PredictedSpan) -> bool:
    """True if a hit has the higher confidence; an entity without a confidence always wins."""
    return found.score is not None and entity.score is not None and found.score > entity.score
