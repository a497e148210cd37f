"""Tasks of Label Studio."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pii_sft.converters import WRITERS
from tests.contracts.test_writers import DOCUMENTS, manifest
from tests.converters.writers.writing import written


@pytest.mark.parametrize(
    ("writer", "role"),
    [("label_studio", "annotations"), ("label_studio_predictions", "predictions")],
)
def test_label_studio_counts_utf_16_units(writer: str, role: str, tmp_path: Path) -> None:
    folder = written(WRITERS.get(writer), tmp_path, DOCUMENTS)
    tasks = json.loads((folder / "documents.json").read_text("utf-8"))
    assert [task["data"]["id"] for task in tasks] == [each.id for each in DOCUMENTS]
    for task, document in zip(tasks, DOCUMENTS, strict=True):
        text = task["data"]["text"]
        assert text == document.text
        units = text.encode("utf-16-le")
        (entry,) = task[role]
        assert len(entry["result"]) == len(document.spans)
        for result, span in zip(entry["result"], document.spans, strict=True):
            value = result["value"]
            surface = units[2 * value["start"] : 2 * value["end"]].decode("utf-16-le")
            assert surface == value["text"] == document.surface(span)
            assert value["labels"] == [span.label]
    config = ET.fromstring((folder / "label_config.xml").read_text("utf-8"))
    assert [each.get("value") for each in config.iter("Label")] == [
        each.name for each in manifest().labels
    ]


def test_no_task_is_an_empty_array(tmp_path: Path) -> None:
    folder = written(WRITERS.get("label_studio"), tmp_path, [])
    assert json.loads((folder / "documents.json").read_text("utf-8")) == []
