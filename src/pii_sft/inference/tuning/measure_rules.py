"""Measurement of rules on a development split, for each possible use of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from pii_sft.inference.operating_point import UNMEASURED, Propagation, RuleUse
from pii_sft.inference.predicted_span import MODEL, PredictedSpan
from pii_sft.inference.propagate import PROPAGATED, propagate
from pii_sft.inference.tuning.cases import Case
from pii_sft.rules import Proof, Ruleset

PRIOR = 4.0
"""Weight of the prior confidence, as a number of candidates."""

FEWEST = 3
"""Least number of correct vetoes before a kind of rule may veto."""

FEWEST_NAMES = 5
"""Least number of different strings by which a label is judged."""


class UseMeasured(msgspec.Struct, frozen=True):
    """The counts of one kind of rule on the development split.

    Attributes:
        kind: of rule.
        label: of its entities.
        gold: spans of that label.
        found: candidates of it.
        right: number of these that the annotation has.
        added: number of the right ones that the model had not found.
        relabelled: entities of the model whose label the rule would correct.
        wrongly_relabelled: right entities whose label the rule would change.
        resized: entities of the model whose bounds the rule would correct.
        wrongly_resized: right entities whose bounds the rule would change.
        vetoed: wrong entities of the model whose check digits fail.
        wrongly_vetoed: right entities whose check digits fail.
    """

    kind: str
    label: str
    gold: int
    found: int
    right: int
    added: int
    relabelled: int
    wrongly_relabelled: int
    resized: int
    wrongly_resized: int
    vetoed: int
    wrongly_vetoed: int


def learned_labels(cases: Sequence[Case], rules: Ruleset) -> dict[str, str]:
    """Labels that the annotation uses for kinds whose names lead to another label or none.

    Args:
        cases: of the development split.
        rules: the rules.

    Returns:
        Label by kind, for kinds of which the annotation has at least `FEWEST_NAMES` strings under
        that label, and more than under all others together.
    """
    given: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        gold = {(span.start, span.end): span.label for span in case.document.spans}
        for each in rules.best(case.document.text)[0]:
            label = gold.get((each.start, each.end))
            if label is not None and each.proof in UNMEASURED:
                given[each.kind][label] += 1
    learned = {}
    for kind, count in given.items():
        label, times = max(count.items(), key=lambda item: (item[1], item[0]))
        if times >= FEWEST_NAMES and times * 2 > count.total():
            learned[kind] = label
    return {kind: label for kind, label in learned.items() if rules.labelling.get(kind) != label}


def measure_uses(
    cases: Sequence[Case],
    entities: Sequence[Sequence[PredictedSpan]],
    rules: Ruleset,
) -> tuple[dict[str, RuleUse], list[UseMeasured]]:
    """Decide how each kind of rule is used.

    Args:
        cases: with hits.
        entities: of the model for each of them, without rules.
        rules: that gave the hits.

    Returns:
        Uses by kind, and the counts by which they were decided.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    golds = Counter(span.label for case in cases for span in case.document.spans)
    for case, found in zip(cases, entities, strict=True):
        _count(case, found, rules, counts)
    uses, measured = {}, []
    for kind, label in rules.labelling.items():
        count = counts[kind]
        uses[kind] = RuleUse(
            add=True,
            resize=count["resized"] >= count["wrongly_resized"],
            label=label,
            relabel=count["relabelled"] >= count["wrongly_relabelled"],
            veto=count["vetoed"] >= FEWEST and count["vetoed"] > count["wrongly_vetoed"],
            likely=_confidence(count, Proof.LIKELY),
            certain=_confidence(count, Proof.CERTAIN),
        )
        if count:
            measured.append(
                UseMeasured(
                    kind,
                    label,
                    golds[label],
                    *(count[name] for name in UseMeasured.__struct_fields__[3:]),
                )
            )
    return uses, measured


def _confidence(count: Counter[str], proof: Proof) -> float:
    """Share of right candidates, with the prior confidence weighted as `PRIOR` candidates."""
    right, found = count[f"right {proof.name}"], count[f"found {proof.name}"]
    return round((right + PRIOR * UNMEASURED[proof]) / (found + PRIOR), 4)


def _count(
    case: Case,
    entities: Sequence[PredictedSpan],
    rules: Ruleset,
    counts: dict[str, Counter[str]],
) -> None:
    gold = set(case.document.spans)
    for hit in case.hits.found:
        if hit.proof not in UNMEASURED:
            continue
        count, right = counts[hit.kind], hit.span in gold
        count["found"] += 1
        count[f"found {hit.proof.name}"] += 1
        count["right"] += right
        count[f"right {hit.proof.name}"] += right
        touched = [
            each for each in entities if each.start < hit.span.end and hit.span.start < each.end
        ]
        count["added"] += right and not touched
        same = [e for e in touched if (e.start, e.end) == (hit.span.start, hit.span.end)]
        if hit.proof is not Proof.CERTAIN or any(e.label == hit.span.label for e in same):
            continue
        was_right = any(each.span in gold for each in touched)
        name, lost = (
            ("relabelled", "wrongly_relabelled") if same else ("resized", "wrongly_resized")
        )
        count[name] += bool(touched) and right
        count[lost] += was_right
    for entity in entities:
        kinds = rules.kinds_of(entity.label)
        surface = case.document.text[entity.start : entity.end]
        if kinds and rules.verdict(surface, kinds) is False:
            for kind in kinds:
                counts[kind]["wrongly_vetoed" if entity.span in gold else "vetoed"] += 1


def measure_propagation(
    cases: Sequence[Case], entities: Sequence[Sequence[PredictedSpan]], precision: float
) -> tuple[Propagation, dict[str, tuple[int, int]]]:
    """Decide for which labels the strings found are marked everywhere.

    Args:
        cases: of the development split.
        entities: of the model for each of them.
        precision: share of right additions that a label needs.

    Returns:
        The settings, and by label how many strings were added and how many of them were right.
    """
    labels = sorted({each.label for found in entities for each in found})
    everywhere = Propagation(tuple(labels), 1.0)
    added: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case, found in zip(cases, entities, strict=True):
        sure = [each for each in found if each.source == MODEL]
        for each in propagate(case.document.text, sure, everywhere, lambda _: 0.0):
            if each.source == PROPAGATED:
                added[each.label] += 1
                right[each.label] += each.span in set(case.document.spans)
    chosen = [
        label
        for label in labels
        if added[label] >= FEWEST_NAMES and right[label] >= precision * added[label]
    ]
    total = sum(added[label] for label in chosen)
    share = sum(right[label] for label in chosen) / total if total else 0.0
    return (
        Propagation(tuple(chosen), round(share, 4)) if chosen else Propagation(),
        {label: (added[label], right[label]) for label in labels if added[label]},
    )
