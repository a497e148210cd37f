"""What a user gets who installs the package: everything, also from a clone without links."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("build") is None, reason="the package 'build' is not installed"),
]

SOURCES = ("pyproject.toml", "src", "converters", "evaluators", "recipes", "LICENSE", "README.md")
LINKS = ("converters", "evaluators", "recipes")


def copied(folder: Path) -> Path:
    """A copy of what a build needs, links kept as links, without caches of this machine."""
    folder.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(source, folder / name)
    return folder


def can_build_here() -> bool:
    """Whether this environment has the build back end that pyproject.toml asks for."""
    if find_spec("setuptools") is None:
        return False
    from setuptools import __version__

    return int(__version__.split(".")[0]) >= 80


def build(source: Path, out: Path, *words: str) -> Path:
    """Run `python -m build`; in this environment, where that is possible without a download."""
    isolation = ["--no-isolation", "--skip-dependency-check"] if can_build_here() else []
    command = [sys.executable, "-m", "build", *isolation, *words, "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    (made,) = out.glob("*.whl" if "--wheel" in words else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from the source distribution, as package indexes have it."""
    folder = tmp_path_factory.mktemp("wheel")
    sdist = build(copied(folder / "clone"), folder / "sdist", "--sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    return build(source, folder / "dist", "--wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and nothing else; what it needs is in the running environment."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    subprocess.run(
        [*command, "--no-deps", "--no-index", "--target", str(folder), str(wheel)], check=True
    )
    return folder


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


DATA = (
    "prompts/*.yaml",
    "dataset/synthetic/slots/*.yaml",
    "dataset/synthetic/templates/*.yaml",
    "report/page/*",
    "rules/*.yaml",
    "server/page/*",
    "recipe_lint/*.json",
    "recipe_export/scripts/*",
    "py.typed",
)


def expected() -> set[str]:
    """Every module and every data file of the repository, by its place in the package."""
    modules = {
        f"pii_sft/{path.relative_to(ROOT / 'src/pii_sft').as_posix()}"
        for path in (ROOT / "src/pii_sft").rglob("*.py")
        if path.relative_to(ROOT / "src/pii_sft").parts[0] not in LINKS
    }
    for room in ("converters", "evaluators"):
        modules |= {
            f"pii_sft/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / room).rglob("*.py")
        }
    package = ROOT / "src/pii_sft"
    data = {
        f"pii_sft/{path.relative_to(package).as_posix()}"
        for pattern in DATA
        for path in package.glob(pattern)
    }
    return modules | data | recipes()


def recipes() -> set[str]:
    return {
        f"pii_sft/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "recipes").rglob("*")
        if path.is_file()
    }


def run(folder: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_every_module_recipe_and_data_file(wheel: Path) -> None:
    names = names_in(wheel)
    assert expected() - names == set()
    for file in (
        "pii_sft/converters/readers/documents.py",
        "pii_sft/converters/writers/llamafactory.py",
        "pii_sft/evaluators/matching.py",
        "pii_sft/dataset/synthetic/templates/en.yaml",
        "pii_sft/dataset/synthetic/slots/people.py",
        "pii_sft/prompts/short-1.yaml",
        "pii_sft/recipe_lint/llamafactory_keys.json",
        "pii_sft/recipes/qwen1_5b.yaml",
        "pii_sft/py.typed",
    ):
        assert file in names
    assert len(recipes()) >= 10


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    strangers = {
        name
        for name in names_in(wheel) - expected()
        if not name.split("/")[0].endswith(".dist-info")
    }
    assert strangers == set()


def test_the_wheel_carries_its_licence_and_its_entry_point(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        folder = metadata.rpartition("/")[0]
        assert "License-Expression: Apache-2.0" in archive.read(metadata).decode()
        assert b"Apache License" in archive.read(f"{folder}/licenses/LICENSE")
        points = archive.read(f"{folder}/entry_points.txt")
        assert b"pii-sft = pii_sft.cli:main" in points
        assert b"pii_sft = pii_sft.integrations.spacy:make_component" in points


def test_the_installed_wheel_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    where = run(installed, "-c", "import pii_sft; print(pii_sft.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(installed)), where
    helped = run(installed, "-m", "pii_sft", "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "convert" in helped.stdout
    listed = run(installed, "-m", "pii_sft", "recipes", "list", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "qwen1_5b" in listed.stdout


def test_a_recipe_with_deepspeed_needs_no_repository(installed: Path, tmp_path: Path) -> None:
    words = ("-m", "pii_sft", "recipes")
    done = run(installed, *words, "copy", "qwen3_0_6b", "z.yaml", "--with", "zero2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    checked = run(installed, *words, "check", "z.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_a_clone_without_links_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """A missing link, or what git leaves where there are none: a small file that holds a path."""
    clone = copied(tmp_path / "clone")
    for number, name in enumerate(LINKS):
        link = clone / "src/pii_sft" / name
        link.unlink()
        if number % 2:
            link.write_text(f"../../{name}")
    assert names_in(build(clone, tmp_path / "dist", "--wheel")) == names_in(wheel)
