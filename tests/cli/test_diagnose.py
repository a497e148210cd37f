from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pii_sft.cli import cli
from tests.diagnosis.planted import FAULTS, healthy, write


def diagnose(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["diagnose", *map(str, words)])


def broken(folder: Path) -> Path:
    log = healthy(3, rows=80, negative=False)
    FAULTS["sudden divergence"][1](log)
    return write(log, "trainer_log", folder)


def test_findings_are_printed_with_what_to_type(tmp_path: Path) -> None:
    done = diagnose(broken(tmp_path))
    assert done.exit_code == 0, done.output
    assert "loss-diverges" in done.output
    assert "$ pii-sft lr-range RECIPE" in done.output


def test_json_holds_figures(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    assert diagnose(broken(tmp_path), "--json", out).exit_code == 0
    found = json.loads(out.read_text())["findings"]
    assert found[0]["id"] == "loss-diverges"
    assert found[0]["severity"] == "error"
    assert found[0]["figures"]["end"] > found[0]["figures"]["best"]
    assert diagnose(broken(tmp_path), "--json", out).exit_code == 2


def test_strict_ends_with_1_only_if_something_was_found(tmp_path: Path) -> None:
    assert diagnose(broken(tmp_path), "--strict").exit_code == 1
    assert diagnose(write(healthy(4), "metrics", tmp_path), "--strict").exit_code == 0


def test_mistakes_are_explained(tmp_path: Path) -> None:
    assert "There is nothing at" in diagnose(tmp_path / "gone").output
    assert "is no run: it holds none of" in diagnose(tmp_path).output
    done = diagnose(broken(tmp_path), "--goal", "recal=0.9")
    assert done.exit_code == 2
    assert "write precision=0.9 or recall=0.9" in done.output
