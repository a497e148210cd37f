"""LLaMA-Factory itself, for what needs the training stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


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
