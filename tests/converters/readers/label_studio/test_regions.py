"""Regions: their offsets, strings and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pii_sft.converters.readers.label_studio import READER
from pii_sft.converters.readers.label_studio.regions import read_regions
from pii_sft.spans import Span
from tests.converters.readers.label_studio.made import (
    ANN,
    LEE,
    TEXT,
    annotation,
    region,
    task,
)
from tests.converters.reading import of_json


def test_offsets_are_verified_on_the_text_of_the_region(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, task(annotation(ANN, LEE)))
    assert found.surfaces == [["Ann", "Lee"]]
    assert found.notes == ["offsets count UTF-16 units, ends excluded (verified on 2 spans)"]


def test_code_points_of_imported_annotations(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, task(annotation(ANN, region(6, 9, "Lee", "NAME"))))
    assert found.surfaces == [["Ann", "Lee"]]
    assert found.notes[0].startswith("offsets count code points, ends excluded (verified on 2")


def test_line_breaks_that_the_browser_counted_as_one(tmp_path: Path) -> None:
    text = "a\r\nb\r\n😀 Lee"
    found = of_json(
        READER, tmp_path, task(annotation(region(7, 10, "Lee", "NAME")), data={"text": text})
    )
    assert found.surfaces == [["Lee"]]
    assert "UTF-16 units, CRLF as one" in found.notes[0]


def test_white_space_that_the_browser_did_not_show(tmp_path: Path) -> None:
    data = {"text": "Ann  \n Lee"}
    found = of_json(READER, tmp_path, task(annotation(region(0, 10, "Ann Lee", "N")), data=data))
    assert found.surfaces == [["Ann  \n Lee"]]
    assert "1 spans equal their surface but for white space" in found.notes[0]


def test_a_region_that_does_not_hold_its_text(tmp_path: Path) -> None:
    found = of_json(
        READER,
        tmp_path,
        task(annotation(ANN, LEE), annotation(ANN)),
        task(annotation(region(1, 4, "Ann", "NAME")), id=2),
    )
    (problem,) = found.problems
    assert (problem.kind, problem.id, problem.line) == ("offsets", "2", 1)
    assert "span 1-4 (NAME) does not hold its surface" in problem.reason


def test_labels_may_be_several_and_regions_overlap(tmp_path: Path) -> None:
    regions = [region(0, 3, "Ann", "A", "B", "A"), region(0, 10, TEXT, "C"), ANN, ANN]
    found = of_json(READER, tmp_path, task(annotation(*regions)))
    assert found.documents[0].spans == (
        Span(0, 9, "C"),
        Span(0, 3, "A"),
        Span(0, 3, "B"),
        Span(0, 3, "NAME"),
    )
    assert "1 repeated spans kept once" in found.notes[0]


def test_what_is_no_region_is_ignored(tmp_path: Path) -> None:
    others = [
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
        {"type": "choices", "to_name": "text", "value": {"choices": ["mail"]}},
        {"type": "textarea", "value": {"start": 0, "end": 3, "text": ["a comment"]}},
        {"type": "rating", "value": {"rating": 3}},
        {"type": "relation", "from_id": "a", "to_id": "b", "labels": ["knows"]},
        {"from_id": "a", "to_id": "b", "labels": []},
        {"type": "choices", "value": {"start": 0, "end": 3, "text": "Ann", "choices": ["x"]}},
        {"type": "newcontrol", "value": {"newcontrol": ["x"]}},
    ]
    found = of_json(READER, tmp_path, task(annotation(*others, ANN)))
    assert (found.surfaces, found.problems) == ([["Ann"]], [])
    assert "8 results mark no text (relations, choices ...); ignored" in found.notes


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "labels", "value": {"start": 4, "end": 7, "text": "Lee"}},
        {"type": "labels", "value": {"start": 4, "end": 7, "text": "Lee", "labels": []}},
        {"type": "labels", "value": {"start": 4, "end": 7, "text": "Lee", "labels": None}},
        {"value": {"start": 4, "end": 7, "text": "Lee"}},
        {"type": "labels", "value": {"labels": ["NAME"], "text": "Lee"}},
        {"type": "labels", "value": "Lee"},
        {"type": "odd", "value": "text"},
        "nothing",
        None,
    ],
)
def test_a_result_that_is_not_understood_is_refused(odd: Any, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, task(annotation(ANN, odd)))
    assert (len(found.problems), found.documents) == (1, [])


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("12 Elm\nLeeds is", r"12 Elm\nLeeds"),
        ("12 Elm\nLeeds is", "12 ElmLeeds"),
        ("12 Elm\r\nLeeds is", r"12 Elm\n\nLeeds"),
        ("12 Elm \n Leeds is", r"12 Elm\nLeeds"),
        ("12 Elm\n\nLeeds is", r"12 Elm\nLeeds"),
        ("\n12 Elm is", "12 Elm"),
        (r"C:\new is", r"C:\new"),
    ],
)
def test_surfaces_as_the_editor_writes_them(text: str, surface: str, tmp_path: Path) -> None:
    end = text.index(" is")
    record = task(annotation(region(0, end, surface, "A")), data={"text": text})
    found = of_json(READER, tmp_path, record)
    assert found.surfaces == [[text[:end]]]


@pytest.mark.parametrize(
    "usual",
    [
        [],
        [ANN, LEE],
        [region(0, 3, "Ann", "NAME", "NAME", "P", score=0.5, origin="manual")],
        [{**ANN, "to_name": ""}, {**LEE, "to_name": None}],
        [region(-1, 3, "", "")],
    ],
)
def test_usual_regions_are_read_at_once_as_one_by_one(usual: list[dict[str, Any]]) -> None:
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    one_by_one = read_regions([*usual, relation])
    assert one_by_one.others == 1
    assert read_regions(usual) == msgspec.structs.replace(one_by_one, others=0)
