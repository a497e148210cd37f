"""Many spans that hang together are matched as well as few."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from pii_sft.errors import UsageError
from pii_sft.evaluators import Scorer, match
from pii_sft.evaluators.assignment import best_in_a_row, best_of_any, in_a_row
from pii_sft.evaluators.nested_matching import matched_nested
from pii_sft.evaluators.overlaps import Scale, Thresholds, overlap
from pii_sft.spans import Span

Worth = tuple[int, int, int, int]


def worth(pairs: list[tuple[Span, Span]]) -> Worth:
    return (
        sum((one.start, one.end) == (other.start, other.end) for one, other in pairs),
        sum(one.label == other.label for one, other in pairs),
        len(pairs),
        sum(overlap(*pair) for pair in pairs),
    )


def drawn(draw: Random, number: int, reach: int, length: int) -> list[Span]:
    starts = [draw.randrange(reach) for _ in range(number)]
    return sorted(Span(at, at + draw.randint(1, length), draw.choice("AB")) for at in starts)


def heaviest(pairs: list[tuple[int, int]], weights: list[int]) -> list[tuple[int, int]]:
    """The best assignment, as scipy finds it; its sums are exact below 2 ** 53."""
    table = np.zeros((max(row for row, _ in pairs) + 1, max(column for _, column in pairs) + 1))
    for pair, weight in zip(pairs, weights, strict=True):
        table[pair] = weight
    chosen = zip(*linear_sum_assignment(table, maximize=True), strict=True)
    return [(int(row), int(column)) for row, column in chosen if table[row, column]]


def by_list(
    golds: list[Span], predictions: list[Span], thresholds: Thresholds
) -> list[tuple[int, int]]:
    """The best matching of spans from a list of pairs."""
    pairs = [
        (row, column)
        for row, gold in enumerate(golds)
        for column, predicted in enumerate(predictions)
        if gold.start < predicted.end and predicted.start < gold.end
        if thresholds.admit(gold, predicted)
    ]
    scale = Scale(min(len(golds), len(predictions)))
    weights = [scale.weight(golds[row], predictions[column]) for row, column in pairs]
    return best_of_any(pairs, weights, len(golds))


@pytest.mark.parametrize("length", [2, 8, 60], ids=["sparse", "chained", "dense"])
@pytest.mark.parametrize("thresholds", [Thresholds(), Thresholds(0.5, 0.0), Thresholds(0.0, 0.3)])
def test_no_matching_is_better(length: int, thresholds: Thresholds) -> None:
    draw = Random(5)
    for _ in range(25):
        ours, theirs = drawn(draw, 24, 60, length), drawn(draw, 20, 60, length)
        golds = [span for span in ours if span not in theirs]
        predictions = [span for span in theirs if span not in ours]
        found = matched_nested(golds, predictions, thresholds)
        assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
        best = by_list(golds, predictions, thresholds)
        both = [
            worth([(golds[row], predictions[column]) for row, column in each])
            for each in (found, best)
        ]
        assert both[0] == both[1]


def test_no_assignment_is_heavier() -> None:
    draw = Random(13)
    for _ in range(600):
        rows, columns, share = draw.randint(1, 9), draw.randint(1, 9), draw.choice([0.3, 0.6, 1.0])
        pairs = [
            (row, column)
            for row in range(rows)
            for column in range(columns)
            if draw.random() < share
        ] or [(0, 0)]
        most = draw.choice([2, 10, 1000])
        weights = [draw.randint(1, most) for _ in pairs]
        worth_of = dict(zip(pairs, weights, strict=True))
        found = best_of_any(pairs, weights, rows)
        assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
        assert sum(worth_of[each] for each in found) == sum(
            worth_of[each] for each in heaviest(pairs, weights)
        )


def test_a_table_is_exact_with_numbers_that_no_float_tells_apart() -> None:
    """Two labels, equal bounds and overlaps that differ in the last place, on 200 spans."""
    golds = [Span(at, 2000 - at, "AB"[at % 2]) for at in range(200)]
    predictions = [Span(at, 2000 - at - at % 3, "AB"[at % 5 % 2]) for at in range(200)]
    ours = [span for span in golds if span not in predictions]
    theirs = [span for span in predictions if span not in golds]
    found = matched_nested(ours, theirs, Thresholds())
    best = by_list(ours, theirs, Thresholds())
    assert worth([(ours[row], theirs[column]) for row, column in found]) == worth(
        [(ours[row], theirs[column]) for row, column in best]
    )


def test_long_documents_are_matched_piece_by_piece() -> None:
    draw = Random(7)
    golds, predictions = drawn(draw, 150, 2000, 9), drawn(draw, 150, 2000, 9)
    best = by_list(golds, predictions, Thresholds())
    pairs = [(golds[row], predictions[column]) for row, column in best]
    assert worth(list(match(golds, predictions).pairs)) == worth(pairs)


def test_pairs_in_a_row_are_scheduled_as_well_as_any() -> None:
    draw = Random(11)
    for _ in range(300):
        rows, columns, pairs = 0, 0, [(0, 0)]
        for _ in range(draw.randrange(12)):
            rows, columns = draw.choice([(rows + 1, columns), (rows, columns + 1)])
            pairs.append((rows, columns))
        weights = [draw.randint(1, 9) for _ in pairs]
        worth_of = dict(zip(pairs, weights, strict=True))
        assert in_a_row(pairs)
        found = best_in_a_row(pairs, weights)
        best = heaviest(pairs, weights)
        assert sum(map(worth_of.__getitem__, found)) == sum(map(worth_of.__getitem__, best))
        assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)


def chain(number: int) -> tuple[list[Span], list[Span]]:
    return (
        [Span(at * 10, at * 10 + 8, "A") for at in range(number)],
        [Span(at * 10 + 5, at * 10 + 15, "A") for at in range(number)],
    )


def covered(number: int) -> tuple[list[Span], list[Span]]:
    golds = [Span(at * 10, at * 10 + 8, "A") for at in range(number)]
    shorter = [Span(span.start, span.end - 1, "A") for span in golds]
    return golds, [*shorter, Span(0, number * 10, "A")]


def nested(number: int) -> tuple[list[Span], list[Span]]:
    return (
        [Span(at, 4 * number - at, "A") for at in range(number)],
        [Span(at, 4 * number - at - 1, "B") for at in range(number)],
    )


Shape = Callable[[int], tuple[list[Span], list[Span]]]


@pytest.mark.parametrize(("shape", "number"), [(chain, 3200), (covered, 3200), (nested, 1100)])
def test_what_hangs_together_by_the_thousand_is_matched(shape: Shape, number: int) -> None:
    golds, predictions = shape(number)
    assert len(match(golds, predictions).pairs) == number
    scorer = Scorer()
    scorer.add(golds, predictions)
    assert scorer.result(ci=0.0).schemes["partial"].micro.counts["partial"] == number


def test_a_chain_is_matched_without_an_assignment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs in a row need one pass over them."""
    monkeypatch.setattr("pii_sft.evaluators.matching.matched_nested", None)
    monkeypatch.setattr("pii_sft.evaluators.matching.best_of_any", None)
    assert len(match(*chain(3200)).pairs) == 3200


def test_more_overlaps_than_memory_holds_are_refused() -> None:
    with pytest.raises(UsageError, match="inside each other by mistake"):
        match(*nested(4001))
