"""Trials: the words they train with, what is read of their logs, and how they end."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import UsageError
from pii_sft.recipe import load_recipe
from pii_sft.training.loop_settings import LoopSettings
from pii_sft.training.search import trial as search_trial
from pii_sft.training.search.study import Attempt
from pii_sft.training.search.trial import (
    LOG,
    Base,
    command_of,
    evaluations,
    goal_of,
    process_runner,
)
from tests.conftest import ROOT

RECIPE = ROOT / "recipes/qwen3_0_6b.yaml"
SPACE: Any = {"lora_rank": [8, 16]}


def base(loop: LoopSettings | None = None, *overrides: str) -> Base:
    def repeat(folder: Path, oversample: str) -> Path:
        return folder / oversample

    return Base(RECIPE, overrides, loop or LoopSettings(), repeat)


def test_words_of_a_trial() -> None:
    values = {"learning_rate": 1e-3, "entity_weight": 2, "oversample": "auto"}
    words = base(LoopSettings(early_stop=3, role_weights={"end": 4.0}), "+rslora").words(
        values, Path("a b/trials/000")
    )
    assert words == [
        str(RECIPE),
        "+rslora",
        "learning_rate=0.001",
        "dataset_dir=data/pii/auto",
        'output_dir="a b/trials/000"',
        "--entity-weight",
        "2.0",
        "--early-stop",
        "3",
        "--role-weight",
        "end=4.0",
    ]
    recipe = load_recipe(RECIPE, words[1:5])
    assert recipe["output_dir"] == "a b/trials/000"
    assert recipe["learning_rate"] == 1e-3


def test_without_oversampling_the_data_set_is_that_of_the_recipe() -> None:
    assert command_of(base(), {"oversample": "off", "focal_gamma": 0}) == [
        *("pii-sft", "train", str(RECIPE))
    ]


def test_evaluations_by_step_without_the_one_behind_the_end(tmp_path: Path) -> None:
    rows = [
        '{"step":3,"loss":1.0}',
        '{"step":3,"eval_span_f1":0.2}',
        '{"step":6,"eval_span_f1":0.1}',
        '{"step":6,"eval_span_f1":0.2}',
        '{"step":9,"eval_sp',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(rows))
    assert evaluations(tmp_path, "eval_span_f1") == [0.2, 0.1]
    assert evaluations(tmp_path / "none", "eval_span_f1") == []


@pytest.mark.parametrize(
    ("loop", "overrides", "said"),
    [
        (LoopSettings(), ("eval_strategy=no", "load_best_model_at_end=false"), "no evaluations"),
        (LoopSettings(eval_documents=0), (), "--select-by eval_loss"),
        (LoopSettings(focal_gamma=-1), (), "--focal-gamma"),
        (LoopSettings(), ("dataset_dir=nowhere",), "no data set in nowhere"),
    ],
)
def test_what_no_search_can_start_from(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loop: LoopSettings,
    overrides: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        goal_of(base(loop, *overrides), SPACE, lambda finding: None)


@pytest.mark.parametrize(("name", "value"), [("LOCAL_RANK", "0"), ("NNODES", "2")])
def test_several_machines(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="one machine"):
        goal_of(base(), SPACE, lambda finding: None)


PROGRAM = """
import os, signal, subprocess, sys, time
folder, how = sys.argv[1:]
if how == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(folder + "/pids", "w") as stream:
    stream.write(f"{os.getpid()} {child.pid}")
with open(folder + "/metrics.jsonl", "a") as stream:
    for step in (1, 2):
        stream.write('{"step":%d,"eval_span_f1":0.%d}\\n' % (step, step))
print("Ann Lee")
if how in ("fails", "ends"):
    child.kill()
    sys.exit(how == "fails")
time.sleep(600)
"""


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    return Attempt(0, tmp_path, {})


def run_as(
    how: str, monkeypatch: pytest.MonkeyPatch, attempt: Attempt, prune_at: int
) -> tuple[bool, list[float]]:
    command = [sys.executable, "-c", PROGRAM, str(attempt.folder), how]
    monkeypatch.setattr(search_trial, "plain_command", lambda words: command)
    monkeypatch.setattr(search_trial, "SECONDS_TO_END", 0.5)
    reported: list[float] = []

    def report(value: float) -> bool:
        reported.append(value)
        return len(reported) == prune_at

    return process_runner(base())(attempt, report), reported


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(200):
        if not runs(pid):
            return True
        time.sleep(0.05)
    return False


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("how", "well"), [("ends", True), ("fails", False)])
def test_a_process_that_ends(
    monkeypatch: pytest.MonkeyPatch, attempt: Attempt, how: str, well: bool
) -> None:
    assert run_as(how, monkeypatch, attempt, prune_at=0) == (well, [0.1, 0.2])
    log = attempt.folder / LOG
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert log.read_text() == "Ann Lee\n"


@pytest.mark.parametrize("how", ["obeys", "stubborn"])
def test_a_pruned_process_is_gone_with_those_it_started(
    monkeypatch: pytest.MonkeyPatch, attempt: Attempt, how: str
) -> None:
    assert run_as(how, monkeypatch, attempt, prune_at=2) == (False, [0.1, 0.2])
    assert all(gone(int(pid)) for pid in (attempt.folder / "pids").read_text().split())


SEARCHING = """
import sys
from pathlib import Path
from pii_sft.training.search import trial as search_trial
from pii_sft.training.loop_settings import LoopSettings
from pii_sft.training.search.study import Attempt

program, folder = sys.argv[1:]
command = [sys.executable, "-c", program, folder, "obeys"]
search_trial.plain_command = lambda words: command
recipe = Path("recipes/qwen3_0_6b.yaml")
base = search_trial.Base(recipe, (), LoopSettings(), lambda data, value: data)
search_trial.process_runner(base)(Attempt(0, Path(folder), {}), lambda value: False)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is of Linux")
def test_a_killed_search_takes_its_trial_along(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with subprocess.Popen([sys.executable, "-c", SEARCHING, PROGRAM, tmp_path], cwd=ROOT) as search:
        while not (pids.exists() and len(pids.read_text().split()) == 2):
            assert search.poll() is None
            time.sleep(0.05)
        trial, child = map(int, pids.read_text().split())
        search.kill()
    try:
        assert gone(trial)
    finally:
        os.kill(child, signal.SIGKILL)
