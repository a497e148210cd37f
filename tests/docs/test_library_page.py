"""The sessions on the page about Python, run as they stand there."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

NOTES = [
    ("n1", "Ann Lee lives in Rome.", [(0, 7, "PERSON"), (17, 21, "CITY")]),
    ("n2", "Write to Bo Ek.", [(9, 14, "PERSON")]),
    ("n3", "Order 12 was shipped.", []),
    ("n4", "Oslo is cold.", [(0, 4, "CITY")]),
]


def test_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "id": id,
            "text": text,
            "spans": [{"start": at, "end": end, "label": label} for at, end, label in spans],
        }
        for id, text, spans in NOTES
    ]
    Path("notes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = (ROOT / "docs/library.md").read_text("utf-8")
    session = "\n".join(re.findall(r"```python\n(>>>.*?)```", page, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(session, {}, "library.md", "docs/library.md", 0)
    assert len(test.examples) > 15
    said: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert not done.failed, "".join(said)
