"""Calibration curves."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.inference.calibration import Calibration, log_odds
from pii_sft.inference.tuning.fit_calibration import Judged, fit_calibration


def judged(count: int, seed: int, factor: float) -> list[Judged]:
    random_ = random.Random(seed)
    found = []
    for number in range(count):
        odds = random_.gauss(0.5, 1.5)
        right = random_.random() < Calibration("temperature").confidence(
            Calibration("temperature", 1.0, odds).confidence(0.5)
        )
        found.append(
            Judged(
                Calibration("temperature", factor).confidence(
                    Calibration("temperature", 1.0, odds).confidence(0.5)
                ),
                right,
                number,
            )
        )
    return found


def error(curve: Calibration, cases: list[Judged]) -> float:
    """Expected calibration error in ten bins."""
    bins: dict[int, list[float]] = {}
    for each in cases:
        confidence = curve.confidence(each.score)
        bins.setdefault(min(9, int(confidence * 10)), []).append(confidence - each.right)
    return sum(abs(sum(each)) for each in bins.values()) / len(cases)


@pytest.mark.parametrize("count", [150, 1500])
def test_an_overconfident_model_is_calibrated_on_other_documents(count: int) -> None:
    held_out = judged(3000, 2, 3.0)
    curve = fit_calibration(judged(count, 1, 3.0))
    assert error(Calibration(), held_out) > 0.12
    assert error(curve, held_out) < 0.05


def test_few_entities_get_the_curve_of_two_numbers() -> None:
    curve = fit_calibration(judged(150, 1, 3.0))
    assert curve.method == "temperature"
    assert curve.slope == pytest.approx(1 / 3, abs=0.12)


def test_nothing_is_fitted_where_all_are_right() -> None:
    assert fit_calibration([Judged(0.9, True, 1), Judged(0.5, True, 2)]) == Calibration()
    assert fit_calibration([]) == Calibration()


def test_scores_that_say_the_opposite_do_not_turn_the_ranking_round() -> None:
    curve = fit_calibration(
        [Judged(0.9, n % 9 == 0, n) for n in range(60)]
        + [Judged(0.1, n % 9 != 0, n) for n in range(60)]
    )
    assert curve.confidence(0.9) >= curve.confidence(0.1)


@given(
    scores=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=200),
    often=st.sampled_from([1, 10]),  # a thousand entities may get the isotonic curve
    seed=st.integers(0, 99),
    threshold=st.floats(0, 1),
)
def test_curves_rise_and_thresholds_go_both_ways(
    scores: list[float], often: int, seed: int, threshold: float
) -> None:
    random_ = random.Random(seed)
    curve = fit_calibration(
        [Judged(each, random_.random() < each, at) for at, each in enumerate(scores * often)]
    )
    ordered = [curve.confidence(number / 50) for number in range(51)]
    assert ordered == sorted(ordered)
    assert all(0 <= each <= 1 for each in ordered)
    least = curve.least_score(threshold)
    for score in scores:
        if score >= least:
            assert curve.confidence(score) >= threshold - 1e-9
        else:
            assert curve.confidence(score) <= threshold + 1e-9


def test_log_odds_are_finite() -> None:
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0))
