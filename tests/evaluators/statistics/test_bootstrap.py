"""Resampling: against the textbook, against numpy, and against itself."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pii_sft.evaluators import Scorer, Scores
from pii_sft.evaluators.statistics import bootstrap as module
from pii_sft.evaluators.statistics.bootstrap import intervals, resampled_totals
from pii_sft.evaluators.statistics.count_tables import DenseTable, SparseTable
from pii_sft.spans import Span


def coin(documents: int, chance: float = 0.8, seed: int = 1) -> Scorer:
    """One gold span a document, found with some chance."""
    draw, scorer = random.Random(seed), Scorer()
    for _ in range(documents):
        span = Span(0, 4, draw.choice("AB"))
        scorer.add([span], [span] if draw.random() < chance else [])
    return scorer


def recall(scores: Scores) -> tuple[float, float]:
    return scores.schemes["strict"].micro.ci["recall"]


def tallies(cells: np.ndarray) -> SparseTable:
    rows, columns = np.nonzero(cells)
    lengths = np.bincount(rows, minlength=len(cells))
    return SparseTable.listed(columns, lengths, cells.shape[1], cells[rows, columns])


def totals(counts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    (found,) = resampled_totals([tallies(counts)], resamples, seed)
    return found


def test_totals_are_those_of_documents_drawn_with_replacement() -> None:
    ones = np.eye(30)
    times = totals(ones, 400, 9)
    assert np.array_equal(times.sum(axis=1), np.full(400, 30.0))
    assert times.min() == 0
    assert times.max() > 3
    assert np.allclose(times.mean(axis=0), 1, atol=0.2)
    # each is a binomial number of 30 draws with a chance of 1 in 30
    assert np.allclose(times.var(), 29 / 30, atol=0.05)
    counts = np.random.default_rng(0).integers(0, 4, (30, 5)).astype(float)
    assert np.array_equal(totals(counts, 400, 9), times @ counts)


@pytest.mark.parametrize("block", [1, 7, 30, 31])
def test_drawing_in_blocks_is_drawing_with_replacement(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    times = totals(np.eye(31), 2000, 3)
    assert np.array_equal(times.sum(axis=1), np.full(2000, 31.0))
    assert np.allclose(times.mean(axis=0), 1, atol=0.12)
    assert np.allclose(times.var(axis=0), 30 / 31, atol=0.2)
    # draws of two documents exclude each other, within a block and across blocks
    covariance = np.cov(times.T)
    assert np.allclose(covariance[~np.eye(31, dtype=bool)].mean(), -1 / 31, atol=0.01)
    assert np.allclose(covariance[0, 1:], -1 / 31, atol=0.11)


def test_matrices_of_the_same_documents_are_drawn_alike() -> None:
    counts = np.random.default_rng(1).integers(0, 9, (2500, 4)).astype(float)
    one, other = resampled_totals([tallies(counts), DenseTable(2 * counts)], 20, 5)
    assert np.array_equal(2 * one, other)


def test_no_documents_and_no_resamples_give_no_totals() -> None:
    assert totals(np.zeros((0, 3)), 5, 1).tolist() == [[0.0] * 3] * 5
    assert totals(np.ones((4, 3)), 0, 1).shape == (0, 3)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_ends_are_the_percentiles_of_numpy(level: float) -> None:
    values = np.random.default_rng(2).random((201, 7))
    values[0] = 0.5
    values[1:90, 3] = np.nan
    shares = [(1 - level) / 2, (1 + level) / 2]
    expected = np.nanquantile(values[1:], shares, axis=0).T
    assert intervals(values, level) == pytest.approx(expected)


def test_resamples_with_nothing_to_measure_are_left_out() -> None:
    values = np.array([[0.0], [np.nan], [np.nan]])
    assert intervals(values, 0.95).tolist() == [[0.0, 0.0]]


def test_interval_is_widened_to_hold_the_score() -> None:
    values = np.array([[0.9], [0.1], [0.2], [0.3]])
    low, high = intervals(values, 0.5)[0]
    assert low == pytest.approx(0.15)
    assert high == 0.9


def test_interval_of_a_share_is_that_of_the_textbook() -> None:
    scores = coin(2000).result()
    share = scores.schemes["strict"].micro.rates["recall"]
    half = 1.96 * (share * (1 - share) / 2000) ** 0.5
    assert recall(scores) == pytest.approx((share - half, share + half), abs=0.15 * half)


def test_intervals_shrink_with_more_documents() -> None:
    few, many = recall(coin(50).result()), recall(coin(5000).result())
    assert many[1] - many[0] < (few[1] - few[0]) / 4


def test_levels_are_nested() -> None:
    scorer = coin(200)
    narrow, wide = recall(scorer.result(ci=0.5)), recall(scorer.result(ci=0.99))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_same_seed_same_intervals() -> None:
    scorer = coin(100)
    assert scorer.result(seed=3) == scorer.result(seed=3)
    assert scorer.result(seed=3) != scorer.result(seed=4)


def test_level_zero_means_no_intervals() -> None:
    scores = coin(10).result(ci=0.0)
    assert scores.schemes["strict"].micro.ci == {}
    assert scores.characters.ci == {}


def test_every_rate_has_an_interval() -> None:
    scores = coin(60).result(beta=(1, 2))
    for scheme in scores.schemes.values():
        for row in (scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()):
            assert list(row.ci) == list(row.rates) == ["precision", "recall", "f1", "f2"]
    blind = [scores.rows[f"label_blind.{each}"] for each in ("exact", "overlap", "documents")]
    for row in (
        scores.characters,
        *blind,
        scores.mentions.overall,
        *scores.mentions.labels.values(),
    ):
        assert row.ci.keys() == row.rates.keys() != set()
    assert scores.documents_without_pii.ci == {"false_alarm_rate": (0.0, 0.0)}


def test_macro_of_rare_labels_is_not_biased_by_their_absence() -> None:
    # every label in one document of its own, all found: a resample that misses labels is perfect
    scorer = Scorer()
    for index in range(20):
        span = Span(0, 4, f"L{index}")
        scorer.add([span], [span])
    macro = scorer.result().schemes["strict"].macro
    assert macro.ci["f1"] == (1.0, 1.0)


def test_a_label_that_is_never_predicted_stays_in_the_macro_of_resamples() -> None:
    scorer = Scorer()
    for _ in range(30):
        scorer.add([Span(0, 4, "A"), Span(6, 9, "B")], [Span(0, 4, "A")])
    macro = scorer.result().schemes["strict"].macro
    assert macro.ci["recall"] == macro.ci["precision"] == (0.5, 0.5)


def test_resamples_without_documents_without_pii_say_nothing_about_them() -> None:
    scorer = Scorer()
    scorer.add([], [Span(0, 4, "A")])
    for _ in range(3):
        scorer.add([Span(0, 4, "A")], [])
    assert scorer.result().documents_without_pii.ci == {"false_alarm_rate": (1.0, 1.0)}


def test_plain_data_needs_no_widening() -> None:
    low, high = recall(coin(300).result(ci=0.8))
    share = coin(300).result(ci=0.0).schemes["strict"].micro.rates["recall"]
    assert low < share < high
