"""What a range test makes of losses."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.training.lr_range import judged, lr_range, rate_of_step, store

STEPS = 100
RATES = [rate_of_step(step, STEPS, 1e-6, 1e-1) for step in range(STEPS)]


def valley(bottom: float) -> list[float]:
    """A loss that falls to its lowest at a rate, and runs away beyond it."""
    return [2 + (math.log10(rate / bottom) ** 2 if rate > 1e-5 else 9) for rate in RATES]


def test_rates_rise_exponentially_between_the_ends() -> None:
    assert RATES[0] == pytest.approx(1e-6)
    assert RATES[-1] == pytest.approx(1e-1)
    ratios = [after / before for before, after in pairwise(RATES)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))


@pytest.mark.parametrize("bottom", [3e-4, 1e-3, 3e-3])
def test_the_suggestion_falls_and_stays_below_the_lowest(bottom: float) -> None:
    result = judged(RATES, valley(bottom))
    lowest = result.rates[result.smoothed.index(min(result.smoothed))]
    assert 1e-6 < result.suggestion <= lowest / 10 * 1.0001


def test_divergence_is_seen_and_what_follows_is_left_out() -> None:
    losses = valley(1e-3)
    losses[80:] = [math.nan] * 20
    result = judged(RATES, losses)
    assert result.diverged_at == RATES[80]
    assert len(result.rates) == len(result.losses) == len(result.smoothed) == 80
    losses[70:] = [1e6] * 30
    assert judged(RATES, losses).diverged_at == RATES[70]


@pytest.mark.parametrize(
    "losses", [[math.nan] * STEPS, [float(step) for step in range(1, STEPS + 1)], [3.0] * STEPS]
)
def test_nothing_to_suggest(losses: list[float]) -> None:
    with pytest.raises(UsageError):
        judged(RATES, losses)


def test_the_plot_is_an_svg_without_a_date(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = judged(RATES, valley(1e-3))
    store(result, tmp_path)
    text = (tmp_path / "lr_range.svg").read_text("utf-8")
    assert "<svg" in text
    assert "dc:date" not in text


@pytest.mark.parametrize("settings", [{"low": 0.0}, {"low": 1.0, "high": 0.1}, {"steps": 3}])
def test_ranges_that_cannot_be(settings: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        lr_range(tmp_path / "r.yaml", **settings)
