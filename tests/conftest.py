"""What several test folders share."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import settings

from pii_sft.cli import cli
from pii_sft.files import write_documents
from pii_sft.report.console import messages
from pii_sft.spans import Document, Span, checked
from tests.tiny_models import tiny_model

__all__ = ["tiny_model"]

# The package and its tests are compiled once, not by each program that a test starts.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("quick", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Run all of every grid; otherwise a sample of it that holds each value of each parameter."""

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run a sample of the tests that are marked as a grid, unless all are asked for."""
    if THOROUGH or any("[" in str(each) for each in config.args):
        return
    grids: dict[str, list[pytest.Function]] = {}
    for item in items:
        name, bracket, _ = item.nodeid.partition("[")
        if bracket and isinstance(item, pytest.Function) and item.get_closest_marker("grid"):
            grids.setdefault(name, []).append(item)
    left = {item for grid in grids.values() for item in set(grid).difference(covering(grid))}
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]


def covering(grid: Sequence[pytest.Function]) -> list[pytest.Function]:
    """A quarter of a grid, always the same, or more so that each value of a parameter is in it."""
    seen: set[tuple[str, int]] = set()
    chosen, left = [], []
    for item in sorted(grid, key=lambda each: zlib.crc32(each.nodeid.encode())):
        values = {(name, id(value)) for name, value in item.callspec.params.items()}
        (left if values <= seen else chosen).append(item)
        seen |= values
    return [*chosen, *left[: max(0, len(grid) // 4 - len(chosen))]]


Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shared_data() -> Path:
    """Published data sets that stand beside the project, never in it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not there")
    return folder


@pytest.fixture
def browser() -> Iterator[Any]:
    """Headless Chromium, which logs what its console says and what it asks for."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs chromium and chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in CHROMIUM_FLAGS:
        options.add_argument(flag)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def pii_sft(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    """Runs the real program in an empty folder.

    It runs in this process, which costs a tenth of a process of its own. Tests that train, or that
    say more of the process than its folder, get one.
    """
    alone = request.node.get_closest_marker("train") is not None

    def run(
        *words: str | Path, cwd: Path = tmp_path, **settings: Any
    ) -> subprocess.CompletedProcess[str]:
        if alone or settings:
            command = [sys.executable, "-m", "pii_sft", *map(str, words)]
            return subprocess.run(
                command, cwd=cwd, capture_output=True, text=True, check=False, **settings
            )
        messages.quiet = False  # a command before may have been asked to be quiet
        with contextlib.chdir(cwd):
            done = CliRunner().invoke(cli, [str(each) for each in words])
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def annotated(id: str, text: str, *marked: tuple[str, str], **meta: str) -> Document:
    """A document whose spans are the first occurrences of the given strings."""
    spans = []
    for surface, label in marked:
        start = text.index(surface)
        spans.append(Span(start, start + len(surface), label))
    return checked(id, text, spans, dict(meta))


@pytest.fixture
def people() -> list[Document]:
    """Forty short documents in ten groups, a fifth of them without entities."""
    documents = []
    for number in range(40):
        group = str(number % 10)
        if number % 5 == 4:
            document = annotated(f"d{number}", f"Order {number} was shipped.", group=group)
        else:
            document = annotated(
                f"d{number}",
                f"Ann Lee{number} lives in Rome and writes from ann{number}@x.org.",
                (f"Ann Lee{number}", "PERSON"),
                ("Rome", "CITY"),
                (f"ann{number}@x.org", "EMAIL"),
                group=group,
            )
        documents.append(document)
    return documents


@pytest.fixture
def people_file(tmp_path: Path, people: Sequence[Document]) -> Path:
    """The same documents as a file."""
    path = tmp_path / "people.jsonl"
    write_documents(path, people)
    return path
