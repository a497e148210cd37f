"""doccano, in each of its variants and on the published files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.reader import POSSIBLE
from pii_sft.converters.readers.doccano import READER, DoccanoOptions, DoccanoReader
from pii_sft.spans import Span
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, of_json, outcome

ENTITY = {"id": 7, "start_offset": 0, "end_offset": 3, "label": "NAME"}


@pytest.mark.parametrize(
    "record",
    [
        {"text": "Ann is 😀", "label": [[0, 3, "NAME"]]},
        {"text": "Ann is 😀", "labels": [[0, 3, "NAME"]]},
        {"data": "Ann is 😀", "label": [[0, 3, "NAME"]]},
        {"column_data": "Ann is 😀", "column_label": [[0, 3, "NAME"]]},
        {"content": "Ann is 😀", "entities": [ENTITY], "relations": []},
        {"text": "Ann is 😀", "annotations": [ENTITY], "label": []},
        {"text": None, "data": "Ann is 😀", "label": [[0, 3, "NAME"], [0, 3, "NAME"]]},
    ],
)
def test_variants(record: dict[str, Any], tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, record)
    assert found.documents[0].spans == (Span(0, 3, "NAME"),)
    assert found.problems == []
    assert READER.sniff(read_head(tmp_path / "rows.json")) > 0.9


def test_offsets_may_be_strings(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, {"text": "Ann is", "label": [["0", 3.0, "NAME"]]})
    assert found.surfaces == [["Ann"]]


def test_offsets_are_those_of_the_browser(tmp_path: Path) -> None:
    emoji = {"id": "x", "text": "😀 Ann Lee", "label": [[3, 6, "A"], [7, 10, "B"]]}
    found = of_json(READER, tmp_path, emoji)
    assert (found.ids, found.surfaces) == (["x"], [["Ann", "Lee"]])
    assert found.notes == [
        "offsets count UTF-16 units, ends excluded (judged by 2 spans that other units would cut)"
    ]


def test_graphemes_in_grapheme_mode(tmp_path: Path) -> None:
    family = "👩\u200d👧 Ann Lee"
    found = of_json(READER, tmp_path, {"text": family, "label": [[2, 5, "A"], [6, 9, "B"]]})
    assert found.surfaces == [["Ann", "Lee"]]
    assert "graphemes" in found.notes[0]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"label": [[0, 1, "A"]]}, "no text"),
        ({"text": "", "label": []}, "no text"),
        ({"text": ["a"], "label": []}, "no text"),
        ({"text": "secret"}, "not annotated"),
        ({"text": "secret", "label": "A"}, "not annotated"),
        ({"text": "secret", "label": ["positive"]}, "wrong shape"),
        ({"text": "secret", "label": [[0, 2]]}, "wrong shape"),
        ({"text": "secret", "label": [{"start": 0, "end": 2, "label": "A"}]}, "wrong shape"),
        ({"text": "secret", "label": [[0, 2, None]]}, "no label"),
        ({"text": "secret", "label": [[0, 2, True]]}, "no label"),
        ({"text": "secret", "label": [[0, "x", "A"]]}, "offsets"),
        ({"text": "secret", "label": [[0, True, "A"]]}, "offsets"),
        ({"text": "secret", "label": [[0, 99, "A"]]}, "offsets"),
        ({"text": "secret", "label": [[3, 3, "A"]]}, "offsets"),
        ({"text": "secret", "label": [[0, 3, ""]]}, "no label"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, {"id": 9, **record})
    assert (found.kinds, found.documents, found.problems[0].id) == ([kind], [], "9")
    assert "secret" not in str(found.problems[0])


def users(*marks: tuple[int, int, str, int]) -> dict[str, Any]:
    keys = ("start_offset", "end_offset", "label", "user")
    return {
        "id": 1,
        "text": "Ann and Bob",
        "annotations": [dict(zip(keys, mark, strict=True)) for mark in marks],
    }


@pytest.mark.parametrize(
    ("policy", "surfaces"),
    [
        ("first", [["Ann"]]),
        ("union", [["Ann", "Bob"]]),
        ("majority", [["Ann"]]),
        ("each", [["Ann"], ["Ann", "Bob"]]),
        ("2", [["Ann", "Bob"]]),
        ("3", []),
    ],
)
def test_several_users_are_never_mixed_silently(
    policy: str, surfaces: list[list[str]], tmp_path: Path
) -> None:
    record = users((0, 3, "N", 1), (0, 3, "N", 2), (8, 11, "N", 2))
    found = of_json(DoccanoReader(DoccanoOptions(policy)), tmp_path, record)
    assert found.surfaces == surfaces
    assert found.ids == {1: ["1"], 2: ["1#1", "1#2"], 0: []}[len(surfaces)]
    if policy not in ("2", "3"):
        assert (
            f"1 documents have several annotations, 1 of which differ; policy: {policy} "
            "(option annotators)" in found.notes
        )
    if policy == "3":
        assert "1 documents are not annotated by the one asked for; left out" in found.notes


def test_labels_that_are_numbers_are_said(tmp_path: Path) -> None:
    found = of_json(
        READER, tmp_path, users((0, 3, "N", 1)) | {"annotations": [ENTITY | {"label": 12}]}
    )
    assert found.labels == [["12"]]
    assert "1 labels are numbers" in found.notes[1]


def test_empty_lists_are_said(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, {"text": "a", "label": []}, {"text": "b", "label": []})
    assert "2 documents have no labels; doccano does not tell" in found.notes[1]


def test_meta_is_kept(tmp_path: Path) -> None:
    record = {"text": "a", "label": [], "meta": {"n": 1}, "group": 3, "Comments": ["x"]}
    found = of_json(READER, tmp_path, record, record | {"meta": "none"})
    assert [each.meta for each in found.documents] == [{"n": 1, "group": "3"}, {"group": "3"}]


@pytest.mark.parametrize(
    ("record", "certainty"),
    [
        ({"text": "a", "label": []}, POSSIBLE),
        ({"text": "a", "label": [], "spans": []}, 0.0),
        ({"text": "a", "label": ["x"]}, 0.0),
        ({"text": "a", "label": {"x": 1}}, 0.0),
        ({"label": [[0, 1, "A"]]}, 0.0),
    ],
)
def test_certainty(record: dict[str, Any], certainty: float) -> None:
    assert READER.sniff(Head(Path("x"), json.dumps(record).encode())) == certainty


PUBLISHED = [
    ("doccano/export_label_triples.jsonl", [["EU", "German"], ["Peter Blackburn"], ["Obama"]]),
    ("doccano/import_column_label.jsonl", [["EU"], ["Peter Blackburn"], ["Obama"]]),
    (
        "doccano/import_relation_entities.jsonl",
        [["Google", "September 4, 1998", "Larry Page", "Sergey Brin"]],
    ),
    ("doccano/test_overlapping.jsonl", [["e"]]),
    (
        "doccano/transformer_labeling_text_label.jsonl",
        [
            ["JAPAN", "CHINA", "Nadim Ladki", "AL-AIN", "United Arab Emirates"],
            ["RUGBY UNION", "CUTTITTA", "ITALY", "ROME", "Italy", "Marcello Cuttitta"],
        ],
    ),
    (
        "conll_bio_family/flair_jsonl_data_label.jsonl",
        [
            ["New Berlin"],
            ["New Berlin"],
            ["New Berlin."],
            ["EU", "German", "British lamb"],
            ["Peter Blackburn"],
        ],
    ),
    ("shapes_from_docs/doccano_utf16_emoji.jsonl", [SAMPLE_SURFACES]),
    ("shapes_from_docs/doccano_annotations_users.jsonl", [SAMPLE_SURFACES]),
]


@pytest.mark.parametrize(("name", "surfaces"), PUBLISHED)
def test_published_files(name: str, surfaces: list[list[str]], shared_data: Path) -> None:
    found = outcome(READER, shared_data / "fixtures" / name)
    assert (found.surfaces, found.problems) == (surfaces, [])
    assert "UTF-16 units, ends excluded" in found.notes[0]
    if "emoji" in name:
        assert found.documents[0].text == SAMPLE


def test_published_file_with_a_row_without_text(shared_data: Path) -> None:
    found = outcome(READER, shared_data / "fixtures/doccano/test_missing_text.jsonl")
    assert found.surfaces == [["e"], []]
    assert [(each.kind, each.line) for each in found.problems] == [("no text", 3)]
