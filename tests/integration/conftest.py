"""LLaMA-Factory itself, for what needs the training stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.records.test_run_folder import write_run
from tests.tiny_models import Tiny


@pytest.fixture
def llamafactory(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the real `llamafactory-cli` in the test's folder."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("llamafactory-cli")
        return subprocess.run(
            [program, *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Tiny) -> Path:
    """An adapter of random weights, as training would have left it."""
    import peft
    from transformers import AutoModelForCausalLM

    model = tiny_model("Qwen3")
    run = write_run(
        tmp_path_factory.mktemp("runs") / "r",
        str(model),
        model_folder=str(model),
        labels=["PERSON", "CITY"],
        settings={"model_name_or_path": str(model), "template": "qwen3", "cutoff_len": 512},
    )
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(model), config)
    adapted.save_pretrained(run)
    return run
