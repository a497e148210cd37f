"""Imports and exports of Vertex AI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader import LIKELY
from pii_sft.converters.readers.vertex import READER as VERTEX
from tests.converters.reading import (
    SAMPLE,
    SAMPLE_SURFACES,
    of_json,
    outcome,
)

TEXT = "é 😀 Mira Quell"


SEGMENT = {"startOffset": 4, "endOffset": 8, "displayName": "NAME"}
OLD = {"text_extraction": {"text_segment": {"start_offset": 4, "end_offset": 8}}}


@pytest.mark.parametrize(
    "line",
    [
        {"textContent": TEXT, "textSegmentAnnotations": [SEGMENT]},
        {"text_snippet": {"content": TEXT}, "annotations": [{**OLD, "display_name": "NAME"}]},
    ],
)
def test_vertex(line: dict[str, Any], tmp_path: Path) -> None:
    made = of_json(VERTEX, tmp_path, line, array=False)
    assert (made.surfaces, made.labels) == ([["Mira"]], [["NAME"]])
    assert VERTEX.sniff(read_head(tmp_path / "rows.json")) >= LIKELY


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"textGcsUri": "gs://x", "textSegmentAnnotations": []}, "no text"),
        ({"textContent": "", "textSegmentAnnotations": []}, "no text"),
        ({"textContent": TEXT}, "not annotated"),
        ({"text_snippet": {"content": TEXT}}, "not annotated"),
        ({"text_snippet": {"content": TEXT}, "annotations": [{}]}, "wrong shape"),
        ({"textContent": TEXT, "textSegmentAnnotations": [{**SEGMENT, "endOffset": 0}]}, "offsets"),
        ({"textContent": TEXT, "textSegmentAnnotations": [{"displayName": "A"}]}, "wrong shape"),
    ],
)
def test_vertex_refused(line: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(VERTEX, tmp_path, line)
    assert made.kinds == [kind]
    assert "Mira" not in made.problems[0].reason


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/vertex_automl_ner.jsonl"
    made = outcome(VERTEX, path)
    assert made.documents[0].text == SAMPLE
    assert (made.surfaces, made.problems) == ([SAMPLE_SURFACES], [])
    assert VERTEX.sniff(read_head(path)) > 0.9
