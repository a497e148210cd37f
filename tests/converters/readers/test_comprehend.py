"""Answers of Comprehend of AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.comprehend import READER as COMPREHEND
from tests.converters.reading import (
    as_documented,
    beside,
)

TEXT = "é 😀 Mira Quell"


def comprehend(begin: int, end: int, text: str | None = None) -> dict[str, Any]:
    return {"Type": "NAME", "BeginOffset": begin, "EndOffset": end, "Score": 0.9, "Text": text}


def test_comprehend_with_strings(tmp_path: Path) -> None:
    made = beside(COMPREHEND, tmp_path, {"Entities": [comprehend(5, 9, "Mira")]}, TEXT)
    assert made.surfaces == [["Mira"]]
    assert "UTF-16 units, ends excluded (verified on 1 span)" in made.notes[1]
    wrong = beside(COMPREHEND, tmp_path, {"Entities": [comprehend(5, 9, "Mona")]}, TEXT)
    assert wrong.kinds == ["offsets"]


def test_batches_of_comprehend(tmp_path: Path) -> None:
    batch = {"ResultList": [{"Index": 0, "Entities": [comprehend(4, 8)]}, {"Entities": []}]}
    made = beside(COMPREHEND, tmp_path, batch, TEXT, "nothing")
    assert (made.ids, made.surfaces) == (["1", "2"], [["Mira"], []])
    failed = beside(COMPREHEND, tmp_path, {**batch, "ErrorList": [{"Index": 1}]}, TEXT, "nothing")
    assert (failed.kinds, failed.documents) == (["not annotated"], [])


@pytest.mark.parametrize(
    ("value", "sure"),
    [
        ({"Entities": [comprehend(4, 8)]}, True),
        ({"Entities": []}, True),
        ({"ResultList": [{"Entities": []}]}, True),
        ({"File": "a", "ErrorCode": "X"}, True),
        ({"Entities": [{"Type": "A"}]}, False),
        ({"Entities": [7]}, False),
        ({"Entities": "x"}, False),
        ({"Labels": []}, False),
        ({"ResultList": []}, False),
    ],
)
def test_sniff_of_comprehend(value: Any, sure: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    assert (COMPREHEND.sniff(read_head(path)) > 0.9) == sure


def test_documented_shape(shared_data: Path, tmp_path: Path) -> None:
    as_documented(COMPREHEND, "aws_comprehend_detect_pii", "code points", shared_data, tmp_path)
