"""Our training loop beside LLaMA-Factory's own, on a tiny Qwen3 with the real tokenizer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pii_sft.recipe import shipped_recipe
from pii_sft.training.metrics_log import read_metrics
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

LlamaFactory = Callable[..., "subprocess.CompletedProcess[str]"]

CLOSE = 2e-5
FEW_STEPS = (
    "max_steps=6",
    "per_device_train_batch_size=2",
    "preprocessing_num_workers=1",
    "logging_steps=1",
    "use_cpu=true",
    "bf16=false",
    "lora_dropout=0",
    "eval_strategy=steps",
    "eval_steps=3",
    "save_strategy=steps",
    "save_steps=3",
)


@pytest.fixture
def words(
    tmp_path: Path, people_file: Path, pii_sft: Program, tiny_model: Tiny
) -> Callable[..., list[str]]:
    """A converted data set and a recipe; gives the words behind `train`."""
    done = pii_sft("convert", people_file)
    assert done.returncode == 0, done.stderr
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))

    def make(folder: str, *more: str) -> list[str]:
        model = f"model_name_or_path={tiny_model('Qwen3')}"
        return ["train", "r.yaml", model, f"output_dir=runs/{folder}", *FEW_STEPS, *more]

    return make


def curve(folder: Path, *names: str) -> list[tuple[float, ...]]:
    """Figures of the training steps, from the state that the trainer saves."""
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return [tuple(row[name] for name in names) for row in history if "loss" in row]


def same(ours: Sequence[tuple[float, ...]], theirs: Sequence[tuple[float, ...]]) -> None:
    assert len(ours) == len(theirs) > 0
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, rel=CLOSE)


@pytest.mark.parametrize("accumulation", [1, 3])
def test_same_curve_as_llamafactory(
    tmp_path: Path,
    words: Callable[..., list[str]],
    pii_sft: Program,
    llamafactory: LlamaFactory,
    accumulation: int,
) -> None:
    """With weights of one and no focus, through the stock path and through the weighted one."""
    steps = f"gradient_accumulation_steps={accumulation}"
    theirs = llamafactory(*words("theirs", steps))
    assert theirs.returncode == 0, theirs.stderr[-3000:]
    expected = curve(tmp_path / "runs/theirs", "loss", "grad_norm", "learning_rate")
    for name, options in (
        ("plain", ["--eval-documents", "0", "--select-by", "eval_loss"]),
        ("weighted", ["--eval-documents", "3", "--role-weight", "scaffold=1.000000001"]),
    ):
        ours = pii_sft(*words(name, steps), *options)
        assert ours.returncode == 0, ours.stderr[-3000:]
        same(curve(tmp_path / f"runs/{name}", "loss", "grad_norm", "learning_rate"), expected)
        same(
            curve(tmp_path / f"runs/{name}", "plain_loss"),
            [(loss,) for loss, *_ in expected],
        )


def test_weights_and_focus_change_the_loss_and_not_the_plain_one(
    tmp_path: Path, words: Callable[..., list[str]], pii_sft: Program
) -> None:
    off = ("--eval-documents", "0", "--select-by", "eval_loss")
    still = "learning_rate=1e-12"
    for name, options in (
        ("plain", ()),
        ("weighted", ("--entity-weight", "5")),
        ("focal", ("--focal-gamma", "2")),
    ):
        done = pii_sft(*words(name, still), *off, *options)
        assert done.returncode == 0, done.stderr[-3000:]
    plain = curve(tmp_path / "runs/plain", "loss")
    for name in ("weighted", "focal"):
        same(curve(tmp_path / f"runs/{name}", "plain_loss"), plain)
        losses = curve(tmp_path / f"runs/{name}", "loss")
        assert any(
            ours != pytest.approx(plains, rel=1e-6)
            for ours, plains in zip(losses, plain, strict=True)
        )


def test_spans_choose_the_best_and_no_log_quotes_the_data(
    tmp_path: Path, words: Callable[..., list[str]], pii_sft: Program
) -> None:
    done = pii_sft(*words("spans"), "--eval-documents", "3", "--select-by", "span_recall")
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [row for row in read_metrics(tmp_path / "runs/spans") if "eval_span_recall" in row]
    assert [row["step"] for row in rows] == [3, 6]
    trained = [row for row in read_metrics(tmp_path / "runs/spans") if "loss" in row]
    assert all(0.1 < row["memory_gb"] < 100 for row in trained)
    assert all(0 <= row[f"eval_span_{name}"] <= 1 for row in rows for name in ("f1", "f2", "cut"))
    state = json.loads((tmp_path / "runs/spans/trainer_state.json").read_text())
    assert state["best_model_checkpoint"]
    assert state["best_metric"] == max(row["eval_span_recall"] for row in rows)
    logged = [row for row in state["log_history"] if "eval_span_recall" in row]
    assert len(logged) == 2
    best = next(row for row in rows if row["step"] == state["best_global_step"])
    result = json.loads((tmp_path / "runs/spans/eval_results.json").read_text())
    assert {name: result[name] for name in ("eval_loss", "eval_span_f1", "eval_span_seconds")} == {
        name: best[name] for name in ("eval_loss", "eval_span_f1", "eval_span_seconds")
    }, "the result of a run was evaluated twice"
    before = (tmp_path / "runs/spans/train_results.json").read_bytes()
    repeated = pii_sft(*words("spans"), "--eval-documents", "3", "--select-by", "span_recall")
    assert repeated.returncode == 0, repeated.stderr[-3000:]
    assert "is finished" in repeated.stderr
    assert (tmp_path / "runs/spans/train_results.json").read_bytes() == before
    assert "Failed to" not in done.stderr, "what another package misses reads like our failure"
    logs = done.stdout + done.stderr
    for path in (tmp_path / "runs").rglob("*"):
        if path.suffix in (".json", ".jsonl", ".md", ".txt") and "token" not in path.name:
            logs += path.read_text("utf-8")
    assert "Ann Lee" not in logs
    assert "@x.org" not in logs


def killed_at(step: int, command: Sequence[str], folder: Path, log: Path) -> None:
    """Start a program, and kill it as soon as its log holds a step."""
    with subprocess.Popen(
        [sys.executable, "-m", "pii_sft", *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as program:
        while program.poll() is None:
            rows = read_metrics(log) if log.is_dir() else []
            if any(row["step"] >= step for row in rows):
                os.killpg(program.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        assert program.wait() == -signal.SIGKILL


def test_a_killed_run_ends_like_one_that_was_not(
    tmp_path: Path, words: Callable[..., list[str]], pii_sft: Program
) -> None:
    import torch
    from safetensors.torch import load_file

    options = ("--eval-documents", "2", "--entity-weight", "2")
    whole = pii_sft(*words("whole"), *options)
    assert whole.returncode == 0, whole.stderr[-3000:]

    killed_at(5, [*words("killed"), *options], tmp_path, tmp_path / "runs/killed")
    half = tmp_path / "runs/killed/checkpoint-5"
    half.mkdir(exist_ok=True)
    (half / "adapter_model.safetensors").write_bytes(b"half")
    other = pii_sft(*words("killed", "learning_rate=3e-4"), *options)
    assert other.returncode == 2
    assert "learning_rate" in other.stderr
    resumed = pii_sft(*words("killed"), *options)
    assert resumed.returncode == 0, resumed.stderr[-3000:]
    assert "Going on from runs/killed/checkpoint-3." in resumed.stderr
    assert (tmp_path / "runs/killed/incomplete-checkpoint-5").is_dir()

    figures = ("step", "loss", "plain_loss", "grad_norm", "learning_rate")
    ours, expected = (
        [tuple(row[name] for name in figures) for row in read_metrics(path) if "loss" in row]
        for path in (tmp_path / "runs/killed", tmp_path / "runs/whole")
    )
    same(ours, expected)
    adapters: list[dict[str, Any]] = [
        load_file(tmp_path / f"runs/{name}/checkpoint-6/adapter_model.safetensors")
        for name in ("whole", "killed")
    ]
    assert adapters[0].keys() == adapters[1].keys()
    for name, weight in adapters[0].items():
        torch.testing.assert_close(weight, adapters[1][name])


def test_a_loss_that_is_no_number_ends_with_advice(
    tmp_path: Path, words: Callable[..., list[str]], pii_sft: Program
) -> None:
    done = pii_sft(
        *words("bad", "learning_rate=1e38", "warmup_steps=0", "max_grad_norm=0"),
        "--eval-documents",
        "0",
        "--select-by",
        "eval_loss",
    )
    assert done.returncode == 2, done.stderr[-2000:]
    assert "diverged" in done.stderr
    assert "learning_rate" in done.stderr
    assert not list((tmp_path / "runs/bad").glob("checkpoint-*"))


def test_two_processes_and_two_nodes_learn_like_one_with_accumulation(
    tmp_path: Path, words: Callable[..., list[str]], pii_sft: Program
) -> None:
    options = ("--eval-documents", "3", "--entity-weight", "2")
    sequential = "train_sampling_strategy=sequential"
    one = pii_sft(*words("one", "gradient_accumulation_steps=2", sequential), *options)
    assert one.returncode == 0, one.stderr[-3000:]
    together = ("gradient_accumulation_steps=1", sequential, "ddp_timeout=600")
    several = {**os.environ, "FORCE_TORCHRUN": "1", "OMP_NUM_THREADS": "1"}
    two = pii_sft(*words("two", *together), *options, env={**several, "NPROC_PER_NODE": "2"})
    assert two.returncode == 0, two.stderr[-3000:]
    for said in ("step 1  loss", "step 3  development loss", "The run is in runs/two."):
        assert two.stderr.count(said) == 1
    network = {"NNODES": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}

    def node(rank: str) -> subprocess.CompletedProcess[str]:
        own = {**several, **network, "NODE_RANK": rank, "NPROC_PER_NODE": "1"}
        return pii_sft(*words("nodes", *together), *options, env=own)

    with ThreadPoolExecutor() as pool:
        for done in pool.map(node, "01"):
            assert done.returncode == 0, done.stderr[-3000:]
    expected = figures(tmp_path / "runs/one")
    for name in ("two", "nodes"):
        ours = figures(tmp_path / f"runs/{name}")
        assert len(ours) == len(expected)
        for mine, other in zip(ours, expected, strict=True):
            assert mine == pytest.approx(other, rel=1e-3)
    spans = [span_f1(tmp_path / f"runs/{name}") for name in ("one", "two", "nodes")]
    assert len(spans[0]) == len(spans[1]) == len(spans[2]) > 0
    failed = pii_sft(
        *words("no", "model_name_or_path=nobody/nowhere"),
        env={**several, "NPROC_PER_NODE": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert failed.returncode == 2
    assert failed.stderr.count("Can't load the model nobody/nowhere") == 1
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "runs/no/pii_sft.json").exists()


def free_port() -> str:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return str(bound.getsockname()[1])


def figures(folder: Path) -> list[tuple[float, ...]]:
    return curve(folder, "loss", "plain_loss", "grad_norm", "learning_rate")


def span_f1(folder: Path) -> list[float]:
    return [row["eval_span_f1"] for row in read_metrics(folder) if "eval_span_f1" in row]
