"""What the clouds answer: Comprehend, DLP, Azure, Ground Truth, Vertex."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader import LIKELY, Reader
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.azure_pii import READER as AZURE
from pii_sft.converters.readers.comprehend import READER as COMPREHEND
from pii_sft.converters.readers.dlp import READER as DLP
from pii_sft.converters.readers.presidio_analyzer import READER as ANALYZER
from pii_sft.converters.readers.sagemaker import READER as SAGEMAKER
from pii_sft.converters.readers.vertex import READER as VERTEX
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, Outcome, of_json, outcome

TEXT = "é 😀 Mira Quell"


def beside(reader: Reader, folder: Path, value: Any, *texts: str, **options: str) -> Outcome:
    path = folder / "a.json"
    path.write_text(json.dumps(value), "utf-8")
    if len(texts) == 1:
        (folder / "a.txt").write_text(texts[0], "utf-8")
    else:
        rows = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts, 1)]
        (folder / "a.jsonl").write_text("\n".join(rows), "utf-8")
    return outcome(configured(reader, options), path)


def comprehend(begin: int, end: int, text: str | None = None) -> dict[str, Any]:
    return {"Type": "NAME", "BeginOffset": begin, "EndOffset": end, "Score": 0.9, "Text": text}


def test_comprehend_with_strings(tmp_path: Path) -> None:
    made = beside(COMPREHEND, tmp_path, {"Entities": [comprehend(5, 9, "Mira")]}, TEXT)
    assert made.surfaces == [["Mira"]]
    assert "UTF-16 units, ends excluded (verified on 1 span)" in made.notes[1]
    wrong = beside(COMPREHEND, tmp_path, {"Entities": [comprehend(5, 9, "Mona")]}, TEXT)
    assert wrong.kinds == ["offsets"]


def test_batches_of_comprehend(tmp_path: Path) -> None:
    batch = {"ResultList": [{"Index": 0, "Entities": [comprehend(4, 8)]}, {"Entities": []}]}
    made = beside(COMPREHEND, tmp_path, batch, TEXT, "nothing")
    assert (made.ids, made.surfaces) == (["1", "2"], [["Mira"], []])
    failed = beside(COMPREHEND, tmp_path, {**batch, "ErrorList": [{"Index": 1}]}, TEXT, "nothing")
    assert (failed.kinds, failed.documents) == (["not annotated"], [])


@pytest.mark.parametrize(
    ("value", "sure"),
    [
        ({"Entities": [comprehend(4, 8)]}, True),
        ({"Entities": []}, True),
        ({"ResultList": [{"Entities": []}]}, True),
        ({"File": "a", "ErrorCode": "X"}, True),
        ({"Entities": [{"Type": "A"}]}, False),
        ({"Entities": [7]}, False),
        ({"Entities": "x"}, False),
        ({"Labels": []}, False),
        ({"ResultList": []}, False),
    ],
)
def test_sniff_of_comprehend(value: Any, sure: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    assert (COMPREHEND.sniff(read_head(path)) > 0.9) == sure


def finding(location: Any, quote: str | None = "Mira", **changes: Any) -> dict[str, Any]:
    return {"infoType": {"name": "NAME"}, "location": location, "quote": quote, **changes}


CODE_POINTS = {"codepointRange": {"start": "4", "end": "8"}}
BYTES = {"byteRange": {"start": "8", "end": "12"}}


@pytest.mark.parametrize(
    "value",
    [
        {"result": {"findings": [finding(CODE_POINTS)]}},
        {"result": {"findings": [finding(BYTES)]}},
        {"result": {"findings": [finding({**CODE_POINTS, "byteRange": {"end": "1"}})]}},
        {"findings": [finding(CODE_POINTS, None)]},
        {"findings": [finding(BYTES, None), finding(CODE_POINTS)]},
        {"result": {"findings": [finding(BYTES, "")], "findingsTruncated": False}},
        {
            "result": {
                "findings": [
                    {
                        "info_type": {"name": "NAME"},
                        "location": {"codepoint_range": {"start": 4, "end": 8}},
                    }
                ]
            }
        },
        {"result": {"findings": [finding({"byte_range": {"start": 8, "end": 12}})]}},
    ],
)
def test_ranges_of_dlp_are_believed(value: Any, tmp_path: Path) -> None:
    made = beside(DLP, tmp_path, value, TEXT)
    assert (made.surfaces, made.labels) == ([["Mira"]], [["NAME"]])
    assert "offsets count code points, ends excluded" in made.notes[1]


def test_a_start_of_0_is_left_out(tmp_path: Path) -> None:
    for location in ({"codepointRange": {"end": "1"}}, {"byteRange": {"end": "2"}}):
        value = {"result": {"findings": [finding(location, "é")]}}
        assert beside(DLP, tmp_path, value, TEXT).surfaces == [["é"]]


@pytest.mark.parametrize(
    "value", [{"result": {}}, {"result": {"findings": None}}, {"findings": []}]
)
def test_nothing_found_by_dlp(value: Any, tmp_path: Path) -> None:
    assert beside(DLP, tmp_path, value, TEXT).surfaces == [[]]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"findings": [finding(CODE_POINTS, "Mona")]}, "offsets"),
        ({"findings": [finding({"codepointRange": {"start": "5", "end": "9"}})]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "4", "end": "8"}})]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "1", "end": "12"}}, None)]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "8", "end": "99"}}, None)]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "8"}}, None)]}, "offsets"),
        ({"findings": [finding({"contentLocations": []})]}, "offsets"),
        ({"findings": [finding(None)]}, "offsets"),
        ({"findings": [finding(CODE_POINTS, infoType=None)]}, "no label"),
        ({"findings": [7]}, "no label"),
        ({"findings": 7}, "wrong shape"),
        ({"result": {"findings": [], "findingsTruncated": True}}, "not annotated"),
        ({"result": 7}, "wrong shape"),
        ({}, "wrong shape"),
    ],
)
def test_dlp_refused(value: Any, kind: str, tmp_path: Path) -> None:
    made = beside(DLP, tmp_path, value, TEXT)
    assert made.kinds == [kind]
    assert not any(name in made.problems[0].reason for name in ("Mira", "Mona"))


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


def labelled(*entities: Any, job: str = "pii", **more: Any) -> dict[str, Any]:
    return {
        "source": TEXT,
        job: {"annotations": {"entities": list(entities), "labels": []}},
        f"{job}-metadata": {"human-annotated": "yes", "annotations": {"entities": []}},
        **more,
    }


NAME = {"startOffset": 4, "endOffset": 8, "label": "NAME"}


def test_ground_truth(tmp_path: Path) -> None:
    made = of_json(SAGEMAKER, tmp_path, labelled(NAME), labelled(), array=False)
    assert (made.surfaces, made.labels) == ([["Mira"], []], [["NAME"], []])
    assert SAGEMAKER.sniff(read_head(tmp_path / "rows.json")) > 0.9


def test_several_jobs(tmp_path: Path) -> None:
    line = labelled(NAME, second={"annotations": {"entities": []}})
    assert of_json(SAGEMAKER, tmp_path, line).kinds == ["several jobs"]
    for job, surfaces in (("pii", ["Mira"]), ("second", [])):
        chosen = configured(SAGEMAKER, {"job": job})
        assert of_json(chosen, tmp_path, line).surfaces == [surfaces]
    assert of_json(configured(SAGEMAKER, {"job": "x"}), tmp_path, line).kinds == ["not annotated"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"source": TEXT}, "not annotated"),
        ({"source": TEXT, "pii-metadata": {"failure-reason": "x"}}, "not annotated"),
        ({"source-ref": "s3://x", "pii": {"annotations": {"entities": []}}}, "no text"),
        ({"pii": {"annotations": {"entities": []}}}, "no text"),
        (labelled({**NAME, "endOffset": 99}), "offsets"),
        (labelled({"label": "NAME", "text": "Mira"}), "offsets"),
        (labelled({**NAME, "label": None}), "no label"),
    ],
)
def test_ground_truth_refused(line: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(SAGEMAKER, tmp_path, line)
    assert (made.kinds, made.problems[0].id) == ([kind], "rows-1")


SEGMENT = {"startOffset": 4, "endOffset": 8, "displayName": "NAME"}
OLD = {"text_extraction": {"text_segment": {"start_offset": 4, "end_offset": 8}}}


@pytest.mark.parametrize(
    "line",
    [
        {"textContent": TEXT, "textSegmentAnnotations": [SEGMENT]},
        {"text_snippet": {"content": TEXT}, "annotations": [{**OLD, "display_name": "NAME"}]},
    ],
)
def test_vertex(line: dict[str, Any], tmp_path: Path) -> None:
    made = of_json(VERTEX, tmp_path, line, array=False)
    assert (made.surfaces, made.labels) == ([["Mira"]], [["NAME"]])
    assert VERTEX.sniff(read_head(tmp_path / "rows.json")) >= LIKELY


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"textGcsUri": "gs://x", "textSegmentAnnotations": []}, "no text"),
        ({"textContent": "", "textSegmentAnnotations": []}, "no text"),
        ({"textContent": TEXT}, "not annotated"),
        ({"text_snippet": {"content": TEXT}}, "not annotated"),
        ({"text_snippet": {"content": TEXT}, "annotations": [{}]}, "wrong shape"),
        ({"textContent": TEXT, "textSegmentAnnotations": [{**SEGMENT, "endOffset": 0}]}, "offsets"),
        ({"textContent": TEXT, "textSegmentAnnotations": [{"displayName": "A"}]}, "wrong shape"),
    ],
)
def test_vertex_refused(line: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(VERTEX, tmp_path, line)
    assert made.kinds == [kind]
    assert "Mira" not in made.problems[0].reason


@pytest.mark.parametrize(
    ("reader", "name", "unit"),
    [
        (COMPREHEND, "aws_comprehend_detect_pii", "code points"),
        (DLP, "google_dlp_inspect", "code points"),
        (AZURE, "azure_language_pii", "graphemes"),
        (AZURE, "azure_language_pii_utf16", "UTF-16 units"),
        (ANALYZER, "presidio_analyzer_results", "code points"),
    ],
)
def test_documented_shapes(
    reader: Reader, name: str, unit: str, shared_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.json"
    shutil.copyfile(shared_data / "fixtures/shapes_from_docs" / path.name, path)
    (tmp_path / f"{name}.txt").write_text(SAMPLE, "utf-8")
    assert reader.sniff(read_head(path)) > 0.9
    made = outcome(reader, path)
    assert (made.surfaces, made.problems) == ([SAMPLE_SURFACES], [])
    assert [label.upper() for label in made.labels[0]] == ["GIVENNAME", "SURNAME", "EMAIL", "PHONE"]
    assert f"offsets count {unit}, ends excluded" in made.notes[1]


@pytest.mark.parametrize(
    ("reader", "name"),
    [(SAGEMAKER, "sagemaker_ground_truth_ner.manifest"), (VERTEX, "vertex_automl_ner.jsonl")],
)
def test_documented_shapes_with_text(reader: Reader, name: str, shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs" / name
    made = outcome(reader, path)
    assert made.documents[0].text == SAMPLE
    assert (made.surfaces, made.problems) == ([SAMPLE_SURFACES], [])
    assert reader.sniff(read_head(path)) > 0.9
