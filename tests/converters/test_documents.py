"""The canonical form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Rejected
from pii_sft.converters.readers.documents import READER

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
