"""Compact tables of counts, against plain ones."""

from __future__ import annotations

import numpy as np
import pytest

from pii_sft.evaluators.statistics import count_tables as module
from pii_sft.evaluators.statistics.count_tables import DenseTable, SparseTable, Table, more_in


def drawn(seed: int, documents: int = 300, width: int = 40) -> tuple[SparseTable, np.ndarray]:
    """A few frequent columns, many rare ones; some documents without an entry."""
    draw = np.random.default_rng(seed)
    lengths = draw.poisson(3, documents)
    shares = 1 / np.arange(1, width + 1) ** 1.5
    columns = draw.choice(width, lengths.sum(), p=shares / shares.sum())
    cells = np.zeros((documents, width), np.int64)
    np.add.at(cells, (np.repeat(np.arange(documents), lengths), columns), 1)
    return SparseTable.listed(columns, lengths, width), cells


def sums(table: Table, first: int, times: np.ndarray) -> np.ndarray:
    found = np.zeros((table.width, times.shape[1]))
    table.add_to(found, first, times)
    return found


@pytest.mark.parametrize("often", [1, 24, 10_000], ids=["product", "both", "rows"])
def test_sums_over_sets_are_those_of_a_product(often: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OFTEN", often)
    table, cells = drawn(1)
    times = np.random.default_rng(2).poisson(1, (120, 50))
    for first in (0, 100, 180):
        expected = cells[first : first + 120].T @ times
        assert np.array_equal(sums(table, first, times), expected)


@pytest.mark.parametrize("often", [1, 10_000], ids=["product", "rows"])
def test_large_values_stay_exact(often: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OFTEN", often)
    values = np.array([2**40 + 1, 2**40 + 3, 5])
    table = SparseTable.listed(np.array([0, 0, 1]), np.array([1, 1, 1]), 2, values)
    times = np.array([[3, 0], [1, 7], [2, 2]], np.uint8)
    assert sums(table, 0, times).tolist() == [
        [3 * (2**40 + 1) + 2**40 + 3, 7 * (2**40 + 3)],
        [10.0, 10.0],
    ]


def test_totals_and_parts_are_those_of_a_plain_table() -> None:
    table, cells = drawn(3)
    chosen = np.array([7, 0, 299, 7, 40])
    part: Table
    for part, plain in ((table, cells), (table.of(chosen), cells[chosen])):
        assert len(part) == len(plain)
        assert np.array_equal(part.totals(), plain.sum(axis=0))
    assert np.array_equal(DenseTable(cells).of(chosen).totals(), cells[chosen].sum(axis=0))
    assert len(table.of(np.array([], np.intp))) == 0


def test_what_is_more_in_another_table_is_the_difference() -> None:
    (one, ours), (other, theirs) = drawn(4), drawn(5)
    more = more_in(one, other)
    assert np.array_equal(more.lengths, np.count_nonzero(theirs - ours, axis=1))
    assert np.array_equal(more.totals(), (theirs - ours).sum(axis=0))
    halves = np.random.default_rng(6).integers(0, 2, (300, 9), np.uint8)
    assert np.array_equal(sums(more, 0, halves), (theirs - ours).T @ halves)


def test_no_documents_and_no_entries_add_up_to_nothing() -> None:
    nothing = SparseTable.listed(np.array([], np.int64), np.array([], np.int64), 3)
    assert nothing.totals().tolist() == [0, 0, 0]
    silent = SparseTable.listed(np.array([], np.int64), np.array([0, 0]), 3)
    assert sums(silent, 0, np.ones((2, 4), np.int64)).tolist() == [[0.0] * 4] * 3
