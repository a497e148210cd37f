"""Approximate randomisation: which exchanges are drawn, and the p-value they give."""

from __future__ import annotations

import numpy as np
import pytest

from pii_sft.evaluators.statistics import randomization_test as module
from pii_sft.evaluators.statistics.count_tables import DenseTable
from pii_sft.evaluators.statistics.randomization_test import as_large, exchanged, p_value


def test_exchanges_are_halves_of_the_documents() -> None:
    counts = np.arange(60.0).reshape(20, 3)
    blocks = list(exchanged([DenseTable(counts), DenseTable(counts[:, :1])], 700, 5))
    assert [len(block[0]) for block in blocks] == [512, 188]
    totals, first = (np.vstack([block[at] for block in blocks]) for at in (0, 1))
    assert np.array_equal(totals[:, :1], first)
    assert totals.mean(axis=0) == pytest.approx(counts.sum(axis=0) / 2, rel=0.03)
    spread = np.sqrt((counts**2).sum(axis=0)) / 2
    assert totals.std(axis=0) == pytest.approx(spread, rel=0.1)


def test_documents_in_blocks_are_exchanged_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DOCUMENTS_AT_A_TIME", 7)
    counts = np.eye(20)
    (totals,) = (block[0] for block in exchanged([DenseTable(counts)], 100, 5))
    assert set(np.unique(totals)) == {0.0, 1.0}
    assert abs(totals.mean() - 0.5) < 0.05


def test_nothing_is_exchanged_where_nothing_differs() -> None:
    (totals,) = (block[0] for block in exchanged([DenseTable(np.zeros((0, 3)))], 10, 5))
    assert totals.tolist() == [[0.0] * 3] * 10


def test_differences_that_are_equal_but_for_rounding_are_as_large() -> None:
    observed = np.array([0.1 + 0.2])
    assert as_large(observed, np.array([[0.3], [-0.3], [0.29], [np.nan]])).tolist() == [2]


def test_p_is_never_zero() -> None:
    assert p_value(0, 99) == 0.01
    assert p_value(99, 99) == 1.0
    assert p_value(0, 0) == 1.0
