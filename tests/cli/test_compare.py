"""`pii-sft compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.evaluators.comparison.systems import systems, write


def test_the_command(tmp_path: Path, pii_sft: Program) -> None:
    write(tmp_path, systems(40, 0.3, 0.1))
    words = ["compare", "a.jsonl", "b.jsonl", "--gold", "gold.jsonl", "--randomisations", "99"]
    done = pii_sft(*words, "--json", "c.json", env=_narrow())
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for part in ("B - A on 40 documents", "strict recall", "strict f1 by label", "p holm"):
        assert part in done.stdout
    assert "documents that changed most" in done.stdout
    assert "xxx" not in done.stdout + (tmp_path / "c.json").read_text()
    assert json.loads((tmp_path / "c.json").read_text())["documents"] == 40


def test_the_command_for_one_scheme(tmp_path: Path, pii_sft: Program) -> None:
    write(tmp_path, systems(40, 0.3, 0.1))
    words = ["compare", "a.jsonl", "a.jsonl", "--gold", "gold.jsonl", "--randomisations", "9"]
    done = pii_sft(*words, "--scheme", "type", "--ci", "0", "--json", "-")
    found = json.loads(done.stdout)
    assert list(found["schemes"]) == ["type"]
    assert found["schemes"]["type"]["f1"]["p"] == 1.0
    table = pii_sft(*words, "--scheme", "type", "--ci", "0")
    assert "interval" not in table.stdout.splitlines()[4]
    assert "changed most" not in table.stdout


@pytest.mark.parametrize(
    ("shape", "beginning"),
    [
        ("markdown", "**B - A on 40 documents**"),
        ("latex", "% \\usepackage{booktabs}"),
        ("csv", "table,row,a,b,difference,low,high,p,p_bootstrap,p_adjusted"),
    ],
)
def test_the_command_in_other_formats(
    tmp_path: Path, pii_sft: Program, shape: str, beginning: str
) -> None:
    write(tmp_path, systems(40, 0.3, 0.1))
    words = ["compare", "a.jsonl", "b.jsonl", "--gold", "gold.jsonl", "--randomisations", "9"]
    done = pii_sft(*words, "--format", shape)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == beginning
    silent = pii_sft(*words, "--format", shape, "--json", "-")
    assert json.loads(silent.stdout)["documents"] == 40


def test_the_command_refuses_an_existing_file_first(tmp_path: Path, pii_sft: Program) -> None:
    (tmp_path / "c.json").write_text("{}")
    (tmp_path / "p.jsonl").write_text('{"id":"a","spans":[]}\n')
    (tmp_path / "g.jsonl").write_text('{"id":"a","text":"x","spans":[]}\n')
    done = pii_sft("compare", "p.jsonl", "p.jsonl", "--gold", "g.jsonl", "--json", "c.json")
    assert done.returncode == 2
    assert "--overwrite" in done.stderr


def _narrow() -> dict[str, str]:
    import os

    return {**os.environ, "COLUMNS": "80"}
