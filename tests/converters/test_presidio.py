"""presidio-research, also on the published files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Rejected
from pii_sft.converters.readers.presidio import READER
from pii_sft.spans import Document

GOOD = {
    "full_text": "Ann Lee 😀 in Rome",
    "spans": [
        {"entity_type": "GPE", "entity_value": "Rome", "start_position": 13, "end_position": 17},
        {"entity_type": "PERSON", "entity_value": "Ann", "start_position": 0, "end_position": 3},
    ],
}


def with_span(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "spans": [{**GOOD["spans"][0], **changes}]}


def read(record: Any, tmp_path: Path) -> Document | Rejected:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([record]))
    (made,) = READER.read(path)
    return made


def test_spans_come_in_any_order(tmp_path: Path) -> None:
    made = read(GOOD, tmp_path)
    assert isinstance(made, Document)
    assert [(made.surface(span), span.label) for span in made.spans] == [
        ("Ann", "PERSON"),
        ("Rome", "GPE"),
    ]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (with_span(start_position=12), "offsets"),
        (with_span(entity_value="rome"), "offsets"),
        (with_span(end_position=99), "offsets"),
        (with_span(start_position=-4), "offsets"),
        (with_span(start_position=5, end_position=5, entity_value=""), "offsets"),
        (with_span(entity_type=""), "no label"),
        (with_span(start_position="13"), "wrong shape"),
        (with_span(entity_type=None), "wrong shape"),
        ({"full_text": "Rome"}, "wrong shape"),
        ({"spans": []}, "wrong shape"),
        ({**GOOD, "spans": None}, "wrong shape"),
        ([GOOD], "wrong shape"),
    ],
)
def test_refused(record: Any, kind: str, tmp_path: Path) -> None:
    made = read(record, tmp_path)
    assert isinstance(made, Rejected)
    assert made.problem.kind == kind
    assert "ome" not in made.problem.reason


@pytest.mark.parametrize(
    ("name", "documents", "spans"),
    [("synth_dataset_v2.json", 1500, 2863), ("generated_large.json", 2109, 4055)],
)
def test_published_files(name: str, documents: int, spans: int, shared_data: Path) -> None:
    """Together the 6,918 spans that reference/formats.md counts."""
    path = shared_data / "presidio_research_en" / name
    made = list(READER.read(path))
    assert not [each for each in made if isinstance(each, Rejected)]
    assert len(made) == documents
    assert sum(len(each.spans) for each in made if isinstance(each, Document)) == spans
    with path.open("rb") as stream:
        assert READER.sniff(Head(path, stream.read(1 << 16))) > 0.9
