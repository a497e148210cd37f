"""Rare labels are repeated and empty rows thinned out, by rule and by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from pii_sft.dataset.options import Oversample, check_negatives, parse_oversample
from pii_sft.dataset.row_index import Occurrences
from pii_sft.dataset.selection.balance import MOST_COPIES, copies, thinned
from pii_sft.dataset.selection.seeded_hash import chances, seeded_hash
from pii_sft.errors import UsageError

KEYS = seeded_hash(np.arange(1000, dtype=np.uint64), 9)


def repeated(
    labels: list[list[int]],
    oversample: Oversample,
    seed: int = 42,
    train: Sequence[bool] | None = None,
) -> list[int]:
    def parts() -> Iterator[Occurrences]:
        for row, held in enumerate(labels):
            rows = np.full(len(held), row, np.int64)
            yield Occurrences(rows, np.array(held, np.int64), np.ones(len(held), np.int64))

    mine = np.ones(len(labels), bool) if train is None else np.array(train)
    return copies(KEYS[: len(labels)], mine, parts, 3, oversample, seed).tolist()


def test_other_splits_neither_count_nor_are_repeated() -> None:
    labels = [[0]] * 8 + [[1]] * 2 + [[1]] * 50
    train = [True] * 10 + [False] * 50
    assert repeated(labels, 1.0, train=train) == [0] * 8 + [3] * 2 + [0] * 50


def test_a_ratio_of_one_brings_every_label_to_the_commonest() -> None:
    assert repeated([[0]] * 8 + [[1]] * 2, 1.0) == [0] * 8 + [3] * 2


def test_a_ratio_below_what_there_is_changes_nothing() -> None:
    assert repeated([[0]] * 8 + [[1]] * 2, 0.25) == [0] * 10


def test_parts_of_copies_are_drawn_by_lot() -> None:
    more = repeated([[0]] * 400 + [[1]] * 100, 0.375)
    assert set(more[400:]) == {0, 1}
    assert sum(more) == pytest.approx(50, abs=20)


def test_auto_goes_half_of_the_way() -> None:
    assert repeated([[0]] * 16 + [[1]], "auto") == [0] * 16 + [3]


def test_a_row_follows_its_rarest_label() -> None:
    assert repeated([[0]] * 4 + [[0, 1]] * 1, 0.8)[-1] == 3


def test_nothing_is_repeated_without_end() -> None:
    assert repeated([[0]] * 900 + [[1]], 1.0)[-1] == MOST_COPIES - 1


def test_rows_without_labels_are_never_repeated() -> None:
    assert repeated([[], [0]], 1.0) == [0, 0]
    assert repeated([[], []], "auto") == [0, 0]


@pytest.mark.parametrize(("text", "value"), [("auto", "auto"), ("0.5", 0.5), ("1", 1.0)])
def test_oversample_is_read(text: str, value: Oversample) -> None:
    assert parse_oversample(text) == value


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "many", "nan"])
def test_oversample_that_can_not_be(text: str) -> None:
    with pytest.raises(UsageError, match="--oversample takes"):
        parse_oversample(text)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_negatives_that_can_not_be(share: float) -> None:
    with pytest.raises(UsageError, match="--negatives takes"):
        check_negatives(share)


@pytest.mark.parametrize(("keep", "out"), [(1.0, 0), (0.25, 150), (0.0, 200)])
def test_as_many_negatives_are_left_out_as_asked(keep: float, out: int) -> None:
    negatives = np.arange(1000) % 5 == 0
    gone = thinned(KEYS, negatives, keep, 42)
    assert len(set(gone.tolist())) == out
    assert negatives[gone].all()


def test_the_seed_decides_which() -> None:
    negatives = np.ones(1000, bool)
    first = thinned(KEYS, negatives, 0.5, 1).tolist()
    assert first == thinned(KEYS, negatives, 0.5, 1).tolist()
    assert first != thinned(KEYS, negatives, 0.5, 2).tolist()


def test_fewer_negatives_are_a_part_of_more() -> None:
    negatives = np.ones(1000, bool)
    assert set(thinned(KEYS, negatives, 0.6, 1).tolist()) < set(
        thinned(KEYS, negatives, 0.4, 1).tolist()
    )


def test_lots_are_spread_evenly() -> None:
    drawn = chances(np.arange(20_000, dtype=np.uint64), 3)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts, _ = np.histogram(drawn, 10, (0, 1))
    assert counts.min() > 1800
