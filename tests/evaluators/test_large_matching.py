"""Many spans that hang together are matched as well as few."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from pii_sft.errors import UsageError
from pii_sft.evaluators import Scorer, match
from pii_sft.evaluators.assignment import best_in_a_row, best_of_few, in_a_row
from pii_sft.evaluators.large_matching import matched
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


def by_augmenting(
    golds: list[Span], predictions: list[Span], thresholds: Thresholds
) -> list[tuple[Span, Span]]:
    """The best matching of spans in plain Python, exact at any size."""
    pairs = [
        (row, column)
        for row, gold in enumerate(golds)
        for column, predicted in enumerate(predictions)
        if gold.start < predicted.end and predicted.start < gold.end
        if thresholds.admit(gold, predicted)
    ]
    scale = Scale(min(len(golds), len(predictions)))
    weights = [scale.weight(golds[row], predictions[column]) for row, column in pairs]
    chosen = best_of_few(pairs, weights, len(golds), len(predictions))
    return [(golds[row], predictions[column]) for row, column in chosen]


@pytest.mark.parametrize("length", [2, 8, 60], ids=["sparse", "chained", "dense"])
@pytest.mark.parametrize("thresholds", [Thresholds(), Thresholds(0.5, 0.0), Thresholds(0.0, 0.3)])
def test_no_matching_is_better(length: int, thresholds: Thresholds) -> None:
    draw = Random(5)
    for _ in range(25):
        ours, theirs = drawn(draw, 24, 60, length), drawn(draw, 20, 60, length)
        golds = [span for span in ours if span not in theirs]
        predictions = [span for span in theirs if span not in ours]
        found = matched(golds, predictions, thresholds)
        assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
        pairs = [(golds[row], predictions[column]) for row, column in found]
        assert worth(pairs) == worth(by_augmenting(golds, predictions, thresholds))


def test_long_documents_are_matched_piece_by_piece() -> None:
    draw = Random(7)
    golds, predictions = drawn(draw, 150, 2000, 9), drawn(draw, 150, 2000, 9)
    best = by_augmenting(golds, predictions, Thresholds())
    assert worth(list(match(golds, predictions).pairs)) == worth(best)


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
        best = best_of_few(pairs, weights, rows + 1, columns + 1)
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
    """A solver of assignments needs the square of the spans; pairs in a row need none."""
    monkeypatch.setattr("pii_sft.evaluators.matching.matched", None)
    assert len(match(*chain(3200)).pairs) == 3200


def test_more_overlaps_than_memory_holds_are_refused() -> None:
    with pytest.raises(UsageError, match="inside each other by mistake"):
        match(*nested(4001))
