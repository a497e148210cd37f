"""What is imported when, and who may import whom."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

TRAINING = {"llamafactory", "peft", "torch", "transformers"}
SLOW = {"datasets", "faker", "jinja2", "numpy", "omegaconf", "rich", "stdnum", "yaml"}
ALL_COMMANDS = "; ".join(
    [
        "from click import Context",
        "from pii_sft.cli import COMMANDS, cli",
        "[cli.get_command(Context(cli), name) for name in COMMANDS]",
    ]
)


def imported_by(*words: str) -> set[str]:
    """Top-level packages that a Python call imports, as its own record tells."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    found = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "pii_sft" in found
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("-c", "import pii_sft.cli"),
        ("-c", ALL_COMMANDS),
        ("-m", "pii_sft", "--help"),
        ("-m", "pii_sft", "--version"),
        ("-m", "pii_sft", "convert", "--help"),
        ("-m", "pii_sft", "predict", "--help"),
        ("-m", "pii_sft", "train", "--help"),
    ],
    ids=lambda words: words[-1] if "-m" not in words else " ".join(words[2:]),
)
def test_help_imports_nothing_slow(words: tuple[str, ...]) -> None:
    assert imported_by(*words) & (TRAINING | SLOW) == set()


@pytest.mark.parametrize(
    "words",
    [("recipes", "list"), ("recipes", "show", "qwen1_5b")],
    ids=" ".join,
)
def test_core_commands_do_not_import_the_training_stack(words: tuple[str, ...]) -> None:
    assert imported_by("-m", "pii_sft", *words) & (TRAINING | {"datasets", "faker"}) == set()


def test_floors_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed beside this Python")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_folder_with_modules_is_a_package_of_the_distribution() -> None:
    """The list of packages is written out, so that a new folder must not be forgotten."""
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    roots = {"pii_sft": ROOT / "src/pii_sft"}
    roots |= {f"pii_sft.{room}": ROOT / room for room in ("converters", "evaluators")}
    found = {"pii_sft.recipes"}
    for name, folder in roots.items():
        for marker in folder.rglob("__init__.py"):
            parts = marker.parent.relative_to(folder).parts
            found.add(".".join([name, *parts]))
    assert sorted(settings["packages"]) == sorted(found)


def test_the_package_imports_only_what_it_declares() -> None:
    """A package that only tests install would be missing for users."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lists = [project["dependencies"], *(extras[name] for name in extras if name != "dev")]
    declared = {re.split(r"[\[<>=]", each)[0].lower() for names in lists for each in names}
    of_module = packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)}: {module}"
        for room in ("src", "converters", "evaluators")
        for path in (ROOT / room).rglob("*.py")
        for module in third_party(path)
        if not declared
        & {each.lower().replace("_", "-") for each in of_module.get(module, [module])}
    }
    assert {each.partition(": ")[2] for each in missing} == {"pyarrow"}, "datasets brings it"


def third_party(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]
    top = {name.partition(".")[0] for name in named}
    return top - set(sys.stdlib_module_names) - {"pii_sft"}
