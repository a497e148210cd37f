"""CLUENER2020."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.readers.cluener import READER
from pii_sft.spans import Document

GOOD = {"text": "王小明来了", "label": {"name": {"王小明": [[0, 2]]}}}


def read(folder: Path, *rows: Any) -> list[Any]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return list(READER.read(path))


def test_last_offset_is_included(tmp_path: Path) -> None:
    row = {
        "id": 3,
        "text": "👩‍👩‍👧Zoë 王小明",
        "label": {
            "name": {"Zoë": [[5, 7]], "王小明": [[9, 11]]},
            "first": {"Zoë": [[5, 7]]},
            "no": None,
            "nor": {"Zoë": None},
        },
        "language": "zh",
    }
    document, note = read(tmp_path, row)
    assert [(document.surface(span), span.label) for span in document.spans] == [
        ("Zoë", "first"),
        ("Zoë", "name"),
        ("王小明", "name"),
    ]
    assert (document.id, document.meta) == ("3", {"language": "zh"})
    assert note.text.startswith("offsets count code points, ends included (verified on 3 spans")


def test_a_file_with_excluded_ends_is_read_as_such(tmp_path: Path) -> None:
    rows = [{"text": "王小明来了", "label": {"name": {"王小明": [[0, 3]]}}}] * 3
    *documents, note = read(tmp_path, *rows)
    assert [document.surface(document.spans[0]) for document in documents] == ["王小明"] * 3
    assert "ends excluded" in note.text


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"id": 0, "text": "王小明"}, "not annotated"),
        ({"text": "王小明", "label": None}, "not annotated"),
        ({"text": "王小明", "label": []}, "not annotated"),
        ({"id": 0, "label": {"name": {}}}, "no text"),
        ({"text": "王小明", "label": {"name": ["王小明"]}}, "wrong shape"),
        ({"text": "王小明", "label": {"name": {"王小明": [0, 2]}}}, "wrong shape"),
        ({"text": "王小明", "label": {"name": {"王小明": [[0]]}}}, "wrong shape"),
        ({"text": "王小明", "label": {"name": {"王小明": [["x", 2]]}}}, "offsets"),
        ({"text": "王小明", "label": {"name": {"王小明": [[0, 1]]}}}, "offsets"),
        ({"text": "王小明", "label": {"name": {"王小明": [[1, 9]]}}}, "offsets"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    made = read(tmp_path, GOOD, GOOD, row)
    (problem,) = (each for each in made if isinstance(each, Rejected))
    assert (problem.problem.kind, problem.problem.line) == (kind, 3)
    assert "王" not in problem.problem.reason
    assert len([each for each in made if isinstance(each, Document)]) == 2


@pytest.mark.parametrize(
    ("rows", "certainty"),
    [
        ([GOOD], CERTAIN),
        ([{"text": "a", "label": {}}, GOOD], CERTAIN),
        ([{"text": "a", "label": {}}], POSSIBLE),
        ([{"text": "a", "label": {"name": ["x"]}}], 0),
        ([{"text": "a", "label": {"name": {"x": "y"}}}], 0),
        ([{"text": "a", "label": [[0, 1, "x"]]}], 0),
        ([{"text": "a"}], 0),
    ],
)
def test_sniff(rows: list[Any], certainty: float) -> None:
    content = "".join(json.dumps(row) + "\n" for row in rows)
    assert READER.sniff(Head(Path("rows"), content.encode())) == certainty


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "shapes_from_docs" / "cluener.jsonl"
    full, empty, note = READER.read(path)
    assert isinstance(full, Document)
    assert isinstance(empty, Document)
    assert [(each.start, each.end, each.label) for each in full.spans] == [
        (0, 3, "name"),
        (5, 8, "city"),
        (11, 22, "phone"),
        (23, 26, "name"),
    ]
    assert empty.spans == ()
    assert isinstance(note, Note)
    assert "verified on 4 spans" in note.text
