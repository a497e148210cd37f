"""ai4privacy in all its releases, and what pandas made of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.ai4privacy import READER
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, of_json, outcome

TEXT = "Mira 😀 Quell"
MASK = [
    {"value": "Quell", "start": 7, "end": 12, "label": "SURNAME"},
    {"value": "Mira", "start": 0, "end": 4, "label": "NAME"},
]
PRINTED = "[" + "\n ".join(map(repr, MASK)) + "]"
STRETCHES = '[[0, 4, "NAME"], [4, 7, "O"], [7, 12, "SURNAME"]]'
NUMBERED = '[[0, 4, "NAME_1"], [4, 7, "O"], [7, 12, "SURNAME_12"]]'
PLACEHOLDERS = {"[NAME_1]": "Mira", "[SURNAME_12]": "Quell"}


@pytest.mark.parametrize(
    "record",
    [
        {"source_text": TEXT, "privacy_mask": MASK},
        {"source_text": TEXT, "privacy_mask": PRINTED},
        {"source_text": TEXT, "privacy_mask": repr(MASK)},
        {"source_text": TEXT, "privacy_mask": None, "span_labels": STRETCHES},
        {"source_text": TEXT, "privacy_mask": MASK, "span_labels": "broken"},
        {"unmasked_text": TEXT, "privacy_mask": repr(PLACEHOLDERS), "span_labels": NUMBERED},
        {"unmasked_text": TEXT, "privacy_mask": PLACEHOLDERS, "span_labels": NUMBERED},
        {"unmasked_text": TEXT, "privacy_mask": "{}", "span_labels": NUMBERED.replace('"', "'")},
    ],
)
def test_releases(record: dict[str, Any], tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, record)
    assert made.problems == []
    assert (made.surfaces, made.labels) == ([["Mira", "Quell"]], [["NAME", "SURNAME"]])
    assert READER.sniff(read_head(tmp_path / "rows.json")) > 0.9


def test_labels_with_numbers_of_their_own_keep_them(tmp_path: Path) -> None:
    mask = [{**MASK[0], "label": "LASTNAME2"}]
    assert of_json(READER, tmp_path, {"source_text": TEXT, "privacy_mask": mask}).labels == [
        ["LASTNAME2"]
    ]


@pytest.mark.parametrize(
    ("fields", "id", "meta"),
    [
        ({"id": 165762, "language": "en", "set": "train"}, "165762", "train"),
        ({"uid": 7, "id": 8, "language": "en", "split": "validation"}, "7", "validation"),
        ({"language": "en", "set": "test", "split": "train"}, "rows-1", "train"),
    ],
)
def test_names_and_metadata(fields: dict[str, Any], id: str, meta: str, tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, {"source_text": TEXT, "privacy_mask": [], **fields})
    assert made.ids == [id]
    assert made.documents[0].meta == {"language": "en", "split": meta}
    assert made.notes == ["no spans in 1 document"]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"privacy_mask": MASK}, "no text"),
        ({"source_text": "", "privacy_mask": MASK}, "no text"),
        ({"source_text": TEXT}, "not annotated"),
        ({"source_text": TEXT, "privacy_mask": None}, "not annotated"),
        ({"unmasked_text": TEXT, "privacy_mask": PLACEHOLDERS}, "not annotated"),
        ({"source_text": TEXT, "privacy_mask": PRINTED.replace("}\n", "} ... ")}, "wrong shape"),
        ({"source_text": TEXT, "privacy_mask": [{"value": "Mira", "label": "A"}]}, "offsets"),
        ({"source_text": TEXT, "privacy_mask": [{**MASK[0], "value": "Quall"}]}, "offsets"),
        ({"source_text": TEXT, "privacy_mask": [{**MASK[0], "label": None}]}, "no label"),
        ({"source_text": TEXT, "privacy_mask": [{**MASK[0], "end": 99}]}, "offsets"),
        (
            {
                "unmasked_text": TEXT,
                "privacy_mask": {"[NAME_1]": "Mina"},
                "span_labels": '[[0, 4, "NAME_1"]]',
            },
            "offsets",
        ),
        ({"source_text": "a \ud83d b", "privacy_mask": []}, "broken line"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "x", **record}) + "\n")
    made = outcome(READER, path)
    assert made.kinds == [kind]
    assert not any(word in made.problems[0].reason for word in ("Mira", "Quell", "Quall"))


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_tables(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{suffix}"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, delimiter="\t" if suffix == "tsv" else ",")
        rows.writerow(["source_text", "privacy_mask", "language", "id"])
        rows.writerow([f'{TEXT}\n"more"', PRINTED, "en", "7"])
        rows.writerow(["nothing", "[]", "en", "8"])
    assert READER.sniff(read_head(path)) > 0.9
    made = outcome(READER, path)
    assert made.problems == []
    assert (made.ids, made.surfaces) == (["7", "8"], [["Mira", "Quell"], []])
    assert made.documents[0].text == f'{TEXT}\n"more"'


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "train-00000-of-00001.parquet"
    rows = [
        {"source_text": TEXT, "privacy_mask": MASK, "uid": 1},
        {"source_text": "nothing", "privacy_mask": [], "uid": 2},
    ]
    parquet.write_table(pa.Table.from_pylist(rows), path)
    assert READER.sniff(read_head(path)) > 0.9
    assert outcome(READER, path).surfaces == [["Mira", "Quell"], []]


@pytest.mark.parametrize(
    "name",
    [
        "ai4privacy_200k_300k.jsonl",
        "ai4privacy_200k_via_pandas_numpy_repr.jsonl",
        "ai4privacy_openpii_1m.jsonl",
        "isotonic_200k.jsonl",
    ],
)
def test_documented_shapes(name: str, shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs" / name
    made = outcome(READER, path)
    assert made.problems == []
    assert made.documents[0].text == SAMPLE
    assert made.surfaces == [SAMPLE_SURFACES]
    assert made.labels == [["GIVENNAME", "SURNAME", "EMAIL", "PHONE"]]
    assert "count code points, ends excluded (verified on 4 spans" in made.notes[0]
    assert READER.sniff(read_head(path)) > 0.9
