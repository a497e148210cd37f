"""Rules scored without a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.inference.rules_alone import measure_rules
from tests.conftest import Program

STRUCTURED = ("CREDIT_CARD", "PHONE_NUMBER", "EMAIL_ADDRESS", "IBAN_CODE", "US_SSN", "IP_ADDRESS")


def test_the_program_scores_and_predicts(pii_sft: Program, tmp_path: Path) -> None:
    row = {
        "id": "d1",
        "text": "Ann writes from ann@x.org, not a@b",
        "spans": [
            {"start": 0, "end": 3, "label": "PERSON"},
            {"start": 16, "end": 25, "label": "EMAIL"},
        ],
    }
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    scored = pii_sft("rules", "--rules", "network", "--data", data, "--json", "-")
    assert json.loads(scored.stdout)["schemes"]["strict"]["micro"]["recall"] == 1.0
    assert "PERSON" not in scored.stdout
    out = tmp_path / "found.jsonl"
    assert pii_sft("rules", "--rules", "network", "--data", data, "--out", out).returncode == 0
    (written,) = out.read_text().splitlines()
    assert json.loads(written)["spans"] == [
        {"start": 16, "end": 25, "label": "EMAIL", "score": None, "source": "rule:EMAIL"}
    ]


def test_rows_are_for_their_texts_alone(pii_sft: Program, tmp_path: Path) -> None:
    for name, text in (("one", "ann@example.org wrote"), ("two", "Bob wrote to ann@example.org")):
        row = {"id": "a", "text": text, "spans": []}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    assert pii_sft("rules", "--data", "one.jsonl", "--out", "p.jsonl").returncode == 0
    words = ("redact", "--pred", "p.jsonl", "--out", "-", "--data")
    assert pii_sft(*words, "one.jsonl").returncode == 0
    refused = pii_sft(*words, "two.jsonl")
    assert refused.returncode == 2
    assert "another text" in refused.stderr


def test_predictions_go_by_the_labels_of_the_data_set_around(
    pii_sft: Program, tmp_path: Path
) -> None:
    text = "Write to ann@x.org"
    row = {"id": "d1", "text": text, "spans": [{"start": 9, "end": 18, "label": "E_MAIL"}]}
    (tmp_path / "data.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert pii_sft("convert", "data.jsonl", "--split", "off").returncode == 0
    gold = next((tmp_path / "data/pii/gold").iterdir())
    done = pii_sft("rules", "--rules", "network", "--data", gold, "--out", "found.jsonl")
    assert done.returncode == 0, done.stderr
    (span,) = json.loads((tmp_path / "found.jsonl").read_text())["spans"]
    assert span["label"] == "E_MAIL"


@pytest.mark.slow
def test_structured_labels_of_real_data(shared_data: Path) -> None:
    found = measure_rules("builtin", shared_data / "presidio_research_en/synth_dataset_v2.json")
    rows = found.report.scores.schemes["strict"].labels
    for label in STRUCTURED:
        assert rows[label].rates["recall"] >= 0.95
        assert rows[label].rates["precision"] >= 0.95
