"""Training in processes of Ray, as LLaMA-Factory starts them; as far as it goes on a CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pii_sft.recipe import laid_over, shipped_recipe
from tests.conftest import Program
from tests.integration.conftest import Tiny

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
    "save_strategy='no'",
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


def losses(run: Path) -> list[float]:
    lines = (run / "trainer_log.jsonl").read_text().splitlines()
    return [row["loss"] for row in map(json.loads, lines) if "loss" in row]


def test_two_processes_of_ray_train_as_two_of_torchrun(
    tmp_path: Path, pii_sft: Program, people_file: Path, tiny_model: Tiny
) -> None:
    assert pii_sft("convert", people_file).returncode == 0
    recipe = laid_over(shipped_recipe("qwen3_0_6b"), ["+ray"])
    (tmp_path / "r.yaml").write_text(f"{recipe}ray_init_kwargs: {{num_cpus: 20}}\n")
    (tmp_path / "by_ray.py").write_text(BOTH_ON_CPUS)
    programs = Path(sys.executable).parent
    common = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    by_ray = {"USE_RAY": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    by_torchrun = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "2"}
    model = f"model_name_or_path={tiny_model('Qwen3')}"
    for name, program, more in (
        ("ray", [sys.executable, "by_ray.py"], by_ray),
        ("torchrun", [programs / "llamafactory-cli", "train"], by_torchrun),
    ):
        done = subprocess.run(
            [*program, "r.yaml", model, f"output_dir=runs/{name}", *SETTINGS],
            cwd=tmp_path,
            env={**common, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    assert losses(tmp_path / "runs/ray") == losses(tmp_path / "runs/torchrun")
    assert len(losses(tmp_path / "runs/ray")) == STEPS
