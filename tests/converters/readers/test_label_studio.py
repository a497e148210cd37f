"""Label Studio: its exports, its annotators, its traps, and the published files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.readers.label_studio import READER
from pii_sft.converters.readers.label_studio.regions import read_regions
from pii_sft.converters.readers.label_studio.tasks import Entry, Task
from tests.converters.readers.label_studio.made import (
    ANN,
    LEE,
    TEXT,
    annotation,
    reader,
    region,
    task,
)
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, Outcome, of_json, outcome

PAGE = "<!DOCTYPE html><html><head><title>No</title></head><body>{}</body></html>"


def page_region(start: int, end: int, text: str) -> dict[str, Any]:
    value = {
        "start": "/p[1]/text()[1]",
        "end": "/p[1]/text()[1]",
        "startOffset": 0,
        "endOffset": 3,
        "globalOffsets": {"start": start, "end": end},
        "text": text,
        "hypertextlabels": ["NAME"],
    }
    return {"to_name": "page", "type": "hypertextlabels", "value": value}


@pytest.mark.parametrize("frame", ["{}", PAGE])
def test_pages_are_rendered(frame: str, tmp_path: Path) -> None:
    body = "<p>A &amp; B<br/>&#x1F600; <b class='Ann'>Ann</b><!-- Ann --></p>\r\n<p>no</p>"
    found = of_json(
        READER,
        tmp_path,
        task(annotation(page_region(9, 12, "Ann")), data={"page": frame.format(body)}),
        task(annotation(), data={"page": "<p>x</p>"}, id=2),
    )
    assert found.documents[0].text == "A & B\n😀 Ann\nno"
    assert (found.surfaces, found.documents[1].text) == ([["Ann"], []], "x")
    assert "2 tasks are HTML pages; their rendered text was read" in found.notes


def minimal(*regions: Any, **more: Any) -> dict[str, Any]:
    label = [each["value"] for each in regions]
    given = {"label": label} if label else {}
    times = {"created_at": "2024-01-01", "updated_at": "2024-01-02", "lead_time": 1.0}
    return {"text": TEXT, "id": 1, **given, "annotator": 1, "annotation_id": 5, **times, **more}


def test_json_min(tmp_path: Path) -> None:
    rows = [
        minimal(ANN, LEE, sentiment="good"),
        minimal(id=2),
        minimal(id=3, annotation_id=None, annotator=""),
        minimal(ANN, id=4, label2=[LEE["value"]]),
    ]
    found = of_json(READER, tmp_path, *rows)
    assert found.surfaces == [["Ann", "Lee"], [], ["Ann", "Lee"]]
    assert found.ids == ["1", "2", "4"]
    assert "1 tasks are not annotated; left out" in found.notes


def test_rows_of_one_task_are_its_annotators(tmp_path: Path) -> None:
    rows = [minimal(ANN), minimal(ANN, LEE, annotator="b@x.org"), minimal(LEE, id=2)]
    assert of_json(READER, tmp_path, *rows).surfaces == [["Ann"], ["Lee"]]
    assert of_json(reader(annotators="union"), tmp_path, *rows).surfaces == [
        ["Ann", "Lee"],
        ["Lee"],
    ]
    assert of_json(reader(annotators="b@x.org"), tmp_path, *rows).surfaces == [["Ann", "Lee"]]


def table(*rows: dict[str, Any], delimiter: str, quoting: int, newline: str) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(
        stream,
        names,
        delimiter=delimiter,
        quoting=quoting,
        lineterminator=newline,  # type: ignore[arg-type]
    )
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                key: json.dumps(value) if isinstance(value, list) else value
                for key, value in row.items()
            }
        )
    return stream.getvalue()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_tables(delimiter: str, quoting: int, newline: str, mark: str, tmp_path: Path) -> None:
    text = 'line "one",\ttwo\r\nAnn'
    start = text.index("Ann")
    rows = [
        minimal(ANN, LEE),
        minimal(region(start, start + 3, "Ann", "NAME"), id=2, text=text),
        minimal(id=3),
    ]
    path = tmp_path / "export.csv"
    content = table(*rows, delimiter=delimiter, quoting=quoting, newline=newline)
    path.write_bytes((mark + content).encode())
    assert READER.sniff(read_head(path)) > 0.9
    found = outcome(READER, path)
    assert (found.surfaces, found.problems) == ([["Ann", "Lee"], ["Ann"], []], [])
    assert found.documents[1].text == text


def test_a_broken_row_of_a_table_spoils_only_itself(tmp_path: Path) -> None:
    rows = [minimal(ANN, id=1), minimal(ANN, id=2), minimal(ANN, id=3)]
    content = table(*rows, delimiter=",", quoting=csv.QUOTE_ALL, newline="\n").encode()
    lines = content.splitlines(keepends=True)
    path = tmp_path / "export.csv"
    for broken in (b'"a"x,1\n', b"1,2,3,4,5,6,7,8,9,10\n", b'"\xff","1"\n'):
        path.write_bytes(b"".join([*lines[:2], broken, *lines[2:]]))
        found = outcome(READER, path)
        assert (found.ids, found.kinds) == (["1", "2", "3"], ["broken line"])
        assert found.problems[0].line == 3


def test_a_cell_that_only_looks_like_regions(tmp_path: Path) -> None:
    broken = minimal(text="[{x}] Ann", label='[{"start": 0')
    found = of_json(reader(text="text"), tmp_path, broken)
    assert found.kinds == ["wrong shape"]
    assert "`label`" in found.problems[0].reason


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("[{'start': 0, 'end': 3, 'text': 'Ann', 'labels': ['NAME']}]", []),
        ('[{"start": 0, "end": 3, "text": "Ann", "labels": ["NAME"]}]', []),
        ('{"start": 0, "end": 3, "text": "Ann", "labels": ["NAME"]}', []),
        ('[{"start": 0, "end": 3, "text": "Ann", "la', ["wrong shape"]),
        ("[{'start': 0, 'end': 3, 'te", ["wrong shape"]),
        ("[{“start”: 0, “end”: 3, “labels”: [“NAME”]}]", ["wrong shape"]),
        ('[{""start"": 0, ""end"": 3, ""labels"": [""NAME""]}]', ["wrong shape"]),
        ("[object Object]", ["wrong shape"]),
        ("NAME", ["wrong shape"]),
        ('[{"start": 0, "end": 3, "labels": ["NAME"]}, {"end": 7}]', ["wrong shape"]),
        ('[{"start": 0, "end": 3, "labels": ["NAME"]}, null]', ["wrong shape"]),
        ('[{"start": 0, "end": 3, "labels": ["NAME"]}, "x"]', ["wrong shape"]),
        ("", []),
    ],
)
def test_cells_are_read_or_refused(cell: str, kinds: list[str], tmp_path: Path) -> None:
    rows = [
        {**minimal(text="Ann Lee"), "id": 1, "label": cell},
        {**minimal(text="Ann Lee"), "id": 2, "label": [{"start": 4, "end": 7, "labels": ["N"]}]},
    ]
    found = of_json(READER, tmp_path, *rows)
    assert found.kinds == kinds
    assert found.surfaces[-1] == ["Lee"]
    if not kinds:
        assert found.surfaces[0] == (["Ann"] if cell else [])


def test_no_text_in_reprs() -> None:
    regions = read_regions([ANN, LEE])
    shown = repr(Task("1", {"text": "Ann"}, [Entry(regions)], 0, False, {}, 1, b"Ann"))
    assert "Ann" not in shown
    assert shown.startswith("Task(id='1', ")


def test_a_column_that_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    label = json.dumps([ANN["value"]]).replace('"', '""')
    path.write_text(
        f'id,text,text,annotator,annotation_id,lead_time\n1,{TEXT},"{label}",1,1,1.0\n', "utf-8"
    )
    assert outcome(READER, path).surfaces == [["Ann"]]


@pytest.mark.parametrize(
    ("content", "certainty"),
    [
        (json.dumps([task()]), CERTAIN),
        (json.dumps({"data": {}, "completions": []}), CERTAIN),
        (json.dumps({"data": {"text": "a"}}), POSSIBLE),
        (json.dumps([minimal()]), CERTAIN),
        ("id,text,annotator,annotation_id,lead_time\n", CERTAIN),
        ("annotation_id,text\n1,2\n", 0.0),
        (json.dumps({"data": "a", "label": []}), 0.0),
    ],
)
def test_certainty(content: str, certainty: float) -> None:
    assert READER.sniff(Head(Path("x"), content.encode())) == certainty


def shape(shared_data: Path, name: str) -> Outcome:
    return outcome(READER, shared_data / "fixtures/shapes_from_docs" / name)


@pytest.mark.parametrize(
    "name",
    ["utf16_emoji.json", "json_min.json", "csv.csv", "old_completions.json", "full_tasks.json"],
)
def test_shapes(name: str, shared_data: Path) -> None:
    found = shape(shared_data, f"label_studio_{name}")
    assert (found.documents[0].text, found.surfaces[0]) == (SAMPLE, SAMPLE_SURFACES)
    assert (found.surfaces[1:], found.problems) == ([[]] if name == "full_tasks.json" else [], [])
    assert found.notes[0] == "offsets count UTF-16 units, ends excluded (verified on 4 spans)"


def test_shape_of_a_page(shared_data: Path) -> None:
    found = shape(shared_data, "label_studio_hypertext.json")
    assert found.documents[0].text == "Hi Ann, call 555-0100."
    assert found.surfaces == [["Ann", "555-0100"]]


@pytest.mark.parametrize("name", ["csv_test2.json", "csv_test2_result.csv", "json_min_data.json"])
def test_published_files_without_text(name: str, shared_data: Path) -> None:
    found = outcome(READER, shared_data / "fixtures/label_studio_sdk_converter_tests" / name)
    assert (found.kinds, found.documents) == (["no text"], [])


def test_published_file_of_choices(shared_data: Path) -> None:
    name = "fixtures/label_studio_sdk_converter_tests/csv_test_colliding_keys.json"
    found = outcome(READER, shared_data / name)
    assert (found.surfaces, found.notes) == (
        [[]],
        [
            "no spans in 1 document",
            "1 results mark no text (relations, choices ...); ignored",
        ],
    )
