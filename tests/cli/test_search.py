"""`train --search`: what it refuses, shows and suggests, with trials that take no time."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.errors import PiiSftError
from pii_sft.recipe import shipped_recipe
from pii_sft.training.search import trial as search_trial
from pii_sft.training.search.study import Attempt, Goal, Report, Run

pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a recipe and a space; nothing there can really train."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    (tmp_path / "s.yaml").write_text("{learning_rate: {low: 0.001, high: 0.1}, lora_rank: [4]}")

    def unchecked(base: object, space: Any, warn: object) -> tuple[Path, Goal]:
        return Path("runs/s"), Goal("span_f1", True, space)

    monkeypatch.setattr(search_trial, "goal_of", unchecked)
    return tmp_path


def run_with(monkeypatch: pytest.MonkeyPatch, run: Run, *words: str) -> Result:
    monkeypatch.setattr(search_trial, "process_runner", lambda base: run)
    return CliRunner().invoke(cli, ["train", "r.yaml", "--search", "s.yaml", *words])


def rate(attempt: Attempt, report: Report) -> bool:
    if attempt.number == 1:
        return False
    report(float(str(attempt.values["learning_rate"])))
    return True


def test_table_best_and_command(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    done = run_with(monkeypatch, rate, "--trials", "3", "--entity-weight", "2")
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert rows[0] == ["trial", "state", "span_f1", "learning_rate", "lora_rank"]
    assert [row[1] if row[1] != "*" else row[2] for row in rows[2:5]] == [
        *("finished", "failed", "finished")
    ]
    assert sum("*" in row for row in rows[2:5]) == 1
    command = shlex.split(done.stdout.splitlines()[-1])
    assert command[:3] == ["pii-sft", "train", "r.yaml"]
    assert command[3].startswith("learning_rate=0.0")
    assert command[4:] == ["lora_rank=4", "lora_alpha=8", "--entity-weight", "2.0"]
    assert "pii-sft predict --run runs/s/trials/00" in done.stderr
    assert "trial 1: failed" in done.stderr


def test_no_trial_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_with(monkeypatch, lambda attempt, report: False, "--trials", "2")
    assert done.exit_code != 0
    assert isinstance(done.exception, (PiiSftError, SystemExit))
    assert "train.log" in done.stderr


def test_dry_run(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    done = run_with(monkeypatch, rate, "--dry-run")
    assert done.exit_code == 0
    assert done.stdout == "20 trials in runs/s, by span_f1\n"
    assert not (folder / "runs").exists()


def test_trials_without_a_search() -> None:
    done = CliRunner().invoke(cli, ["train", "r.yaml", "--trials", "3"])
    assert done.exit_code == 2
    assert "--search" in done.stderr


@pytest.mark.parametrize(
    ("space", "said"), [("none.yaml", "no readable search space"), ("r.yaml", "the same in all")]
)
def test_a_space_that_cannot_be(space: str, said: str) -> None:
    done = CliRunner().invoke(cli, ["train", "r.yaml", "--search", space])
    assert done.exit_code == 2
    assert said in done.stderr
