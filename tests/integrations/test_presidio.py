"""The recognizer in a real `AnalyzerEngine`, beside Presidio's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft import Detector, evaluate
from tests.inference.known_backend import known_run

presidio = pytest.importorskip("presidio_analyzer")

TEXT = "Ann wrote to bo@example.org, Bob did not."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return known_run(tmp_path, monkeypatch)


def engine_with(*recognizers: Any) -> Any:
    """An engine without any language model, with Presidio's recognizer of addresses of mail."""
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    nlp_engine = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    registry = presidio.RecognizerRegistry(supported_languages=["en"])
    for each in (EmailRecognizer(supported_language="en"), *recognizers):
        registry.add_recognizer(each)
    return presidio.AnalyzerEngine(
        registry=registry, nlp_engine=nlp_engine, supported_languages=["en"]
    )


def found(engine: Any, **more: Any) -> list[tuple[str, str]]:
    results = engine.analyze(TEXT, language="en", **more)
    return sorted((each.entity_type, TEXT[each.start : each.end]) for each in results)


def test_the_engine_asks_both(run: Path) -> None:
    from pii_sft.integrations.presidio import PiiSftRecognizer

    engine = engine_with(PiiSftRecognizer(run))
    assert found(engine) == [("EMAIL_ADDRESS", "bo@example.org"), ("PERSON", "Ann")]
    assert found(engine, entities=["PERSON"]) == [("PERSON", "Ann")]
    assert found(engine, entities=["EMAIL_ADDRESS"]) == [("EMAIL_ADDRESS", "bo@example.org")]
    assert found(engine, allow_list=["Ann"]) == [("EMAIL_ADDRESS", "bo@example.org")]
    assert {"PERSON", "EMAIL_ADDRESS"} <= set(engine.get_supported_entities("en"))


def test_scores_and_sources_are_presidios(run: Path) -> None:
    from pii_sft.integrations.presidio import PiiSftRecognizer

    engine = engine_with(PiiSftRecognizer(run))
    person, _ = sorted(
        engine.analyze(TEXT, language="en", return_decision_process=True),
        key=lambda each: each.start,
    )
    assert person.analysis_explanation.recognizer == "PiiSftRecognizer"
    assert person.analysis_explanation.original_score == person.score
    assert found(engine, score_threshold=person.score + 0.01) == [
        ("EMAIL_ADDRESS", "bo@example.org")
    ]


def test_a_detector_is_shared_and_its_settings_given(run: Path) -> None:
    from pii_sft.integrations.presidio import PiiSftRecognizer

    shared = Detector.load(run, recall_bias=2.5)
    engine = engine_with(PiiSftRecognizer(shared))
    expected = [("EMAIL_ADDRESS", "bo@example.org"), ("PERSON", "Ann"), ("PERSON", "Bob")]
    assert found(engine) == expected
    assert found(engine_with(PiiSftRecognizer(run, recall_bias=2.5))) == expected


def test_what_the_engine_finds_is_scored_as_it_is(run: Path) -> None:
    from pii_sft.integrations.presidio import PiiSftRecognizer

    results = engine_with(PiiSftRecognizer(run)).analyze(TEXT, language="en")
    gold = [(0, 3, "PERSON"), (13, 27, "EMAIL_ADDRESS"), (29, 32, "PERSON")]
    report = evaluate([gold], [results], ci=0.0).scores.schemes["strict"].micro
    assert (report.rates["precision"], report.counts["missed"]) == (1.0, 1)
