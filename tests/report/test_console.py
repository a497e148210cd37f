from __future__ import annotations

import pytest

from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.report.console import results
from pii_sft.report.scores import show_scores
from tests.conftest import annotated


def test_scores_fit_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        annotated(
            f"d{number}",
            f"Ann{number} met Bob in Rome.",
            (f"Ann{number}", "PERSON"),
            ("Bob", "A_LABEL_WITH_A_NAME_OF_USUAL_LENGTH"),
            ("Rome", "CITY"),
        )
        for number in range(12)
    ]
    pairs = [(each, Prediction(each.spans[: number % 4])) for number, each in enumerate(documents)]
    monkeypatch.setattr(results, "_width", 80)
    show_scores(evaluate_pairs(pairs), "predictions.jsonl")
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    for word in ("strict", "exact", "partial", "type", "CITY", "leaked", "false alarms", "missed"):
        assert word in printed
    assert "Ann1" not in printed
