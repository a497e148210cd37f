"""A conversion gives the same bytes, wherever and however often it is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.faults import contents

OPTIONS = (
    *("--to", "llamafactory,documents,conll", "--oversample", "auto", "--negatives", "0.5"),
    *("--augment", "swap=0.4,case=0.2,ocr=0.2", "--max-chars", "400", "--quiet"),
)
SETTINGS: dict[str, dict[str, str]] = {
    "hash seed, C locale, optimised": {
        "PYTHONHASHSEED": "7",
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONOPTIMIZE": "2",
    },
    "another hash seed, Turkish, time zone": {
        "PYTHONHASHSEED": "4711",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
    },
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "in.jsonl"
    rows = [
        {
            "id": f"d{number}",
            "text": f"Ann Lée{number} and \u0130lker live in R\u00f4me. " + "Mehr. " * number,
            "spans": [{"start": 0, "end": 7, "label": "PERSON"}] if number % 3 else [],
        }
        for number in range(120)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def converted(texts: Path, out: Path, workers: int = 1, **environment: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "pii_sft", "convert", texts, "--out", out, *OPTIONS]
    done = subprocess.run(
        [*command, "--workers", str(workers)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return contents(out)


@pytest.fixture(scope="module")
def usual(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    found = converted(texts, tmp_path_factory.mktemp("usual") / "o")
    assert len(found) > 10
    return found


def test_any_number_of_processes(usual: dict[str, bytes], texts: Path, tmp_path: Path) -> None:
    assert converted(texts, tmp_path / "o", workers=3) == usual


@pytest.mark.parametrize("setting", SETTINGS)
def test_any_setting_of_the_process(
    setting: str, usual: dict[str, bytes], texts: Path, tmp_path: Path
) -> None:
    assert converted(texts, tmp_path / "o", **SETTINGS[setting]) == usual
