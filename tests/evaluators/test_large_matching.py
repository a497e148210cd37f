"""Many spans that hang together are matched as well as few, and in time that grows with them."""

from __future__ import annotations

import time
from random import Random

import pytest

from pii_sft.evaluators import match
from pii_sft.evaluators.large_matching import Thresholds, matched
from pii_sft.evaluators.matching import _matched, overlap
from pii_sft.spans import Span

Worth = tuple[int, int, int, int]


def worth(golds: list[Span], predictions: list[Span], pairs: list[tuple[int, int]]) -> Worth:
    chosen = [(golds[row], predictions[column]) for row, column in pairs]
    return (
        sum((one.start, one.end) == (other.start, other.end) for one, other in chosen),
        sum(one.label == other.label for one, other in chosen),
        len(chosen),
        sum(overlap(*pair) for pair in chosen),
    )


def drawn(draw: Random, number: int, reach: int, length: int) -> list[Span]:
    starts = [draw.randrange(reach) for _ in range(number)]
    return sorted(Span(at, at + draw.randint(1, length), draw.choice("AB")) for at in starts)


@pytest.mark.parametrize("length", [2, 8, 60], ids=["sparse", "chained", "dense"])
@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.5, 0.0), (0.0, 0.3)])
def test_no_matching_is_better(length: int, shares: tuple[float, float]) -> None:
    draw = Random(5)
    for _ in range(25):
        ours, theirs = drawn(draw, 24, 60, length), drawn(draw, 20, 60, length)
        golds = [span for span in ours if span not in theirs]
        predictions = [span for span in theirs if span not in ours]
        found = matched(golds, predictions, Thresholds(*shares))
        assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
        expected = _matched(golds, predictions, *shares)
        assert worth(golds, predictions, found) == worth(golds, predictions, expected)


def test_long_documents_are_matched_piece_by_piece() -> None:
    draw = Random(7)
    golds, predictions = drawn(draw, 300, 4000, 9), drawn(draw, 300, 4000, 9)
    whole = match(golds, predictions)
    paired = [(golds.index(one), predictions.index(other)) for one, other in whole.pairs]
    best = _matched(golds, predictions, 0.0, 0.0)
    assert worth(golds, predictions, paired) == worth(golds, predictions, best)


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


@pytest.mark.parametrize(
    ("shape", "number", "pairs"), [(chain, 3200, 3200), (covered, 3200, 3200), (nested, 800, 800)]
)
def test_what_hangs_together_is_matched_in_seconds(shape: object, number: int, pairs: int) -> None:
    """Dense and cubic, the chain took 38 seconds."""
    assert callable(shape)
    golds, predictions = shape(number)
    begin = time.process_time()
    assert len(match(golds, predictions).pairs) == pairs
    assert time.process_time() - begin < 5
