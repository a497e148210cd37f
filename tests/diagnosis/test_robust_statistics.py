"""Statistics of curves, against those of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pii_sft.diagnosis.robust_statistics import trend


@pytest.mark.parametrize("slope", [0.0, 0.02, -0.1, 1.0])
def test_the_test_for_a_trend_is_kendalls(slope: float) -> None:
    """Kendall's tau against time, without ties, but for the correction of continuity."""
    values = np.random.default_rng(5).normal(size=60) + slope * np.arange(60)
    count = len(values)
    signs = stats.kendalltau(np.arange(count), values).statistic * count * (count - 1) / 2
    deviation = np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    expected = 2 * stats.norm.sf((abs(signs) - 1) / deviation)
    assert trend(values) == pytest.approx(expected, rel=1e-9)
