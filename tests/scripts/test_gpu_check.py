"""The check for machines with a GPU, as far as a CPU can do it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "scripts/gpu-check"


def checked(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, words)],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_gpu_it_says_so_and_makes_nothing(tmp_path: Path) -> None:
    if shutil.which("nvidia-smi"):
        pytest.skip("there is a GPU")
    done = checked(tmp_path)
    assert done.returncode == 2
    assert "no GPU here" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_report_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    done = checked(tmp_path, "--cpu", "--out", "old")
    assert done.returncode == 2
    assert "old exists" in done.stderr
    assert not list((tmp_path / "old").iterdir())


def test_steps_after_the_end_of_the_time_are_skipped(tmp_path: Path) -> None:
    done = checked(tmp_path, "--cpu", "--out", "out", "--model", tmp_path, "--minutes", "0")
    assert done.returncode == 0, done.stderr
    steps = json.loads((tmp_path / "out/report.json").read_text("utf-8"))["steps"]
    assert {step["state"] for step in steps} == {"skipped"}
