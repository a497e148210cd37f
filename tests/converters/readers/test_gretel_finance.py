"""The data set of gretel with offsets and no strings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.gretel_finance import READER as FINANCE
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, of_json, outcome

TEXT = "Mira 😀 Quell and Quell"
SPANS = '[{"start": 7, "end": 12, "label": "name"}]'
LABELS = ["givenname", "surname", "email", "phone"]


@pytest.mark.parametrize("spans", [SPANS, SPANS.replace('"', "'"), [[7, 12, "name"]]])
def test_spans_as_string_or_list(spans: Any, tmp_path: Path) -> None:
    record = {"generated_text": TEXT, "pii_spans": spans, "language": "English", "domain": "tax"}
    made = of_json(FINANCE, tmp_path, record)
    assert (made.ids, made.surfaces) == (["rows-1"], [["Quell"]])
    assert made.documents[0].meta == {"language": "English", "domain": "tax"}
    assert made.notes == [
        "offsets count code points, ends excluded (judged by 1 span that other units would cut)"
    ]


def test_utf_16_units_are_found_out(tmp_path: Path) -> None:
    spans = '[{"start": 8, "end": 13, "label": "name"}]'
    made = of_json(FINANCE, tmp_path, {"generated_text": TEXT, "pii_spans": spans})
    assert made.surfaces == [["Quell"]]
    assert "UTF-16 units" in made.notes[0]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"pii_spans": SPANS}, "no text"),
        ({"generated_text": TEXT}, "not annotated"),
        ({"generated_text": TEXT, "pii_spans": "null"}, "not annotated"),
        ({"generated_text": TEXT, "pii_spans": "[{"}, "wrong shape"),
        ({"generated_text": TEXT, "pii_spans": '["Quell"]'}, "wrong shape"),
        ({"generated_text": TEXT, "pii_spans": '[{"label": "x", "text": "Quell"}]'}, "offsets"),
        (
            {"generated_text": TEXT, "pii_spans": '[{"start": 9, "end": 99, "label": "x"}]'},
            "offsets",
        ),
    ],
)
def test_finance_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(FINANCE, tmp_path, record)
    assert made.kinds == [kind]
    assert made.problems[0].id == "rows-1"
    assert "Quell" not in made.problems[0].reason


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/gretel_finance_multilingual.jsonl"
    made = outcome(FINANCE, path)
    assert made.problems == []
    assert made.documents[0].text == SAMPLE
    assert (made.surfaces, made.labels) == ([SAMPLE_SURFACES], [LABELS])
    assert FINANCE.sniff(read_head(path)) > 0.9
