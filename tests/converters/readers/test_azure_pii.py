"""Answers of Azure Language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.azure_pii import READER as AZURE
from tests.converters.reading import (
    as_documented,
    beside,
)

TEXT = "é 😀 Mira Quell"


def entity(offset: Any = 4, length: Any = 4, **changes: Any) -> dict[str, Any]:
    given = {"text": "Mira", "category": "Person", "offset": offset, "length": length}
    return {**given, "confidenceScore": 0.9, **changes}


def answer(*entities: Any, **changes: Any) -> dict[str, Any]:
    documents = [{"id": "1", "redactedText": "x", "entities": list(entities), "warnings": []}]
    results = {"documents": documents, "errors": [], "modelVersion": "x", **changes}
    return {"kind": "PiiEntityRecognitionResults", "results": results}


@pytest.mark.parametrize(
    ("text", "offset", "unit"),
    [
        ("e\u0301 😀 Mira", 4, "graphemes"),
        ("e\u0301 😀 Mira", 5, "code points"),
        ("e\u0301 😀 Mira", 6, "UTF-16 units"),
    ],
)
def test_units_of_azure(text: str, offset: int, unit: str, tmp_path: Path) -> None:
    made = beside(AZURE, tmp_path, answer(entity(offset)), text)
    assert made.surfaces == [["Mira"]]
    assert made.notes[1] == f"offsets count {unit}, ends excluded (verified on 1 span)"


@pytest.mark.parametrize(
    "value",
    [
        answer(entity()),
        answer(entity())["results"],
        answer(entity())["results"]["documents"],
        [{"id": "1", "redacted_text": "x", "entities": [entity()], "is_error": False}],
        {"tasks": {"items": [{**answer(entity()), "kind": "PiiEntityRecognitionLROResults"}]}},
    ],
)
def test_answers_of_azure(value: Any, tmp_path: Path) -> None:
    made = beside(AZURE, tmp_path, value, TEXT)
    assert (made.ids, made.surfaces, made.labels) == (["1"], [["Mira"]], [["Person"]])
    assert AZURE.sniff(read_head(tmp_path / "a.json")) > 0.9


@pytest.mark.parametrize(
    ("subcategory", "option", "label"),
    [
        ("Doctor", "category", "Person"),
        ("Doctor", "subcategory", "Doctor"),
        (None, "subcategory", "Person"),
    ],
)
def test_label_of_azure(subcategory: str | None, option: str, label: str, tmp_path: Path) -> None:
    value = answer(entity(subcategory=subcategory, type="Name"))
    assert beside(AZURE, tmp_path, value, TEXT, label=option).labels == [[label]]


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (answer(entity(category=None)), ["no label"]),
        (answer(entity(offset=None)), ["offsets"]),
        (answer(entity(length="x")), ["offsets"]),
        (answer(entity(offset=99)), ["offsets"]),
        (answer(entity(text="Mona")), ["offsets"]),
        (answer(7), ["no label"]),
        (answer(entity(), errors=[{"id": "2", "error": {}}]), ["not annotated"]),
        ([{"id": "1", "is_error": True, "error": {"code": "x"}}], ["not annotated"]),
        ({"results": {}}, ["wrong shape"]),
        ([7], ["wrong shape"]),
    ],
)
def test_azure_refused(value: Any, kinds: list[str], tmp_path: Path) -> None:
    made = beside(AZURE, tmp_path, value, TEXT)
    assert made.kinds == kinds
    assert not any(name in made.problems[0].reason for name in ("Mira", "Mona"))


def test_documents_of_azure_by_id(tmp_path: Path) -> None:
    documents = [
        {"id": "2", "redactedText": "x", "entities": [entity()]},
        {"id": "1", "redactedText": "x", "entities": []},
        {"id": "9", "redactedText": "x", "entities": []},
    ]
    made = beside(AZURE, tmp_path, answer(documents=documents), "nothing", TEXT)
    assert (made.ids, made.surfaces) == (["2", "1"], [["Mira"], []])
    assert (made.kinds, made.problems[0].id) == (["no text"], "9")


@pytest.mark.parametrize(
    ("name", "unit"),
    [("azure_language_pii", "graphemes"), ("azure_language_pii_utf16", "UTF-16 units")],
)
def test_documented_shape(name: str, unit: str, shared_data: Path, tmp_path: Path) -> None:
    as_documented(AZURE, name, unit, shared_data, tmp_path)
