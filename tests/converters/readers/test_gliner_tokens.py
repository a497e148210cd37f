"""GLiNER training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.gliner_tokens import READER
from pii_sft.spans import Document

GOOD = {"tokenized_text": ["Hi", "Annie", "Lee"], "ner": [[1, 2, "person"]]}


def read(folder: Path, *rows: Any, **options: str) -> list[Any]:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows))
    return list(configured(READER, options).read(path))


def test_both_ends_are_included(tmp_path: Path) -> None:
    document, note = read(tmp_path, {**GOOD, "ner": [[1, 1, "first"], [1, 2, "person"]]})
    assert [(document.surface(span), span.label) for span in document.spans] == [
        ("Annie Lee", "person"),
        ("Annie", "first"),
    ]
    assert "1 texts rebuilt from words" in note.text


def test_join(tmp_path: Path) -> None:
    row = {"tokenized_text": ["王小明", "来", "了"], "ner": [[0, 0, "人"]]}
    assert read(tmp_path, row)[0].text == "王小明来了"
    assert read(tmp_path, row, join="space")[0].text == "王小明 来 了"


def test_meta(tmp_path: Path) -> None:
    row = {**GOOD, "id": 5, "ner_negatives": ["city"], "language": "en"}
    document = read(tmp_path, row)[0]
    assert document.id == "5"
    assert document.meta == {"text": "rebuilt", "language": "en", "negative_labels": ["city"]}


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({**GOOD, "ner": None}, "not annotated"),
        ({"tokenized_text": ["Annie"]}, "not annotated"),
        ({**GOOD, "ner": [[1, 3, "person"]]}, "offsets"),
        ({**GOOD, "ner": [[2, 1, "person"]]}, "offsets"),
        ({**GOOD, "ner": [[-1, 1, "person"]]}, "offsets"),
        ({**GOOD, "ner": [["x", 1, "person"]]}, "offsets"),
        ({**GOOD, "ner": [[1, 2, ""]]}, "no label"),
        ({**GOOD, "ner": [[1, 2]]}, "wrong shape"),
        ({**GOOD, "ner": [[1, 2, 3]]}, "wrong shape"),
        ({**GOOD, "ner": ["Annie"]}, "wrong shape"),
        ({**GOOD, "tokenized_text": "Annie Lee"}, "no text"),
        ({**GOOD, "tokenized_text": []}, "no text"),
        ({**GOOD, "tokenized_text": ["Annie", None]}, "no text"),
        ("Annie", "wrong shape"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    good, bad, _ = read(tmp_path, GOOD, row)
    assert isinstance(good, Document)
    assert isinstance(bad, Rejected)
    assert bad.problem.kind == kind
    assert "Annie" not in bad.problem.reason


def test_published(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "gliner_json" / "sample_data.json"
    made = [each for each in READER.read(path) if not isinstance(each, Note)]
    rows = json.loads(path.read_text("utf-8"))
    assert len(made) == len(rows) == 64
    for document, row in zip(made, rows, strict=True):
        assert isinstance(document, Document)
        tokens = row["tokenized_text"]
        assert document.text == " ".join(tokens)
        expected = {(" ".join(tokens[a : b + 1]), label) for a, b, label in row["ner"]}
        assert {(document.surface(span), span.label) for span in document.spans} == expected
        starts = {(len(" ".join([*tokens[:a], ""])), b - a) for a, b, _ in row["ner"]}
        assert {span.start for span in document.spans} == {start for start, _ in starts}
        assert len(document.spans) == len({tuple(entity) for entity in row["ner"]})
    assert READER.sniff(Head(path, path.read_bytes())) > 0.9
