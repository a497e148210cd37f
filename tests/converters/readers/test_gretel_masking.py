"""The data set of gretel with strings and no offsets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.gretel_masking import READER as MASKING
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, of_json, outcome

TEXT = "Mira 😀 Quell and Quell"
LABELS = ["givenname", "surname", "email", "phone"]


def test_every_occurrence_or_the_first(tmp_path: Path) -> None:
    record = {"uid": "u", "text": TEXT, "entities": "[{'entity': 'Quell', 'types': ['name']}]"}
    every = of_json(MASKING, tmp_path, record)
    assert (every.ids, every.surfaces) == (["u"], [["Quell", "Quell"]])
    assert "1 stand in their text more often than they are listed, all are marked" in every.notes[0]
    first = of_json(configured(MASKING, {"occurrences": "first"}), tmp_path, record)
    assert [span.start for span in first.documents[0].spans] == [7]


def test_several_types_and_quotes(tmp_path: Path) -> None:
    text = 'He said "O\'Neill" 😀'
    entities = repr([{"entity": "O'Neill", "types": ["name", "surname"]}])
    made = of_json(MASKING, tmp_path, {"text": text, "entities": entities})
    assert (made.surfaces, made.labels) == ([["O'Neill"] * 2], [["name", "surname"]])


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"entities": "[]"}, "no text"),
        ({"text": TEXT}, "not annotated"),
        ({"text": TEXT, "entities": None}, "not annotated"),
        ({"text": TEXT, "entities": "[{'entity': 'Zora', 'types': ['name']}]"}, "not in text"),
        ({"text": TEXT, "entities": "[{'entity': 'Quell', 'types': []}]"}, "no label"),
        ({"text": TEXT, "entities": "[{'types': ['name']}]"}, "wrong shape"),
        ({"text": TEXT, "entities": "[{'entity': open('/etc/passwd')}]"}, "wrong shape"),
    ],
)
def test_masking_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(MASKING, tmp_path, {"uid": "u7", **record})
    assert made.kinds == [kind]
    assert made.problems[0].id == "u7"
    assert not any(word in made.problems[0].reason for word in ("Quell", "Zora", "passwd"))


@pytest.mark.parametrize(
    ("record", "least", "most"),
    [
        ({"text": "a", "entities": "[]", "uid": "u", "domain": "d"}, 0.9, 1),
        ({"text": "a", "entities": "[{'entity': 'a', 'types': ['x']}]"}, 0.9, 1),
        ({"text": "a", "entities": "[]"}, 0, 0),
        ({"text": "a", "entities": []}, 0, 0),
        ({"entities": "[]"}, 0, 0),
    ],
)
def test_sniff(record: dict[str, Any], least: float, most: float, tmp_path: Path) -> None:
    of_json(MASKING, tmp_path, record)
    assert least <= MASKING.sniff(read_head(tmp_path / "rows.json")) <= most


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/gretel_pii_masking_en_v1.jsonl"
    made = outcome(MASKING, path)
    assert made.problems == []
    assert made.documents[0].text == SAMPLE
    assert (made.surfaces, made.labels) == ([SAMPLE_SURFACES], [LABELS])
    assert MASKING.sniff(read_head(path)) > 0.9
