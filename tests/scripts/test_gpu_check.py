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
from tests.tiny_models import Tiny, tiny_model

__all__ = ["tiny_model"]

SCRIPT = ROOT / "scripts/gpu-check"
WORKS_ON_A_CPU = {
    *("machine", "synth", "convert", "quantise"),
    *("train-bf16", "estimate-bf16", "train-qlora", "estimate-qlora"),
    *("predict-float32", "score-float32", "predict-4bit", "score-4bit"),
}


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


@pytest.mark.train
def test_what_works_on_a_cpu_is_done_and_reported_without_a_text(
    tmp_path: Path, tiny_model: Tiny
) -> None:
    few = ["--steps", "2", "--documents", "20"]
    done = checked(tmp_path, "--cpu", "--out", "out", "--model", tiny_model("Qwen3"), *few)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "out/report.json").read_text("utf-8")
    found = json.loads(text)
    steps = {step["step"]: step for step in found["steps"]}
    assert {name for name, step in steps.items() if step["state"] == "done"} == WORKS_ON_A_CPU
    assert found["skipped"] == len(steps) - len(WORKS_ON_A_CPU)
    assert steps["train-qlora"]["figures"]["tokens_per_second"] > 0
    assert steps["estimate-bf16"]["figures"].keys() == {"estimate_gb", "measured_gb"}
    assert steps["predict-4bit"]["figures"]["documents"] > 0
    page = (tmp_path / "out/report.md").read_text("utf-8")
    documents = (tmp_path / "out/documents.jsonl").read_text("utf-8").splitlines()
    for row in map(json.loads, documents):
        assert row["text"] not in text + page
    assert str(tmp_path) not in text + page
