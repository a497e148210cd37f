"""The script that builds images without a registry: its words, and what it is built after."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.packaging.test_docker import DOCKERFILE, SERVICES, stages

SCRIPT = ROOT / "scripts/build-images"
TEXT = SCRIPT.read_text("utf-8")


def called(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_step_and_what_is_needed() -> None:
    done = called("--help")
    assert done.returncode == 0
    (steps,) = re.findall(r'^STEPS="(.*)"$', TEXT, re.M)
    described = re.findall(r"^  ([a-z-]+)  +\S", done.stdout, re.M)
    assert described == steps.split()
    assert "apt-get install buildah debootstrap" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "STEP"),
        (["cores"], "unknown step cores; one of: core"),
        (["--fast", "core"], "unknown option --fast"),
        (["core", "--work"], "--work needs a folder"),
    ],
)
def test_wrong_words_end_with_2_before_anything_is_made(words: list[str], said: str) -> None:
    done = called(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout


def test_a_program_that_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    for name in ("bash", "cat", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = called("--work", tmp_path / "work", "core", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "needs buildah: apt-get update && apt-get install buildah debootstrap" in done.stderr
    assert not (tmp_path / "work").exists()


def test_every_image_that_the_dockerfile_starts_from_has_a_stand_in() -> None:
    made = re.findall(r"^[A-Z]+_IMAGE=docker\.io/(?:library/)?(\S+)$", TEXT, re.M)
    known = stages()
    started = {stage[0][1].split(" AS ")[0] for stage in known.values()} - set(known)
    assert set(made) == started
    assert all(f"FROM {each}" in DOCKERFILE for each in made)


def test_its_steps_are_the_images_and_services_that_there_are() -> None:
    built = re.search(r"^ +(core[a-z |]*)\) bases", TEXT, re.M)
    assert built
    assert {each.strip() for each in built[1].split("|")} == {
        service["build"]["target"] for service in SERVICES.values()
    }
    assert set(re.findall(r"^ +service (\w+)", TEXT, re.M)) == set(SERVICES)
