"""Label Studio: its exports, its annotators, its traps, and the published files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.readers.label_studio import READER, LabelStudioOptions, LabelStudioReader
from pii_sft.converters.readers.label_studio.regions import read_regions
from pii_sft.converters.readers.label_studio.tasks import Entry, Task
from pii_sft.spans import Span
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, Outcome, of_json, outcome

TEXT = "Ann 😀 Lee"


def region(start: int, end: int, text: str, *labels: str, **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [*labels]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value, **more}


ANN = region(0, 3, "Ann", "NAME")
LEE = region(7, 10, "Lee", "NAME")


def annotation(*regions: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "was_cancelled": False, "result": [*regions], **more}


def task(*annotations: Any, data: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": data or {"text": TEXT}, "annotations": [*annotations], **more}


def reader(**options: Any) -> LabelStudioReader:
    return LabelStudioReader(LabelStudioOptions(**options))


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


def test_a_text_that_is_an_address(tmp_path: Path) -> None:
    url = "https://x.org/annlee"
    marked = task(annotation(region(14, 20, "annlee", "USER")), data={"text": url})
    negative = task(annotation(), data={"text": "https://x.org/bob"}, id=2)
    assert of_json(READER, tmp_path, marked, negative).surfaces == [["annlee"], []]
    assert of_json(READER, tmp_path, negative).kinds == ["no text"]


def test_silence_is_not_gold(tmp_path: Path) -> None:
    found = of_json(
        READER,
        tmp_path,
        task(annotation(), id=1),
        task(id=2),
        task(annotation(ANN, was_cancelled=True), id=3),
        task(annotation(skipped=True), id=4),
        {"id": 5, "data": {"text": TEXT}},
        {"id": 6, "data": {"text": TEXT}, "completions": [annotation(LEE)]},
        task(annotation(ANN, was_cancelled=True), annotation(LEE), id=7),
    )
    assert (found.ids, found.surfaces) == (["1", "6", "7"], [[], ["Lee"], ["Lee"]])
    assert found.notes[1:] == [
        "2 tasks are not annotated; left out",
        "2 tasks are cancelled or skipped; left out",
    ]


def test_results_of_old_exports_nest_deeper(tmp_path: Path) -> None:
    old = {"data": {"text": TEXT}, "completions": [{"result": [[ANN], [LEE]]}]}
    found = of_json(READER, tmp_path, old)
    assert (found.surfaces, found.ids) == ([["Ann", "Lee"]], ["rows-1"])


SEVERAL = [
    annotation(ANN, completed_by=1, updated_at="2024-01-02"),
    annotation(ANN, LEE, completed_by={"id": 2, "email": "b@x.org"}, updated_at="2024-01-03"),
    annotation(ANN, completed_by=3, created_at="2024-01-01"),
]


@pytest.mark.parametrize(
    ("policy", "surfaces"),
    [
        ("first", [["Ann"]]),
        ("latest", [["Ann", "Lee"]]),
        ("union", [["Ann", "Lee"]]),
        ("majority", [["Ann"]]),
        ("each", [["Ann"], ["Ann", "Lee"], ["Ann"]]),
        ("2", [["Ann", "Lee"]]),
        ("9", []),
    ],
)
def test_several_annotators(policy: str, surfaces: list[list[str]], tmp_path: Path) -> None:
    found = of_json(reader(annotators=policy), tmp_path, task(*SEVERAL))
    assert found.surfaces == surfaces
    if policy == "each":
        assert found.ids == ["1#1", "1#2", "1#3"]
    if policy == "first":
        assert found.notes[1] == (
            "1 documents have several annotations, 1 of which differ; policy: first "
            "(option annotators)"
        )


def test_ground_truth_comes_first(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, task(*SEVERAL, annotation(LEE, ground_truth=True)))
    assert (found.surfaces, len(found.notes)) == ([["Lee"]], 1)


PREDICTED = {"model_version": "m1", "score": 0.5, "result": [LEE]}


@pytest.mark.parametrize(
    ("predictions", "surfaces"),
    [("off", [["Ann"]]), ("only", [["Lee"], ["Lee"]]), ("fill", [["Ann"], ["Lee"]])],
)
def test_predictions_are_read_when_asked_for(
    predictions: str, surfaces: list[list[str]], tmp_path: Path
) -> None:
    tasks = [task(annotation(ANN), predictions=[PREDICTED]), task(predictions=[PREDICTED], id=2)]
    found = of_json(reader(predictions=predictions), tmp_path, *tasks)
    assert found.surfaces == surfaces
    if predictions != "off":
        number = {"only": 2, "fill": 1}[predictions]
        assert f"{number} tasks are read from predictions" in found.notes


@pytest.mark.parametrize(
    "data",
    [
        {"content": TEXT},
        {"content": TEXT, "text": "something else"},
        {"a": "x", "content": TEXT, "n": 3, "list": ["y"]},
        {"content": TEXT, "id": "d1", "group": "Ann Lee"},
        {"text": TEXT, "copy": TEXT},
        {"content": TEXT, "text": ""},
    ],
)
def test_the_annotated_field_is_found_by_the_regions(data: Any, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, task(annotation(ANN, LEE), data=data))
    assert (found.surfaces, found.documents[0].text) == ([["Ann", "Lee"]], TEXT)


def test_the_field_of_a_task_without_regions_is_that_of_the_others(tmp_path: Path) -> None:
    def data(text: str) -> dict[str, str]:
        return {"title": "T", "content": text}

    tasks = [task(annotation(), data=data("empty")), task(annotation(ANN), data=data(TEXT), id=2)]
    found = of_json(READER, tmp_path, *tasks)
    assert [each.text for each in found.documents] == ["empty", TEXT]


def test_a_field_that_nothing_tells_has_to_be_named(tmp_path: Path) -> None:
    unclear = task(annotation(), data={"title": "one", "content": "two"})
    found = of_json(READER, tmp_path, unclear)
    assert found.kinds == ["no text"]
    assert "--option text=KEY" in found.problems[0].reason
    named = of_json(reader(text="content"), tmp_path, unclear)
    assert [each.text for each in named.documents] == ["two"]
    assert of_json(reader(text="body"), tmp_path, unclear).kinds == ["no text"]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (task(annotation(), data={"image": 5}), "no text"),
        (task(annotation(), data={"text": "https://example.org/a.txt"}), "no text"),
        (task(annotation(), data={"text": "/data/upload/a.txt"}), "no text"),
        (task(annotation({"value": {"x": 1, "rectanglelabels": ["A"]}})), "no text"),
        (task(annotation({"value": {"start": "0", "paragraphlabels": ["A"]}})), "no text"),
        (task(annotation({"value": {"start": 1.5, "end": 2.5, "labels": ["A"]}})), "no text"),
        (task(annotation({"value": {"start": 1, "channel": 0, "labels": ["A"]}})), "no text"),
        (task(annotation(region(0, 3, "Ann"))), "no label"),
        (task(annotation({"value": {"start": 0, "end": 3, "labels": [1]}})), "no label"),
        (task(annotation({"value": {"start": 0, "end": 3, "labels": {}}})), "no label"),
        (task(annotation({"value": {"end": 3, "labels": ["A"]}})), "offsets"),
        (task(annotation({"value": {"start": "/p[1]", "labels": ["A"]}})), "offsets"),
        (task({"id": 1}), "wrong shape"),
        (task({"id": 1, "result": {"a": 1}}), "wrong shape"),
        ({"id": 1, "data": {"text": "a"}, "annotations": "none"}, "wrong shape"),
        (task("annotation"), "wrong shape"),
        ({"id": 1, "text": "Ann"}, "wrong shape"),
        ({"id": 1, "data": "Ann"}, "wrong shape"),
        ([task()], "wrong shape"),
    ],
)
def test_refused(record: Any, kind: str, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, record)
    assert (found.kinds, found.documents) == ([kind], [])
    assert "Ann" not in str(found.problems)


def test_names_and_meta(tmp_path: Path) -> None:
    found = of_json(
        READER,
        tmp_path,
        task(annotation(), data={"text": "a", "id": "own", "group": "g", "n": 1}, meta={"k": 1}),
        task(annotation(), data={"text": "b"}, id=7),
        {"data": {"text": "c"}, "annotations": [annotation()], "meta": None},
    )
    assert found.ids == ["own", "7", "rows-3"]
    assert [each.meta for each in found.documents] == [{"k": 1, "group": "g"}, {}, {}]


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
