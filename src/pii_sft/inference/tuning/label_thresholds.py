"""Thresholds for single labels.

At a given bias, lowering the threshold of a label adds right entities at the cost of wrong ones. A
target recall is reached with the fewest wrong entities if the exchange rate, wrong ones for a right
one, is the same for all labels (a Lagrange multiplier). So thresholds are set for a series of such
prices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pii_sft.inference.operating_point import Scheme
from pii_sft.inference.select_entities import EntitySelector
from pii_sft.inference.tuning.cases import Case, selected
from pii_sft.inference.tuning.frontier import rounded_down
from pii_sft.spans import Span

FEWEST_GOLD = 10
"""Gold spans that a label needs to get a threshold of its own; others share one."""

PRICES = (0.05, 0.1, 0.2, 0.33, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 50.0)
"""Prices to try: wrong entities that one more right entity may cost."""

Outcome = tuple[float, bool]


def label_thresholds(
    cases: Sequence[Case], selector: EntitySelector, scheme: Scheme
) -> list[dict[str, float]]:
    """Sets of thresholds by label, one for each price.

    Args:
        cases: of the development split, with hits.
        selector: dial, calibration and rules; rare labels keep its threshold.
        scheme: decides which entities are right.
    """
    open_to_all = msgspec.structs.replace(selector.point, threshold=0.0, thresholds={})
    opened = selector.at(open_to_all)
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    gold: dict[str, int] = defaultdict(int)
    for case in cases:
        for span in case.document.spans:
            gold[span.label] += 1
        for each in selected(case, opened):
            if each.score is not None:
                right = _right(each.span, case.document.spans, scheme)
                outcomes[each.label].append((each.score, right))
    often = {label: outcomes[label] for label in gold if gold[label] >= FEWEST_GOLD}
    found: list[dict[str, float]] = []
    for price in PRICES:
        thresholds = _at_price(often, price)
        if thresholds not in found:
            found.append(thresholds)
    return found


def _right(span: Span, gold: Iterable[Span], scheme: Scheme) -> bool:
    touched = [each for each in gold if each.start < span.end and span.start < each.end]
    if scheme == "strict":
        return span in touched
    if scheme == "exact":
        return any((each.start, each.end) == (span.start, span.end) for each in touched)
    if scheme == "type":
        return any(each.label == span.label for each in touched)
    return bool(touched)


def _at_price(outcomes: Mapping[str, Sequence[Outcome]], price: float) -> dict[str, float]:
    """For each label the threshold with the most right entities, each wrong one at a cost."""
    thresholds = {}
    for label, judged in outcomes.items():
        best, gained, threshold = 0.0, 0.0, 1.0
        ordered = sorted(judged, reverse=True)
        for number, (score, right) in enumerate(ordered):
            gained += 1.0 if right else -1 / price
            is_last_of_equals = number + 1 == len(ordered) or ordered[number + 1][0] < score
            if is_last_of_equals and gained >= best:
                best, threshold = gained, score
        thresholds[label] = rounded_down(threshold)
    return thresholds
