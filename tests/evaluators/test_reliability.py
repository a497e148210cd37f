"""Confidences against how often predictions are right."""

from __future__ import annotations

import random

import pytest

from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.evaluators.reliability import Confidences
from pii_sft.spans import Document, Span

A, B, C = Span(0, 3, "X"), Span(4, 7, "X"), Span(8, 9, "Y")


def test_the_error_is_the_weighted_difference_of_the_bins() -> None:
    """Bins .9 (two, one right) and .2 (one, wrong): (2 |.95 - .5| + 1 |.25 - 0|) / 3."""
    pairs = [(Document("d", "abc def g", (A, C)), Prediction((A, B, C), (0.92, 0.98, 0.25)))]
    found = evaluate_pairs([(pairs[0][0].replaced(spans=(A,)), pairs[0][1])], ci=0.0).reliability
    assert found is not None
    assert found.predictions == 3
    assert found.error == pytest.approx((2 * 0.45 + 0.25) / 3)
    assert found.brier == pytest.approx((0.08**2 + 0.98**2 + 0.25**2) / 3)
    assert [each.predictions for each in found.bins] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 2]


def test_a_gold_span_is_right_once() -> None:
    pairs = [(Document("d", "abc", (A,)), Prediction((A, A), (0.5, 0.5)))]
    found = evaluate_pairs(pairs, ci=0.0).reliability
    assert found is not None
    assert found.bins[5].right == 0.5


def test_predictions_without_confidence_are_left_out() -> None:
    pairs = [(Document("d", "abc def", (A,)), Prediction((A, B), (1.0, None)))]
    report = evaluate_pairs(pairs, ci=0.0)
    assert report.reliability is not None
    assert (report.reliability.predictions, report.reliability.error) == (1, 0.0)
    assert report.to_dict()["reliability"]["predictions"] == 1


def test_no_confidence_no_error() -> None:
    report = evaluate_pairs([(Document("d", "abc", (A,)), Prediction((A,)))], ci=0.0)
    assert report.reliability is None
    assert report.to_dict()["reliability"] is None


def test_honest_confidences_are_off_by_chance() -> None:
    """The mean error of 400 honest models on 240 predictions, against what is said of one."""
    draw = random.Random(5)
    spans = tuple(Span(at, at + 1, "X") for at in range(240))
    scores = tuple(draw.choice((0.15, 0.45, 0.75, 0.95)) for _ in spans)
    errors, said = [], set()
    for _ in range(400):
        confidences = Confidences()
        gold = [each for each, score in zip(spans, scores, strict=True) if draw.random() < score]
        confidences.add(gold, Prediction(spans, scores))
        found = confidences.result()
        assert found is not None
        errors.append(found.error)
        said.add(found.by_chance)
    assert len(said) == 1
    assert said.pop() == pytest.approx(sum(errors) / len(errors), rel=0.1)
