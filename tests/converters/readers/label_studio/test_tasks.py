"""Tasks: their annotations, their predictions, and the field that is annotated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.readers.label_studio import READER
from tests.converters.readers.label_studio.made import (
    ANN,
    LEE,
    TEXT,
    annotation,
    reader,
    region,
    task,
)
from tests.converters.reading import of_json


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
