"""Training in processes of Ray, as LLaMA-Factory starts them; as far as it goes on a CPU."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from pii_sft.recipe import laid_over, shipped_recipe
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"),
]

STEPS = 2
SETTINGS = (
    f"max_steps={STEPS}",
    "per_device_train_batch_size=2",
    "preprocessing_num_workers=1",
    "logging_steps=1",
    "use_cpu=true",
    "eval_strategy='no'",
    "load_best_model_at_end=false",
)
BOTH_ON_CPUS = """
from ray.util.placement_group import placement_group
from llamafactory.train import tuner

def two_bundles(devices):
    bundle = {"CPU": 10}
    return placement_group([bundle] * 2, strategy="PACK"), bundle

tuner.get_placement_group = two_bundles
tuner.run_exp()
"""
"""LLaMA-Factory reserves ten CPUs for each device of the cluster, and takes CPUs for devices."""
PROGRAMS = Path(sys.executable).parent
BY_RAY = (sys.executable, "by_ray.py")
BY_TORCHRUN = (str(PROGRAMS / "llamafactory-cli"), "train")
QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}


@pytest.fixture
def folder(tmp_path: Path, pii_sft: Program, people_file: Path) -> Path:
    """A folder with a data set, a recipe, and the program that trains by Ray on CPUs."""
    assert pii_sft("convert", people_file).returncode == 0
    (tmp_path / "r.yaml").write_text(laid_over(shipped_recipe("qwen3_0_6b"), ["+ray"]))
    (tmp_path / "by_ray.py").write_text(BOTH_ON_CPUS)
    return tmp_path


def trained(
    folder: Path, command: Sequence[str], words: Sequence[str], **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "r.yaml", *SETTINGS, *words],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def losses(run: Path) -> list[float]:
    lines = (run / "trainer_log.jsonl").read_text().splitlines()
    return [row["loss"] for row in map(json.loads, lines) if "loss" in row]


def test_two_processes_of_ray_train_as_two_of_torchrun(folder: Path, tiny_model: Tiny) -> None:
    same = [f"model_name_or_path={tiny_model('Qwen3')}", "save_strategy='no'"]
    ray = [*same, "output_dir=runs/ray", "ray_init_kwargs={num_cpus: 20}"]
    by_ray = trained(folder, BY_RAY, ray, USE_RAY="1", **QUIET)
    assert by_ray.returncode == 0, by_ray.stderr[-3000:]
    launched = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "2"}
    by_torchrun = trained(folder, BY_TORCHRUN, [*same, "output_dir=runs/torchrun"], **launched)
    assert by_torchrun.returncode == 0, by_torchrun.stderr[-3000:]
    assert losses(folder / "runs/ray") == losses(folder / "runs/torchrun")
    assert len(losses(folder / "runs/ray")) == STEPS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def cluster_elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A cluster that was started in another folder: the environment of those who join it."""
    ports = free_port(), free_port()
    joining = {**QUIET, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    kept = tempfile.mkdtemp(prefix="ray")  # Ray's sockets need short paths
    (tmp_path / "elsewhere").mkdir()
    words = ["--head", "--block", "--num-cpus=20", "--node-ip-address=127.0.0.1"]
    words += [f"--port={ports[0]}", f"--dashboard-port={ports[1]}", f"--temp-dir={kept}"]
    head = subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", "start", *words],
        cwd=tmp_path / "elsewhere",
        env={**os.environ, **joining, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not all(map(answers, ports)):
            assert head.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
        yield {**joining, "RAY_ADDRESS": f"127.0.0.1:{ports[0]}"}
    finally:
        head.terminate()
        head.wait(timeout=60)
        shutil.rmtree(kept, ignore_errors=True)


def test_a_cluster_that_was_started_elsewhere_needs_paths_in_full(
    folder: Path, pii_sft: Program, tiny_model: Tiny, cluster_elsewhere: dict[str, str]
) -> None:
    joining = {"USE_RAY": "1", **cluster_elsewhere}
    saved = ["save_strategy=steps", "save_steps=1"]
    words = [f"model_name_or_path={tiny_model('Qwen3')}", *saved, "output_dir=runs/r"]
    lost = trained(folder, BY_RAY, words, **joining)
    assert lost.returncode != 0
    assert "data/pii/dataset_info.json" in lost.stderr
    assert not (folder / "runs").exists()

    in_full = [f"dataset_dir={folder}/data/pii", f"output_dir={folder}/runs/r"]
    found = trained(folder, BY_RAY, [*words, *in_full], **joining)
    assert found.returncode == 0, found.stderr[-3000:]
    assert len(losses(folder / "runs/r")) == STEPS

    swept = pii_sft("sweep", "runs/r", "--max-new-tokens", "8")
    assert swept.returncode == 0, swept.stderr[-3000:]
    answered = {path.name for path in (folder / "runs/r/sweep").glob("*.jsonl")}
    assert answered == {"checkpoint-1.jsonl", "checkpoint-2.jsonl"}
