"""Tests of figures about texts."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from pii_sft.dataset.audit.checks.texts import spread


@pytest.mark.parametrize("count", [1, 2, 3, 20, 1000])
def test_percentiles_are_those_of_the_numbers_themselves(count: int) -> None:
    rng = random.Random(count)
    numbers = [rng.randrange(1, 300) for _ in range(count)]
    found = spread(Counter(numbers))
    points = np.percentile(numbers, (0, 5, 50, 95, 99, 100))
    names = ("min", "p5", "median", "p95", "p99", "max")
    assert [found[name] for name in names] == [round(float(each), 1) for each in points]
    assert found["mean"] == round(float(np.mean(numbers)), 1)
    assert sum(n for _, n in found["histogram"]) == count


def test_nothing_has_no_spread() -> None:
    assert spread(Counter()) == {}
