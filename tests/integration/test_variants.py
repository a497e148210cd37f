"""Overlays and exported recipes, started for real on tiny models."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pii_sft.recipe import laid_over, overlays, shipped_recipe
from tests.conftest import ROOT, Program
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

FEW_STEPS = (
    "max_steps=2",
    "preprocessing_num_workers=1",
    "logging_steps=1",
    "use_cpu=true",
    "bf16=false",  # a CPU without AVX-512 computes in it many times slower
    "per_device_train_batch_size=2",
    "gradient_accumulation_steps=1",
    "eval_strategy='no'",
    "save_strategy='no'",
    "load_best_model_at_end=false",
)
LAUNCHED = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "1", "OMP_NUM_THREADS": "1"}
PLAIN = sorted(set(overlays()) - {"zero2", "zero3", "ray"})


def started(tmp_path: Path, model: Path, name: str, **environment: str) -> str:
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    (tmp_path / "r.yaml").write_text(laid_over(shipped_recipe("qwen3_0_6b"), [f"+{name}"]))
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [
            programs / "llamafactory-cli",
            *("train", "r.yaml", f"model_name_or_path={model}", *FEW_STEPS),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",  # LLaMA-Factory calls torchrun
            "HF_HUB_OFFLINE": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "runs/qwen3_0_6b/adapter_model.safetensors").exists()
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", PLAIN)
def test_an_overlay_trains(
    name: str, tmp_path: Path, pii_sft: Program, people_file: Path, tiny_model: Tiny
) -> None:
    assert pii_sft("convert", people_file).returncode == 0
    started(tmp_path, tiny_model("Qwen3"), name)


@pytest.mark.parametrize("name", ["zero2", "zero3"])
def test_deepspeed_trains(
    name: str, tmp_path: Path, pii_sft: Program, people_file: Path, tiny_model: Tiny
) -> None:
    if find_spec("deepspeed") is None:
        pytest.skip("deepspeed is not installed")
    assert pii_sft("convert", people_file).returncode == 0
    started(tmp_path, tiny_model("Qwen3"), name, **LAUNCHED, DS_ACCELERATOR="cpu")


def test_the_trl_script_trains(
    tmp_path: Path, pii_sft: Program, people_file: Path, tiny_model: Tiny
) -> None:
    """TRL itself reads the rows and takes every setting."""
    converted = pii_sft("convert", people_file, "--to", "trl")
    assert converted.returncode == 0, converted.stderr
    words = [f"model_name_or_path={tiny_model('Qwen3')}"]
    exported = pii_sft(
        *("recipes", "export", "qwen3_0_6b", *words, *FEW_STEPS, "--to", "trl", "--out", "t.py")
    )
    assert exported.returncode == 0, exported.stderr
    done = subprocess.run(
        [sys.executable, "t.py"],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "runs/qwen3_0_6b/adapter_model.safetensors").exists()
