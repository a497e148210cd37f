"""What the documents say is there is there, and the other way round."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from pii_sft.converters import READERS, WRITERS
from pii_sft.evaluators import BUILT_IN, SCHEMES
from pii_sft.inference.backends import BACKENDS
from pii_sft.prompt import prompt_names
from pii_sft.recipe import shipped_recipes
from pii_sft.rules import RULES
from pii_sft.targets import ISSUES, TARGETS
from tests.conftest import ROOT

README = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def commands(path: Path) -> list[str]:
    """The lines of the shell blocks of a page, comments removed."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_command_page_is_up_to_date() -> None:
    """In a process of its own, as click keeps the help option that was asked for first."""
    script = "import runpy, sys; sys.stdout.write(runpy.run_path(sys.argv[1])['page']())"
    words = [sys.executable, "-c", script, str(ROOT / "scripts/document")]
    page = subprocess.run(words, capture_output=True, check=True, cwd=ROOT).stdout.decode()
    assert (ROOT / "docs/commands.md").read_text("utf-8") == page, "run: make docs"


def test_the_rules_of_diagnosis_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts/document"))["diagnosis"]()
    assert (ROOT / "docs/diagnosis.md").read_text("utf-8") == made, "run: make docs"
    assert made.count("\n**`") >= 30


def test_recipes_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts/document"))["recipes"]()
    shipped = {path.name: path.read_text("utf-8") for path in (ROOT / "recipes").glob("*.yaml")}
    by_hand = {"smollm2_135m.yaml"}  # for a CPU: nearly every line differs
    assert shipped.keys() == made.keys() | by_hand
    assert made.items() <= shipped.items(), "run: make docs"


def test_recipes_for_axolotl_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts/document"))["axolotl"]()
    shipped = {
        path.name: path.read_text("utf-8") for path in (ROOT / "recipes/axolotl").glob("*.yaml")
    }
    assert shipped == made, "run: make docs"


@pytest.mark.parametrize(
    "name",
    [
        *READERS.names(),
        *WRITERS.names(),
        *TARGETS.names(),
        *SCHEMES,
        *(each.name for each in BUILT_IN),
        *BACKENDS.names(),
        *prompt_names(),
        *ISSUES,
    ],
)
def test_every_name_is_explained(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/formats.md").read_text("utf-8")


@pytest.mark.parametrize("name", READERS.names())
def test_every_reader_says_what_it_reads_leaves_out_and_refuses(name: str) -> None:
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    rows = re.findall(rf"^\| `{name}` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) == 2


@pytest.mark.parametrize("name", RULES.names())
def test_every_rule_set_is_explained(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/rules.md").read_text("utf-8")


def outline(path: Path) -> list[str]:
    """Levels of headings, rows of tables, pictures and links of a page, in order."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    rows = re.findall(r"^#+ |^\||^!\[.*\]\(.*\)$", text, re.MULTILINE)
    return [row.split("](")[-1] for row in rows]


def test_both_readmes_say_the_same() -> None:
    """Their commands are run by an integration test."""
    english, chinese = README
    assert commands(chinese) == commands(english)
    assert outline(chinese) == outline(english)
    links = [
        set(re.findall(r"\]\((?!README)([^)]+)\)", page.read_text("utf-8"))) for page in README
    ]
    assert links[0] == links[1]


@pytest.mark.parametrize("readme", README, ids=lambda path: path.name)
def test_every_recipe_is_named(readme: Path) -> None:
    text = readme.read_text("utf-8")
    for name in shipped_recipes():
        assert f"`{name.removesuffix('_qlora')}`" in text


@pytest.mark.parametrize("readme", README, ids=lambda path: path.name)
def test_every_make_target_exists(readme: Path) -> None:
    targets = [line.split()[1] for line in commands(readme) if line.startswith("make ")]
    assert {"demo", "test"} <= set(targets)
    for target in targets:
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, target


@pytest.mark.parametrize("page", [*README, *sorted((ROOT / "docs").rglob("*.md"))], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_no_page_names_a_place_of_this_machine() -> None:
    pages = [*README, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        assert not re.search(r"(^|[\s`(])/(home|root|work|tmp|opt)/", page.read_text("utf-8")), page


def test_files_that_pages_name_are_there() -> None:
    named = re.compile(r"`((?:tests|src|converters|evaluators|benchmarks|scripts)/[\w/.]+)`")
    found = {
        (page.name, name)
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for name in named.findall(page.read_text("utf-8"))
    }
    assert found
    missing = [each for each in sorted(found) if not (ROOT / each[1]).exists()]
    # Names in capitals stand for what the reader puts there; results come with a run.
    assert [name for _, name in missing if not re.search(r"[A-Z]{3}|/results/", name)] == []
