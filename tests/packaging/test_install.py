"""What the Dockerfile installs and compose.yaml runs, in a fresh environment."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.conftest import ROOT, THOROUGH

pytestmark = pytest.mark.slow

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def linked(packages: Path, name: str, done: set[str]) -> None:
    """Link a package of the running environment, and all that it needs, into another."""
    done.add(name)
    found = distribution(name)
    for top in {
        file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")
    }:
        if not (packages / top).exists():
            (packages / top).symlink_to(Path(str(found.locate_file(top))))
    for required in map(Requirement, found.requires or ()):
        if required.name not in done and (
            not required.marker or required.marker.evaluate({"extra": ""})
        ):
            linked(packages, required.name, done)


def core(home: Path) -> None:
    """A fresh environment with the core; from the package index in the whole grid only."""
    if THOROUGH:
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([ROOT / "scripts/install", home / "bin/python", "core"], check=True)
        return
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (packages,) = home.glob("lib/*/site-packages")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    done: set[str] = set()
    for each in project["dependencies"]:
        linked(packages, Requirement(each).name, done)
    (packages / "pii_sft").symlink_to(ROOT / "src/pii_sft")


def test_the_core_installs_and_converts(tmp_path: Path, people_file: Path) -> None:
    home = tmp_path / "venv"
    core(home)
    assert not list(home.glob("lib/*/site-packages/torch"))
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    words = [DEFAULT.sub(r"\1", word) for word in services["convert"]["command"]]
    (tmp_path / "data").mkdir()
    people_file.rename(tmp_path / words[1])
    done = subprocess.run(
        [home / "bin/python", "-m", "pii_sft", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/pii/manifest.json").exists()
