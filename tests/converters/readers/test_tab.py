"""The Text Anonymization Benchmark: who of its annotators counts, and which mentions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader import CERTAIN
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.tab import READER
from tests.converters.reading import SAMPLE, of_json, outcome

TEXT = "Mira 😀 Quell of Oslo"


def mention(surface: str, label: str = "PERSON", kind: str = "DIRECT", **changes: Any) -> Any:
    start = TEXT.index(surface) if surface in TEXT else 0
    return {
        "entity_type": label,
        "entity_mention_id": "m1",
        "start_offset": start,
        "end_offset": start + len(surface),
        "span_text": surface,
        "edit_type": "check",
        "identifier_type": kind,
        "entity_id": "e1",
        "confidential_status": "NOT_CONFIDENTIAL",
        **changes,
    }


def document(**annotators: list[Any]) -> dict[str, Any]:
    return {
        "doc_id": "001-1",
        "text": TEXT,
        "dataset_type": "dev",
        "meta": {"year": 2007},
        "annotations": {name: {"entity_mentions": found} for name, found in annotators.items()},
    }


THREE = document(
    annotator9=[mention("Mira"), mention("Quell"), mention("Oslo", "LOC", "NO_MASK")],
    annotator1=[mention("Mira"), mention("Quell", "MISC")],
    annotator10=[mention("Mira"), mention("Quell", "MISC"), mention("Oslo", "LOC", "QUASI")],
)


@pytest.mark.parametrize(
    ("settings", "ids", "labels"),
    [
        ({}, ["001-1"], [["PERSON", "PERSON", "LOC"]]),
        ({"annotators": "first"}, ["001-1"], [["PERSON", "PERSON", "LOC"]]),
        ({"no_mask": "drop"}, ["001-1"], [["PERSON", "PERSON"]]),
        ({"annotators": "annotator1"}, ["001-1"], [["PERSON", "MISC"]]),
        ({"annotators": "majority"}, ["001-1"], [["PERSON", "MISC", "LOC"]]),
        ({"annotators": "majority", "no_mask": "drop"}, ["001-1"], [["PERSON", "MISC"]]),
        ({"annotators": "union"}, ["001-1"], [["PERSON", "MISC", "PERSON", "LOC"]]),
        (
            {"annotators": "each", "no_mask": "drop"},
            ["001-1#annotator9", "001-1#annotator1", "001-1#annotator10"],
            [["PERSON", "PERSON"], ["PERSON", "MISC"], ["PERSON", "MISC", "LOC"]],
        ),
        ({"annotators": "annotator2"}, [], []),
    ],
)
def test_policies(
    settings: dict[str, str], ids: list[str], labels: list[list[str]], tmp_path: Path
) -> None:
    made = of_json(configured(READER, settings), tmp_path, THREE)
    assert (made.ids, made.labels, made.problems) == (ids, labels, [])


def test_documents_of_several_annotators_stay_together(tmp_path: Path) -> None:
    made = of_json(configured(READER, {"annotators": "each"}), tmp_path, THREE)
    assert [each.meta for each in made.documents] == [
        {"split": "dev", "group": "001-1", "annotator": name}
        for name in ("annotator9", "annotator1", "annotator10")
    ]


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    alone = document(annotator3=[mention("Mira")])
    made = of_json(READER, tmp_path, THREE, alone)
    assert made.notes[1:] == [
        "1 documents have several annotations, 1 of which differ; "
        "policy: first (option annotators)",
        "1 mentions of all annotators are marked NO_MASK; kept (option no_mask=keep)",
    ]
    dropped = of_json(configured(READER, {"no_mask": "drop"}), tmp_path, THREE)
    assert "left out (option no_mask=drop)" in dropped.notes[-1]
    named = of_json(configured(READER, {"annotators": "annotator3"}), tmp_path, THREE, alone)
    assert "1 documents are not annotated by the one asked for; left out" in named.notes


def test_reviewed_and_nothing_found(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, document(annotator1=[]))
    assert made.surfaces == [[]]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({**THREE, "text": None}, "no text"),
        ({**THREE, "annotations": {}}, "not annotated"),
        ({**THREE, "annotations": None}, "not annotated"),
        ({**THREE, "annotations": {"a": {}}}, "wrong shape"),
        ({**THREE, "annotations": {"a": {"entity_mentions": {}}}}, "wrong shape"),
        (document(a=["Mira"]), "wrong shape"),
        (document(a=[mention("Mira", span_text="Mina")]), "offsets"),
        (document(a=[mention("Mira", end_offset=None)]), "offsets"),
        (document(a=[mention("Mira", entity_type=None)]), "no label"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, record)
    assert made.kinds == [kind]
    assert made.problems[0].id == "001-1"
    assert not any(name in made.problems[0].reason for name in ("Mira", "Mina"))


@pytest.mark.parametrize(
    ("record", "sure"),
    [
        (THREE, True),
        ({**THREE, "annotations": {"a": None, "b": {"entity_mentions": []}}}, True),
        ({**THREE, "annotations": {"a": {"x": 1}}}, False),
        ({**THREE, "annotations": {"a": 5}}, False),
        ({**THREE, "annotations": []}, False),
        ({"annotations": THREE["annotations"]}, False),
    ],
)
def test_sniff(record: dict[str, Any], sure: bool, tmp_path: Path) -> None:
    of_json(READER, tmp_path, record)
    assert READER.sniff(read_head(tmp_path / "rows.json")) == (CERTAIN if sure else 0)


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/tab_echr.json"
    made = outcome(READER, path)
    assert (made.ids, made.surfaces, made.problems) == (["001-1"], [["Ann"]], [])
    assert made.documents[0].text == SAMPLE
    each = outcome(configured(READER, {"annotators": "each"}), path)
    assert (each.ids, each.surfaces) == (["001-1#annotator1", "001-1#annotator2"], [["Ann"], []])
    majority = outcome(configured(READER, {"annotators": "majority"}), path)
    assert majority.surfaces == [[]]
