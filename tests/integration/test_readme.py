"""The commands of the README, run as they stand; only the models are tiny."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pii_sft.recipe import shipped_recipe, shipped_recipes
from tests.docs.test_docs import README, commands
from tests.integration.test_road import FEW_STEPS, family_of
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train


def small(name: str, tiny_model: Tiny) -> str:
    """A shipped recipe that trains a tiny model for a few steps, on what a CPU is fast at."""
    changed = dict(word.split("=") for word in FEW_STEPS)
    changed |= {"bf16": "false", "eval_strategy": "'no'", "load_best_model_at_end": "false"}
    changed["model_name_or_path"] = str(tiny_model(family_of(name)))
    lines = shipped_recipe(name).splitlines()
    kept = [line for line in lines if line.split(":")[0] not in changed]
    return "\n".join([*kept, *(f"{key}: {value}" for key, value in changed.items())])


def test_commands(tmp_path: Path, tiny_model: Tiny) -> None:
    (tmp_path / "recipes").mkdir()
    for name in shipped_recipes():
        (tmp_path / f"recipes/{name}.yaml").write_text(small(name, tiny_model))
    lines = [line for line in commands(README[0]) if not line.startswith(("make", "pip install"))]
    assert len(lines) >= 7
    for line in lines:
        program, *words = shlex.split(line)
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *words],
            cwd=tmp_path,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr[-2000:])
    assert (tmp_path / "runs/qwen1_5b/predictions.jsonl").stat().st_size > 0
