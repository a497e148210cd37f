"""presidio-research, also on the published files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.read_results import Rejected
from pii_sft.converters.readers.presidio import READER
from pii_sft.spans import Document, Span
from tests.converters.reading import of_json, outcome

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
    return next(iter(READER.read(path)))


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
        (with_span(start_position=5, end_position=5, entity_value=""), "wrong shape"),
        (with_span(entity_type=""), "wrong shape"),
        (with_span(start_position="1x"), "offsets"),
        (with_span(start_position=None, end_position=None), "offsets"),
        (with_span(entity_type=None), "no label"),
        (with_span(entity_type=7), "wrong shape"),
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


def test_numbers_may_be_strings(tmp_path: Path) -> None:
    made = read(with_span(start_position="13", end_position="17"), tmp_path)
    assert isinstance(made, Document)
    assert made.spans == (Span(13, 17, "GPE"),)


def test_utf_16_units_are_found_out(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, with_span(start_position=14, end_position=18))
    assert made.surfaces == [["Rome"]]
    assert made.notes == ["offsets count UTF-16 units, ends excluded (verified on 1 span)"]


def test_metadata(tmp_path: Path) -> None:
    """`metadata.id` is where our own writer puts the name of a document."""
    sample = {**GOOD, "template_id": 4, "metadata": {"id": "d7", "Gender": "female"}}
    made = of_json(READER, tmp_path, sample)
    assert made.ids == ["d7"]
    assert made.documents[0].meta == {"Gender": "female", "group": "4"}


@pytest.mark.parametrize(
    ("name", "documents", "spans"),
    [
        ("presidio_research_en/synth_dataset_v2.json", 1500, 2863),
        ("presidio_research_en/generated_large.json", 2109, 4055),
        ("fixtures/presidio_research/mock_input_samples.json", 2, 4),
    ],
)
def test_published_files(name: str, documents: int, spans: int, shared_data: Path) -> None:
    """Every span is where a plain second reading finds it."""
    path = shared_data / name
    made = outcome(READER, path)
    assert made.problems == []
    assert len(made.documents) == documents
    assert sum(len(each.spans) for each in made.documents) == spans
    assert made.notes[0].startswith(
        f"offsets count code points, ends excluded (verified on {spans} spans"
    )
    assert READER.sniff(read_head(path)) > 0.9
    for document, sample in zip(made.documents, json.loads(path.read_bytes()), strict=True):
        wanted = {
            (each["start_position"], each["entity_value"], each["entity_type"])
            for each in sample["spans"]
        }
        found = {(each.start, document.surface(each), each.label) for each in document.spans}
        assert (document.text, found) == (sample["full_text"], wanted)
