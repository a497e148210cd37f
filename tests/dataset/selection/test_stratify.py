from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from pii_sft.dataset.options import parse_ratios
from pii_sft.dataset.row_index import Occurrences
from pii_sft.dataset.selection import stratify as split
from pii_sft.dataset.selection.stratify import MOST_STRATA, Groups, Labels, assign
from pii_sft.dataset.selection.union_find import UnionFind
from pii_sft.errors import UsageError

RATIOS = {"train": 0.8, "dev": 0.1, "test": 0.1}
NAMES = ("A", "B", "C", "RARE")

Rows = Sequence[set[str]]


def labels_of(rows: Rows) -> Labels:
    """The labels of rows, seven rows at a time."""

    def parts() -> Iterator[Occurrences]:
        for first in range(0, len(rows), 7):
            pairs = [
                (number, NAMES.index(label))
                for number, labels in enumerate(rows[first : first + 7], first)
                for label in sorted(labels)
            ]
            numbers, labels = np.array(pairs, np.int64).reshape(-1, 2).T
            yield Occurrences(numbers, labels, np.ones(len(pairs), np.int64))

    return parts


def groups_of(of_row: Sequence[int]) -> Groups:
    numbers = np.array(of_row, np.int32)
    rows = np.bincount(numbers[numbers >= 0])
    keys = np.arange(len(rows), dtype=np.uint64) * np.uint64(7919)
    return Groups(keys, numbers, rows)


def sides(rows: Rows, of_row: Sequence[int] | None = None, seed: int = 1) -> list[str]:
    """The side of each group; every row is a group of its own unless told otherwise."""
    groups = groups_of(range(len(rows)) if of_row is None else of_row)
    chosen = assign(groups, labels_of(rows), len(NAMES), RATIOS, seed)
    return [list(RATIOS)[index] for index in chosen]


def test_ratios_keep_the_usual_order() -> None:
    assert list(parse_ratios("test=0.25,train=0.75")) == ["train", "test"]


@pytest.mark.parametrize(
    "text", ["", "train", "train=x", "train=0.5,train=0.5", "train=0.5", "train=1.2", "all=1"]
)
def test_ratios_that_can_not_be(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ratios(text)


@pytest.mark.parametrize("most", [MOST_STRATA, 2])
def test_shares_are_met_for_every_label_and_for_none(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split, "MOST_STRATA", most)
    rows = [{"A"}, {"A", "B"}, set(), {"C"}] * 250
    chosen = sides(rows)
    for side, share in RATIOS.items():
        mine = [labels for labels, each in zip(rows, chosen, strict=True) if each == side]
        assert len(mine) == pytest.approx(1000 * share, abs=4)
        for label in ("A", "B", "C"):
            total = sum(label in labels for labels in rows)
            assert sum(label in labels for labels in mine) == pytest.approx(total * share, abs=3)
        assert sum(not labels for labels in mine) == pytest.approx(250 * share, abs=2)


def test_combinations_of_labels_are_shared_out_too() -> None:
    chosen = sides([{"A", "B"}] * 100 + [{"B"}] * 100)
    assert {side: chosen[:100].count(side) for side in RATIOS} == {
        "train": 80,
        "dev": 10,
        "test": 10,
    }


def test_a_rare_label_reaches_every_split() -> None:
    rows = [{"A", "RARE"} if number % 20 == 0 else {"A"} for number in range(200)]
    chosen = sides(rows, seed=3)
    assert sorted({chosen[number] for number in range(0, 200, 20)}) == ["dev", "test", "train"]


def test_groups_go_whole_and_count_all_their_rows() -> None:
    chosen = sides([{"A"}] * 900 + [{"B"}] * 100, [number // 50 for number in range(1000)])
    assert len(chosen) == 20
    assert chosen.count("train") == 16


def test_rows_that_are_left_out_do_not_count() -> None:
    rows = [{"A"}] * 100 + [{"B"}] * 400
    with_them = sides(rows[:100])
    assert sides(rows, [*range(100), *[-1] * 400]) == with_them


def test_groups_of_one_stratum_have_as_many_rows_with_the_same_labels() -> None:
    """Ten groups of two rows with A and B in one, and ten with A in both."""
    rows = [{"A", "B"}, set()] * 10 + [{"A"}, {"A"}] * 10
    chosen = sides(rows, [number // 2 for number in range(40)])
    for part in (chosen[:10], chosen[10:]):
        assert [part.count(side) for side in RATIOS] == [8, 1, 1]


def test_the_seed_decides_and_not_the_order() -> None:
    rows = [{"A"}, set(), {"B"}] * 40
    groups = groups_of(range(len(rows)))
    backwards = Groups(groups.keys[::-1], groups.of_row, groups.rows)
    there = assign(groups, labels_of(rows), len(NAMES), RATIOS, 5)
    back = assign(backwards, labels_of(rows[::-1]), len(NAMES), RATIOS, 5)
    assert back.tolist() == there[::-1].tolist()
    assert sides(rows, seed=6) != sides(rows, seed=5)


def test_nothing_to_assign() -> None:
    assert assign(groups_of([]), labels_of([]), 0, RATIOS, 1).tolist() == []


def test_joined_groups_have_one_representative() -> None:
    together = UnionFind()
    together.join(2, 3)
    together.join(1, 3)
    assert {together.representative(group) for group in (1, 2, 3)} == {1}
    assert together.representative(4) == 4
    assert together.joined() == {2: 1, 3: 1}
