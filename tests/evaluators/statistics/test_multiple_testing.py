"""Corrections of p-values for several tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pii_sft.evaluators.statistics.multiple_testing import benjamini_hochberg, holm


@pytest.mark.parametrize(
    ("p_values", "by_holm", "by_bh"),
    [
        ([], [], []),
        ([0.02], [0.02], [0.02]),
        # statsmodels.stats.multitest.multipletests and R's p.adjust give these
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02], [0.02, 0.04, 0.04, 0.02]),
        ([0.5, 0.5, 0.9], [1.0, 1.0, 1.0], [0.75, 0.75, 0.9]),
    ],
)
def test_corrections(p_values: list[float], by_holm: list[float], by_bh: list[float]) -> None:
    assert holm(p_values) == pytest.approx(by_holm)
    assert benjamini_hochberg(p_values) == pytest.approx(by_bh)


def test_bh_is_that_of_scipy() -> None:
    p_values = np.random.default_rng(1).random(30)
    expected = stats.false_discovery_control(p_values)
    assert benjamini_hochberg(p_values.tolist()) == pytest.approx(expected.tolist())
