"""What the Dockerfile installs and compose.yaml runs, in a fresh environment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def test_the_core_installs_and_converts(tmp_path: Path, people_file: Path) -> None:
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    subprocess.run([ROOT / "scripts/install", python, "core"], check=True)
    packages = subprocess.run(
        [python, "-m", "pip", "list"], check=True, capture_output=True, text=True
    ).stdout
    assert "torch" not in packages
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    words = [DEFAULT.sub(r"\1", word) for word in services["convert"]["command"]]
    (tmp_path / "data").mkdir()
    people_file.rename(tmp_path / words[1])
    done = subprocess.run(
        [home / "bin" / "pii-sft", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/pii/manifest.json").exists()
