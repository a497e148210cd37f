"""Samples of presidio-research."""

from __future__ import annotations

import json
from pathlib import Path

from pii_sft.converters import WRITERS
from tests.contracts.test_writers import DOCUMENTS
from tests.converters.writers.writing import written


def test_presidio_spans_hold_their_values(tmp_path: Path) -> None:
    folder = written(WRITERS.get("presidio"), tmp_path, DOCUMENTS)
    samples = json.loads((folder / "documents.json").read_text("utf-8"))
    assert [sample["metadata"]["id"] for sample in samples] == [each.id for each in DOCUMENTS]
    for sample, document in zip(samples, DOCUMENTS, strict=True):
        assert sample["full_text"] == document.text
        assert sample["template_id"] == document.meta.get("group")
        assert [
            (each["start_position"], each["end_position"], each["entity_type"])
            for each in sample["spans"]
        ] == [(span.start, span.end, span.label) for span in document.spans]
        for each in sample["spans"]:
            place = slice(each["start_position"], each["end_position"])
            assert document.text[place] == each["entity_value"]
    assert samples[0]["masked"] == "{{PERSON}} 😀 met Ann Lee."
    assert samples[-1]["masked"] == "{{PERSON}}"


def test_no_sample_is_an_empty_array(tmp_path: Path) -> None:
    folder = written(WRITERS.get("presidio"), tmp_path, [])
    assert json.loads((folder / "documents.json").read_text("utf-8")) == []
