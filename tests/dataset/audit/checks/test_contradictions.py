"""Predictions that contradict the annotation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.dataset.audit import AuditOptions
from pii_sft.errors import InputError
from tests.dataset.audit.planted import healthy, in_splits, one, run


def test_what_a_model_contradicts(tmp_path: Path) -> None:
    documents = in_splits(healthy())
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w") as stream:
        for document in documents:
            spans = [
                {"start": each.start, "end": each.end, "label": each.label, "score": 0.99}
                for each in document.spans
            ]
            if document.id == "d8":
                spans.append({"start": 0, "end": 5, "label": "PERSON", "score": 0.97})
            if document.id == "d20":
                spans.append({"start": 0, "end": 5, "label": "PERSON", "score": 0.3})
            if document.id == "d4":
                spans = spans[:1]
            stream.write(json.dumps({"id": document.id, "spans": spans}) + "\n")
    options = AuditOptions(near=False, predictions=(predictions,), confidence=0.9)
    found = run(tmp_path, documents, options)
    assert [each.place.id for each in found.suspects] == ["d8"]
    assert found.suspects[0].score == 0.97
    assert one(found, "in-fold-predictions").count == 180
    sure = AuditOptions(near=False, predictions=(predictions,), confidence=0.8, out_of_fold=True)
    everything = run(tmp_path, documents, sure)
    kinds = {each.place.id: each.kind for each in everything.suspects}
    assert kinds == {"d8": "predicted", "d4": "not_predicted"}


def test_predictions_of_other_texts_are_refused(tmp_path: Path) -> None:
    documents = healthy()
    predictions = tmp_path / "predictions.jsonl"
    rows = [{"id": each.id, "spans": [], "text_digest": each.text_digest} for each in documents]
    options = AuditOptions(near=False, predictions=(predictions,))
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(tmp_path, documents, options)
    rows[3]["text_digest"] = "0" * 16
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match=rf"{documents[3].id}\] was predicted with another text"):
        run(tmp_path, documents, options)
