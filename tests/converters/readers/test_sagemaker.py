"""Manifests of SageMaker Ground Truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.sagemaker import READER as SAGEMAKER
from tests.converters.reading import (
    SAMPLE,
    SAMPLE_SURFACES,
    of_json,
    outcome,
)

TEXT = "é 😀 Mira Quell"


def labelled(*entities: Any, job: str = "pii", **more: Any) -> dict[str, Any]:
    return {
        "source": TEXT,
        job: {"annotations": {"entities": list(entities), "labels": []}},
        f"{job}-metadata": {"human-annotated": "yes", "annotations": {"entities": []}},
        **more,
    }


NAME = {"startOffset": 4, "endOffset": 8, "label": "NAME"}


def test_ground_truth(tmp_path: Path) -> None:
    made = of_json(SAGEMAKER, tmp_path, labelled(NAME), labelled(), array=False)
    assert (made.surfaces, made.labels) == ([["Mira"], []], [["NAME"], []])
    assert SAGEMAKER.sniff(read_head(tmp_path / "rows.json")) > 0.9


def test_several_jobs(tmp_path: Path) -> None:
    line = labelled(NAME, second={"annotations": {"entities": []}})
    assert of_json(SAGEMAKER, tmp_path, line).kinds == ["several jobs"]
    for job, surfaces in (("pii", ["Mira"]), ("second", [])):
        chosen = configured(SAGEMAKER, {"job": job})
        assert of_json(chosen, tmp_path, line).surfaces == [surfaces]
    assert of_json(configured(SAGEMAKER, {"job": "x"}), tmp_path, line).kinds == ["not annotated"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"source": TEXT}, "not annotated"),
        ({"source": TEXT, "pii-metadata": {"failure-reason": "x"}}, "not annotated"),
        ({"source-ref": "s3://x", "pii": {"annotations": {"entities": []}}}, "no text"),
        ({"pii": {"annotations": {"entities": []}}}, "no text"),
        (labelled({**NAME, "endOffset": 99}), "offsets"),
        (labelled({"label": "NAME", "text": "Mira"}), "offsets"),
        (labelled({**NAME, "label": None}), "no label"),
    ],
)
def test_ground_truth_refused(line: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(SAGEMAKER, tmp_path, line)
    assert (made.kinds, made.problems[0].id) == ([kind], "rows-1")


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/sagemaker_ground_truth_ner.manifest"
    made = outcome(SAGEMAKER, path)
    assert made.documents[0].text == SAMPLE
    assert (made.surfaces, made.problems) == ([SAMPLE_SURFACES], [])
    assert SAGEMAKER.sniff(read_head(path)) > 0.9
