"""OneKE."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.oneke import READER
from pii_sft.spans import Document

GOOD = {"sentence": "😀 Ann met Ann", "entity_list": [{"name": "Ann", "type": "person"}]}


def read(folder: Path, *rows: Any, **options: str) -> list[Any]:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows))
    return list(configured(READER, options).read(path))


def test_names_are_located(tmp_path: Path) -> None:
    document, empty, note = read(tmp_path, GOOD, {"text": "Nobody", "entity_list": []})
    assert [(span.start, span.label) for span in document.spans] == [(2, "person"), (10, "person")]
    assert empty.spans == ()
    assert "1 stand in their text more often than they are listed, all are marked" in note.text
    assert len(read(tmp_path, GOOD, occurrences="first")[0].spans) == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"entity_list": [{"name": "Annie", "type": "person"}]}, "no text"),
        ({"sentence": "Annie"}, "not annotated"),
        ({"sentence": "Annie", "entity_list": {}}, "not annotated"),
        ({"sentence": "Annie", "entity_list": [{"name": "Bobby", "type": "x"}]}, "not in text"),
        ({"sentence": "Annie", "entity_list": [{"name": "Annie"}]}, "no label"),
        ({"sentence": "Annie", "entity_list": ["Annie"]}, "wrong shape"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    made = read(tmp_path, GOOD, row)
    (problem,) = (each for each in made if isinstance(each, Rejected))
    assert problem.problem.kind == kind
    assert "Annie" not in problem.problem.reason
    assert "Bobby" not in problem.problem.reason


def test_published_results_have_no_sentence(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "fixtures" / "oneke_results" / "NER.json"
    assert READER.sniff(Head(path, path.read_bytes())) > 0.9
    (problem,) = READER.read(path)
    assert isinstance(problem, Rejected)
    assert problem.problem.kind == "no text"
    entities = json.loads(path.read_text("utf-8"))["entity_list"]
    names = [entity["name"] for entity in entities]
    document, _ = read(tmp_path, {"sentence": " , ".join(names), "entity_list": entities})
    assert isinstance(document, Document)
    assert [document.surface(span) for span in document.spans] == names
