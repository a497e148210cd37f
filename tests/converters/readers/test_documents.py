"""The canonical form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Rejected
from pii_sft.converters.readers.documents import READER
from pii_sft.spans import Document

SPAN = {"start": 0, "end": 3, "label": "PERSON"}


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"text": "Ann", "spans": [{**SPAN, "end": 4}]}, "offsets"),
        ({"text": "Ann", "spans": [{**SPAN, "start": 3}]}, "offsets"),
        ({"text": "Ann", "spans": [{**SPAN, "start": -1}]}, "offsets"),
        ({"text": "Ann", "spans": [{**SPAN, "label": ""}]}, "no label"),
        ({"text": "Ann", "spans": [{"start": 0, "end": 3}]}, "wrong shape"),
        ({"text": "Ann", "spans": [{**SPAN, "start": "0"}]}, "wrong shape"),
        ({"text": "Ann", "spans": [{**SPAN, "start": 0.5}]}, "wrong shape"),
        ({"text": "Ann", "spans": None}, "wrong shape"),
        ({"text": "Ann"}, "wrong shape"),
        ({"spans": []}, "wrong shape"),
        ({"text": None, "spans": []}, "wrong shape"),
        ([], "wrong shape"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"\n{json.dumps(row)}\n")
    (made,) = READER.read(path)
    assert isinstance(made, Rejected)
    assert (made.problem.kind, made.problem.line) == (kind, 2)
    assert made.raw == json.dumps(row).encode()


@pytest.mark.parametrize(
    ("row", "certain"),
    [
        ({"text": "Ann", "spans": [SPAN]}, True),
        ({"text": "Ann", "spans": []}, True),
        ({"text": "Ann", "spans": [{**SPAN, "token_start": 0}]}, False),
        ({"text": "Ann", "spans": "[]"}, False),
        ({"text": "Ann", "spans": [3]}, False),
        ({"full_text": "Ann", "spans": [SPAN]}, False),
    ],
)
def test_sniff(row: Any, certain: bool) -> None:
    assert (READER.sniff(Head(Path("x"), json.dumps(row).encode())) > 0.5) is certain


LAYOUTS = {
    "array": json.dumps,
    "indented array": lambda rows: json.dumps(rows, indent=2),
    "indented objects": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    "lines": lambda rows: "\n".join(map(json.dumps, rows)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_documents_may_stand_in_any_layout(layout: str, tmp_path: Path) -> None:
    rows = [{"id": name, "text": "Ann", "spans": [SPAN]} for name in "abc"]
    rows.append({"text": "Ann", "spans": [{**SPAN, "end": 9}]})
    path = tmp_path / "rows.json"
    path.write_text(LAYOUTS[layout](rows))
    *made, bad = READER.read(path)
    assert [each.id for each in made if isinstance(each, Document)] == ["a", "b", "c"]
    assert isinstance(bad, Rejected)
    assert bad.problem.kind == "offsets"
    assert READER.by_line(path) == (layout == "lines")
    assert READER.sniff(Head(path, path.read_bytes())) > 0.9


def test_a_broken_first_line_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "Ann", "spans": [\n{"text": "Ann", "spans": []}\n')
    bad, good = READER.read(path)
    assert isinstance(bad, Rejected)
    assert isinstance(good, Document)
