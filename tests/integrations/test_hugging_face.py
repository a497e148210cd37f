"""The shape of pipelines, out of a detector and back into scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft import Detector, evaluate
from pii_sft.integrations.hugging_face import TokenClassifier
from tests.inference.known_backend import known_run


@pytest.fixture
def classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenClassifier:
    return TokenClassifier(Detector.load(known_run(tmp_path, monkeypatch)))


def test_it_is_called_as_a_pipeline_is(classifier: TokenClassifier) -> None:
    (entity,) = classifier("Dear Ann")
    assert entity == {
        "entity_group": "PERSON",
        "score": pytest.approx(0.78, abs=0.01),
        "word": "Ann",
        "start": 5,
        "end": 8,
    }
    assert [len(each) for each in classifier(["Ann", "nobody", "Ann and Ann"])] == [1, 0, 2]


def test_its_results_are_scored_as_they_are(classifier: TokenClassifier) -> None:
    gold = [[(0, 3, "PERSON"), (8, 11, "PERSON")]]
    report = evaluate(gold, classifier(["Ann and Bob"]), ci=0.0).scores.schemes["strict"].micro
    assert (report.rates["precision"], report.rates["recall"]) == (1.0, 0.5)
