"""Nemotron-PII: Python literals, spans that do not match, names that repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.nemotron import READER
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, of_json, outcome

TEXT = "Mira 😀 O'Neill"
SPAN = {"start": 7, "end": 14, "text": "O'Neill", "label": "last_name"}


@pytest.mark.parametrize(
    "spans", [repr([SPAN]), [SPAN], '[{"start":7,"end":14,"label":"last_name"}]']
)
def test_spans_in_each_spelling(spans: Any, tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, {"text": TEXT, "spans": spans, "text_tagged": "cut"})
    assert (made.surfaces, made.labels) == ([["O'Neill"]], [["last_name"]])


def test_the_same_uid_twice(tmp_path: Path) -> None:
    row = {"uid": "a1", "text": TEXT, "spans": repr([SPAN]), "locale": "us", "domain": "d"}
    made = of_json(READER, tmp_path, row, {**row, "text": f"{TEXT}!"}, {**row, "uid": None})
    assert made.ids == ["rows-1", "rows-2", "rows-3"]
    assert made.documents[1].meta == {"locale": "us", "domain": "d", "group": "a1"}
    assert "group" not in made.documents[2].meta


def test_spans_that_do_not_match_go_to_quarantine(tmp_path: Path) -> None:
    good = {"text": TEXT, "spans": repr([SPAN])}
    bad = {"text": TEXT, "spans": repr([SPAN, {**SPAN, "start": 6}])}
    made = of_json(READER, tmp_path, good, bad, good)
    assert (made.ids, made.kinds) == (["rows-1", "rows-3"], ["offsets"])
    assert made.problems[0].id == "rows-2"
    assert "6-14 (last_name)" in made.problems[0].reason
    assert "Neill" not in made.problems[0].reason


def test_no_span_in_the_whole_file_is_said(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, *[{"text": TEXT, "spans": "[]"}] * 3)
    assert made.notes == ["no spans in 3 documents"]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"spans": "[]"}, "no text"),
        ({"text": TEXT}, "not annotated"),
        ({"text": TEXT, "spans": "None"}, "not annotated"),
        ({"text": TEXT, "spans": "[{'start': 7"}, "wrong shape"),
        ({"text": TEXT, "spans": "[{'start': 7, 'end': 14, 'text': \"O'Neill\"}]"}, "no label"),
        ({"text": TEXT, "spans": "[{'text': 'Mira', 'label': 'x'}]"}, "offsets"),
        ({"text": TEXT, "spans": "__import__('os')"}, "wrong shape"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    assert of_json(READER, tmp_path, record).kinds == [kind]


@pytest.mark.parametrize(
    ("record", "least", "most"),
    [
        ({"text": "a", "spans": "[]", "text_tagged": "a"}, 0.95, 1),
        ({"text": "a", "spans": [], "text_tagged": "a"}, 0.95, 1),
        ({"text": "a", "spans": "[]"}, 0.7, 0.9),
        ({"text": "a", "spans": []}, 0, 0),
        ({"spans": "[]"}, 0, 0),
    ],
)
def test_sniff(record: dict[str, Any], least: float, most: float, tmp_path: Path) -> None:
    of_json(READER, tmp_path, record)
    assert least <= READER.sniff(read_head(tmp_path / "rows.json")) <= most


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/nemotron_pii.jsonl"
    made = outcome(READER, path)
    assert made.problems == []
    assert made.documents[0].text == SAMPLE
    assert made.surfaces == [SAMPLE_SURFACES]
    assert made.labels == [["givenname", "surname", "email", "phone"]]
