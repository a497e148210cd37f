"""Inputs of the commands that are interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.inference.tuning.conftest import simulated
from tests.inference.tuning.test_tune_run import stored
from tests.reliability.faults import CANARY


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs; each text has a word that nothing else has."""
    folder = tmp_path_factory.mktemp("given")
    for name, who in (("new", "Ann Lee"), ("old", "Bob Ray")):
        rows = [
            {
                "id": f"{name}{number}",
                "text": f"{who} {CANARY.decode()} {number} lives in Rome. " + "More. " * 40,
                "spans": [{"start": 0, "end": 7, "label": "PERSON"}],
            }
            for number in range(60)
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines)
    few = (folder / "new.jsonl").read_text().splitlines(keepends=True)[:10]
    (folder / "few.jsonl").write_text("".join(few))
    stored(folder, simulated(20, 1))
    (folder / "bad.jsonl").write_text((folder / "new.jsonl").read_text() + "broken KANARIE\n")
    return folder
