from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.files import write_documents
from pii_sft.spans import Document, Span

DOCUMENTS = 40


def runs(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["runs", *map(str, words)])


def make_run(folder: Path, gold: Path, *, found: int, rate: float, seconds: float) -> None:
    """A run that finds the name in the first `found` documents."""
    folder.mkdir(parents=True)
    run = {
        "recipe": "r.yaml", "settings": {"learning_rate": rate, "output_dir": str(folder)},
        "dataset": "data", "manifest_sha256": "0123456789abcdef", "target": "json",
        "prompt": {"version": "short-1", "system": "s", "before": "", "after": ""}, "versions": {},
    }  # fmt: skip
    (folder / "pii_sft.json").write_text(json.dumps(run))
    rows = [
        {"step": s, "loss": 1 / s, "tokens_per_second": 100, "seconds": seconds * s / 4}
        for s in range(1, 5)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": [], "global_step": 4}))
    answers = [
        {"id": f"d{n}", "spans": [{"start": 0, "end": 3, "label": "NAME"}] if n < found else [],
         "output": "", "finish_reason": "stop", "issues": []}
        for n in range(DOCUMENTS)
    ]  # fmt: skip
    (folder / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    meta = {"gold": str(gold), "serving": {"target": "json"}}
    (folder / "predictions.meta.json").write_text(json.dumps(meta))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    gold = tmp_path / "gold.jsonl"
    write_documents(
        gold, [Document(f"d{n}", "Ann went", (Span(0, 3, "NAME"),)) for n in range(DOCUMENTS)]
    )
    make_run(tmp_path / "runs/good", gold, found=38, rate=2e-4, seconds=60)
    make_run(tmp_path / "runs/close", gold, found=37, rate=1e-4, seconds=90)
    make_run(tmp_path / "runs/search/trials/001", gold, found=12, rate=1e-5, seconds=30)
    return tmp_path / "runs"


def test_runs_are_listed_best_first_with_what_is_more_than_chance(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(runs(folder, "--csv", "-").output)))
    assert [Path(row["run"]).name for row in rows] == ["good", "close", "001"]
    assert [float(row["recall"]) for row in rows] == [0.95, 0.925, 0.3]
    assert rows[0]["p"] == ""
    assert float(rows[1]["p"]) > 0.05
    assert float(rows[2]["p"]) < 0.05
    assert [float(row["seconds"]) for row in rows] == [60, 90, 30]
    assert [float(row["tokens"]) for row in rows] == [6000, 9000, 3000]
    assert float(rows[0]["f1_low"]) < float(rows[0]["f1"]) < float(rows[0]["f1_high"])


def test_the_table_names_runs_recipes_and_data(folder: Path) -> None:
    shown = runs(folder).output
    assert "01234567" in shown
    assert "best" in shown
    assert "0:01:00" in shown


def test_two_runs_side_by_side(folder: Path) -> None:
    done = runs("compare", folder / "good", folder / "search/trials/001", "--csv", "-")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(done.output))}
    assert (rows["learning_rate"]["a"], rows["learning_rate"]["b"]) == ("0.0002", "1e-05")
    assert "output_dir" not in rows
    assert float(rows["strict recall"]["b"]) == 0.3
    assert float(rows["strict f1"]["p"]) < 0.05
    assert float(rows["seconds"]["a"]) == 60
    assert "learning_rate" in runs("compare", folder / "good", folder / "close").output


def test_predictions_that_can_not_be_scored_are_named(folder: Path) -> None:
    (folder / "close/predictions.jsonl").write_text('{"id": "other", "spans": []}\n')
    done = runs(folder)
    assert done.exit_code == 0
    assert "no scores: no prediction" in done.stderr


def test_a_damaged_run_does_not_hide_the_others(folder: Path) -> None:
    (folder / "close/pii_sft.json").write_text("{")
    done = runs(folder, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert [Path(row["run"]).name for row in rows] == ["good", "001", "close"]
    assert "Input data was truncated" in runs(folder).stderr


def test_runs_without_predictions_are_told_how_to_get_scores(folder: Path) -> None:
    scored = runs(folder)
    assert "more than chance" in scored.output
    assert "no predictions" not in scored.output
    for path in folder.rglob("predictions.*"):
        path.unlink()
    shown = runs(folder)
    assert "more than chance" not in shown.output
    assert "3 runs have no predictions" in shown.output
    assert f"pii-sft predict --run {folder / 'close'}" in " ".join(shown.output.split())
    beside = runs("compare", folder / "good", folder / "close")
    assert "2 runs have no predictions" in beside.output


def test_a_folder_of_runs_is_not_compared_as_one(folder: Path) -> None:
    refused = runs("compare", folder, folder / "good")
    assert refused.exit_code == 2
    assert "holds no run" in refused.output


def test_folders_without_runs_are_refused(tmp_path: Path) -> None:
    assert "There is no run in" in runs(tmp_path).output
    assert "There is no folder" in runs(tmp_path / "gone").output
    assert runs("compare", tmp_path / "a", tmp_path / "b").exit_code == 2
