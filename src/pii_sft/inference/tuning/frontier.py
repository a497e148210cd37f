"""The frontier of precision against recall over settings of dial and threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from pii_sft.evaluators import Prediction, Scorer
from pii_sft.inference.operating_point import Goal, Scheme
from pii_sft.inference.select_entities import EntitySelector
from pii_sft.inference.tuning.cases import Case, pairs
from pii_sft.spans import Document

BIASES = (-3.0, -1.5, 0.0, 1.0, 2.0, 3.0, 4.5, 6.0)
"""Recall biases to try, in log-odds: 0 is the model's own answer, 4.6 opens at P(open) of .01."""

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95)
"""Thresholds to try, as the share of the entities that they remove."""

HALVINGS = 6
"""Halvings of the step between two thresholds around the best point."""

REFINED = 3
"""Number of best recall biases whose neighbourhood is explored."""

MOST_EXPLORED = 400
"""Most documents for the first pass over the whole range; the second pass uses all documents."""


_FINEST = 2e-6
"""Lowest threshold that makes a difference; with a lower one, everything counts."""


class Point(msgspec.Struct, frozen=True):
    """One operating point, and its rates.

    Attributes:
        recall_bias: the dial.
        threshold: least confidence.
        precision: of the scheme; of characters for `covered`.
        recall: of the scheme; share of covered mentions for `covered`.
        f1: of both.
        f2: of both.
    """

    recall_bias: float
    threshold: float
    precision: float
    recall: float
    f1: float
    f2: float

    def worth(self, goal: Goal) -> float:
        """The rate that is maximised."""
        return {"precision": self.precision, "f1": self.f1, "f2": self.f2}[goal]


def f_score(precision: float, recall: float, beta: float) -> float:
    """Weighted harmonic mean of precision and recall; 0 where both are 0."""
    square = beta * beta
    below = square * precision + recall
    return (1 + square) * precision * recall / below if below else 0.0


def measured(cases: Iterable[Case], selector: EntitySelector, scheme: Scheme) -> Point:
    """Measure one operating point."""
    found = pairs(cases, selector)
    precision, recall = _strict(found) if scheme == "strict" else _scored(found, scheme)
    point = selector.point
    return Point(
        point.recall_bias,
        point.threshold,
        precision,
        recall,
        f_score(precision, recall, 1),
        f_score(precision, recall, 2),
    )


def _strict(found: Iterable[tuple[Document, Prediction]]) -> tuple[float, float]:
    """Precision and recall of the strict scheme, without matching, as this is called often."""
    right = actual = possible = 0
    for document, prediction in found:
        right += len(set(document.spans).intersection(prediction.spans))
        actual += len(prediction.spans)
        possible += len(document.spans)
    return right / actual if actual else 0.0, right / possible if possible else 0.0


def _scored(found: Iterable[tuple[Document, Prediction]], scheme: Scheme) -> tuple[float, float]:
    scorer = Scorer()
    for document, prediction in found:
        scorer.add(document.spans, prediction.spans, text=document.text)
    schemes = () if scheme == "covered" else (scheme,)
    scores = scorer.result(schemes=schemes, beta=(1.0,), ci=0.0)
    if scheme == "covered":
        mentions = scores.mentions.overall.rates["mention_recall"]
        return scores.characters.rates["precision"], mentions
    micro = scores.schemes[scheme].micro
    return micro.rates["precision"], micro.rates["recall"]


class Explorer:
    """Measures operating points that differ in dial and threshold.

    Args:
        cases: of the development split, with hits.
        selector: calibration, rules and propagation of all points.
        scheme: of the rates.
        on_point: called after each point.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        selector: EntitySelector,
        scheme: Scheme,
        *,
        on_point: Callable[[], None] = lambda: None,
    ) -> None:
        self._cases = cases
        step = -(-len(cases) // MOST_EXPLORED)
        self._some = cases[::step]
        self._selector = selector
        self._scheme = scheme
        self._on_point = on_point

    def explore(self, target_recall: float | None, goal: Goal) -> list[Point]:
        """Measure points over the whole range, then on all documents ever closer to the best."""
        rough = [
            self._measured(self._some, bias, threshold)
            for bias in self._biases()
            for threshold in self._thresholds(bias)
        ]
        near: list[Point] = []
        for start in self._promising(rough, target_recall, goal):
            near += self._refined(start, rough, target_recall, goal)
        return near if len(self._some) < len(self._cases) else [*rough, *near]

    def _promising(
        self, rough: Sequence[Point], target_recall: float | None, goal: Goal
    ) -> list[Point]:
        """The best point of each of the best recall biases."""
        by_bias = {bias: [e for e in rough if e.recall_bias == bias] for bias in self._biases()}
        left = [best_point(each, target_recall, goal) for each in by_bias.values()]
        found: list[Point] = []
        while left and len(found) < REFINED:
            found.append(best_point(left, target_recall, goal))
            left.remove(found[-1])
        return found

    def _refined(
        self, start: Point, rough: Sequence[Point], target_recall: float | None, goal: Goal
    ) -> list[Point]:
        """Points between the thresholds around a point, closer and closer to the best."""
        bias = start.recall_bias
        near = [self._measured(self._cases, bias, start.threshold)]
        known = sorted({each.threshold for each in rough if each.recall_bias == bias})
        place = known.index(start.threshold)
        low, high = start.threshold, known[min(place + 1, len(known) - 1)]
        if target_recall is not None and near[0].recall < target_recall and place:
            low, high = known[place - 1], start.threshold
            near.append(self._measured(self._cases, bias, low))
        for _ in range(HALVINGS):
            middle = rounded_down((low + high) / 2)
            if middle in (low, high):
                break
            near.append(self._measured(self._cases, bias, middle))
            if best_point(near, target_recall, goal) is near[-1]:
                low = middle
            else:
                high = middle
        return near

    def _biases(self) -> list[float]:
        """Recall biases, without those that change nothing."""
        opens = [each.open for case in self._some for each in case.proposals]
        seen: dict[int, float] = {}
        for bias in sorted(BIASES, key=abs):
            seen.setdefault(sum(each + bias >= 0 for each in opens), bias)
        return sorted(seen.values())

    def _thresholds(self, bias: float) -> list[float]:
        selector = self._at(bias, 0.0)
        confidences = sorted(
            each
            for _, prediction in pairs(self._some, selector)
            for each in prediction.scores
            if each is not None
        )
        return _quantiles(confidences)

    def _at(self, bias: float, threshold: float) -> EntitySelector:
        changes = {"recall_bias": bias, "threshold": threshold, "thresholds": {}}
        return self._selector.at(msgspec.structs.replace(self._selector.point, **changes))

    def _measured(self, cases: Sequence[Case], bias: float, threshold: float) -> Point:
        self._on_point()
        return measured(cases, self._at(bias, threshold), self._scheme)


def _quantiles(confidences: Sequence[float]) -> list[float]:
    if not confidences:
        return [0.0]
    found = {confidences[int(share * len(confidences))] for share in SHARES}
    return sorted({0.0, *map(rounded_down, found)})


def rounded_down(confidence: float) -> float:
    """Round a confidence down to six digits, so that as a threshold it still admits the entity."""
    return math.floor(confidence * 1e6 - 1e-3) / 1e6 if confidence > _FINEST else 0.0


def best_point(points: Sequence[Point], target_recall: float | None, goal: Goal) -> Point:
    """Choose the best point with enough recall; if none has enough, the one with the most."""
    enough = [each for each in points if target_recall is None or each.recall >= target_recall]
    if enough:
        return max(enough, key=lambda each: (each.worth(goal), each.recall, each.precision))
    return max(points, key=lambda each: (each.recall, each.precision))


def frontier(points: Iterable[Point]) -> list[Point]:
    """The points that no other point beats in both rates, by rising recall (Pareto frontier)."""
    ranked = sorted(points, key=lambda each: (-each.recall, -each.precision))
    kept: list[Point] = []
    for each in ranked:
        if not kept or each.precision > kept[-1].precision:
            kept.append(each)
    return kept[::-1]
