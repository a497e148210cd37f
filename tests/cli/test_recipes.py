"""`pii-sft recipes`: what it lists, prints, writes and refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.cli.recipes import gigabytes
from pii_sft.recipe import (
    laid_over,
    load_recipe,
    overlay,
    overlays,
    shipped_recipe,
    shipped_recipes,
    summary,
)
from pii_sft.report.console import messages, results
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder far from the repository, as a user of the installed package has it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "width", 1000)
    monkeypatch.setattr(messages, "quiet", False)
    return tmp_path


def recipes(*words: str) -> Result:
    return CliRunner().invoke(cli, ["recipes", *words])


def here() -> list[str]:
    return sorted(each.name for each in Path().iterdir())


def ids(path: str) -> set[str]:
    found: dict[str, list[dict[str, Any]]] = json.loads(Path(path).read_text())
    return {each["id"] for findings in found.values() for each in findings}


class TestList:
    def test_every_line_is_whole(self) -> None:
        done = recipes("list")
        assert done.exit_code == 0
        lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
        assert {f"+{name}" for name in overlays()} | set(shipped_recipes()) <= set(lines)
        assert "It needs ray[default], and ten CPUs beside each GPU" in lines["+ray"]
        assert lines["qwen1_5b"].strip() == "Qwen2.5-1.5B-Instruct, LoRA"

    @pytest.mark.parametrize("name", sorted(overlays()))
    def test_no_summary_ends_within_a_sentence(self, name: str) -> None:
        assert not summary(overlay(name)).endswith((",", ":", ";", " and", " or"))

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("# One\n", "One"),
            ("# One, and\n# two.\n# Three\na: 1\n", "One, and two."),
            ("# One\n#\n# two\n", "One"),
            ("# One\n# 2 more\n", "One"),
            ("# One\na: 1\n# two\n", "One"),
        ],
    )
    def test_a_summary_goes_on_with_small_letters(self, text: str, wanted: str) -> None:
        assert summary(text) == wanted


class TestShow:
    def test_a_shipped_recipe_as_it_stands(self) -> None:
        assert recipes("show", "qwen3_0_6b").stdout == shipped_recipe("qwen3_0_6b")

    def test_a_file_of_the_user(self) -> None:
        text = "# mine\na: 1  # one\n"
        Path("my.yaml").write_text(text)
        assert recipes("show", "my.yaml").stdout == text

    def test_overlays_and_settings(self, tmp_path: Path) -> None:
        words = ["lora_rank=4", "+dora", "lr_scheduler_kwargs.num_cycles=3", "lora_target=q_proj"]
        done = recipes("show", "qwen3_0_6b", *words)
        assert done.exit_code == 0
        assert done.stdout.startswith("# with +dora: DoRA")
        assert "# the empty thought belongs to the prompt" in done.stdout
        Path("shown.yaml").write_text(done.stdout)
        assert load_recipe(Path("shown.yaml")) == load_recipe(
            ROOT / "recipes/qwen3_0_6b.yaml", words
        )

    @pytest.mark.parametrize(
        ("word", "value"),
        [
            ("a='no'", "no"),
            ("a='1e-4'", "1e-4"),
            ("a=[1, 'on']", [1, "on"]),
            ("a.b='off'", {"b": "off"}),
            ("a='x: # y'", "x: # y"),
            ("a=null", None),
            ("a=1e-4", 1e-4),
            ("a=\U0001f600 北京", "\U0001f600 北京"),
        ],
    )
    def test_a_value_is_shown_as_it_would_train(self, word: str, value: object) -> None:
        Path("my.yaml").write_text("k: 1\n")
        shown = recipes("show", "my.yaml", word).stdout
        Path("shown.yaml").write_text(shown, "utf-8")
        assert load_recipe(Path("shown.yaml"))["a"] == value
        assert load_recipe(Path("my.yaml"), [word])["a"] == value

    @pytest.mark.parametrize(
        ("words", "part"),
        [
            (["qwen9"], "no recipe 'qwen9'"),
            (["nowhere/my.yaml"], "or a file of your own"),
            (["qwen3_0_6b", "dora"], "write key=value"),
            (["qwen3_0_6b", "+dorra"], "There is no overlay '+dorra'"),
            (["qwen3_0_6b", "a=["], "Can't read the overrides a=["),
            (["list.yaml"], "is not a recipe"),
            (["number.yaml"], "is not a recipe"),
            (["broken.yaml", "+dora"], "can't be read as a recipe"),
        ],
    )
    def test_what_cannot_be_shown(self, words: list[str], part: str) -> None:
        Path("list.yaml").write_text("- a\n")
        Path("number.yaml").write_text("123\n")
        Path("broken.yaml").write_text("a: [\n")
        done = recipes("show", *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert part in done.stderr


class TestCopy:
    def test_the_deepspeed_configuration_comes_along(self) -> None:
        done = recipes("copy", "qwen3_0_6b", "--with", "zero2", "z.yaml")
        assert done.exit_code == 0
        assert here() == ["z.yaml", "zero2.json"]
        shipped = ROOT / "recipes/deepspeed/zero2.json"
        assert Path("zero2.json").read_bytes() == shipped.read_bytes()
        assert Path("z.yaml").stat().st_mode & 0o777 == 0o600
        assert recipes("check", "z.yaml", "--json", "found.json").exit_code == 0
        assert "deepspeed-config" not in ids("found.json")

    def test_it_is_named_as_seen_from_this_folder(self) -> None:
        assert recipes("copy", "qwen3_0_6b", "new folder/z.yaml", "--with", "+zero3").exit_code == 0
        named = load_recipe(Path("new folder/z.yaml"))["deepspeed"]
        assert named == "new folder/zero3.json"
        assert Path(named).is_file()

    def test_without_deepspeed_there_is_one_file(self) -> None:
        assert recipes("copy", "qwen3_0_6b", "--with", "dora").exit_code == 0
        assert here() == ["qwen3_0_6b.yaml"]
        text = Path("qwen3_0_6b.yaml").read_text()
        assert text == laid_over(shipped_recipe("qwen3_0_6b"), ["+dora"])

    def test_a_configuration_of_the_user_is_not_replaced(self) -> None:
        Path("zero2.json").write_text("{}")
        refused = recipes("copy", "qwen3_0_6b", "z.yaml", "--with", "zero2")
        assert refused.exit_code == 2
        assert "zero2.json exists. Use --overwrite" in refused.stderr
        assert here() == ["zero2.json"]
        assert Path("zero2.json").read_text() == "{}"
        done = recipes("copy", "qwen3_0_6b", "z.yaml", "--with", "zero2", "--overwrite")
        assert done.exit_code == 0
        assert "zero_optimization" in json.loads(Path("zero2.json").read_text())

    def test_two_recipes_share_one_configuration(self) -> None:
        for name in ("a.yaml", "b.yaml"):
            assert recipes("copy", "qwen3_0_6b", name, "--with", "zero2").exit_code == 0
        assert here() == ["a.yaml", "b.yaml", "zero2.json"]

    def test_a_stream_has_no_place_beside_it(self) -> None:
        done = recipes("copy", "qwen3_0_6b", "-", "--with", "zero2")
        assert (done.exit_code, here()) == (2, [])
        assert "Name a file" in done.stderr
        assert recipes("copy", "qwen3_0_6b", "-").stdout == shipped_recipe("qwen3_0_6b")

    def test_a_configuration_of_the_user_is_left_where_it_is(self) -> None:
        Path("my.yaml").write_text("deepspeed: mine.json\n")
        assert recipes("copy", "my.yaml", "other.yaml").exit_code == 0
        assert Path("other.yaml").read_text() == "deepspeed: mine.json\n"

    def test_a_recipe_is_not_replaced(self) -> None:
        assert recipes("copy", "qwen3_0_6b", "r.yaml").exit_code == 0
        refused = recipes("copy", "qwen1_5b", "r.yaml")
        assert refused.exit_code == 2
        assert "exists" in refused.stderr
        assert Path("r.yaml").read_text() == shipped_recipe("qwen3_0_6b")


class TestCheck:
    @pytest.fixture(autouse=True)
    def files(self) -> None:
        Path("good.yaml").write_text(shipped_recipe("qwen3_0_6b"))
        Path("wrong.yaml").write_text(f"{shipped_recipe('qwen3_0_6b')}lora_r: 8\n")
        Path("list.yaml").write_text("- a\n")
        Path("some").mkdir()

    def test_a_folder_is_no_recipe(self) -> None:
        done = recipes("check", "some")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "some can't be read: Is a directory" in done.stderr
        assert "bug" not in done.stderr

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
    def test_a_file_that_may_not_be_read(self) -> None:
        Path("good.yaml").chmod(0)
        assert "can't be read: Permission denied" in recipes("check", "good.yaml").stderr

    def test_a_broken_file_does_not_hide_the_others(self) -> None:
        words = ("check", "list.yaml", "wrong.yaml", "some", "good.yaml", "--json", "found.json")
        done = recipes(*words)
        assert done.exit_code == 2
        assert "good.yaml: no findings" in done.stdout
        assert "write lora_rank" in done.stdout
        assert "list.yaml is not a recipe" in done.stderr
        assert "some can't be read" in done.stderr
        assert not Path("found.json").exists()

    def test_nothing_is_mended_beside_a_broken_file(self) -> None:
        before = Path("wrong.yaml").read_bytes()
        done = recipes("check", "wrong.yaml", "list.yaml", "--fix")
        assert done.exit_code == 2
        assert "mended" not in done.stdout
        assert Path("wrong.yaml").read_bytes() == before

    @pytest.mark.parametrize(
        "words",
        [
            ("--processes", "0"),
            ("--processes", "-1"),
            *(("--gpu", size) for size in ("-3", "0", "nan", "inf", "24MB", "", "24 GBB", "1e400")),
        ],
        ids=" ".join,
    )
    def test_sizes_and_counts_that_are_none(self, words: tuple[str, str]) -> None:
        done = recipes("check", "good.yaml", *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"Invalid value for '{words[0]}'" in done.stderr

    @pytest.mark.parametrize(
        ("size", "wanted"),
        [
            ("24", 24.0),
            ("24GB", 24.0),
            (" 24 gb ", 24.0),
            ("24g", 24.0),
            ("7.5G", 7.5),
            (".5", 0.5),
            ("24GiB", 25.77),
            ("80 gib", 85.9),
        ],
    )
    def test_sizes(self, size: str, wanted: float) -> None:
        assert gigabytes(size) == wanted

    def test_a_size_too_large_to_be_one(self) -> None:
        with pytest.raises(click.BadParameter, match="not a size"):
            gigabytes("9" * 400)


class TestExport:
    @pytest.mark.parametrize("trainer", ["axolotl", "trl", "unsloth"])
    @pytest.mark.parametrize(
        ("word", "part"),
        [
            ("learning_rate='2,0e-4'", "learning_rate takes a number"),
            ("lora_r=8", "lora_r is no key"),
            ("eval_strategy=false", "eval_strategy is false"),
            ("output_dir='${HOME}/r'", "output_dir holds ${...}"),
            ("model_name_or_path=", "no model_name_or_path"),
        ],
    )
    def test_mistakes_are_not_handed_on(self, trainer: str, word: str, part: str) -> None:
        done = recipes("export", "qwen3_0_6b", word, "--to", trainer, "--out", "out")
        assert (done.exit_code, here()) == (2, [])
        assert part in done.stderr
        assert "Fix: " in done.stderr

    @pytest.mark.parametrize("name", ["+zero2", "+zero3"])
    def test_unsloth_gets_no_deepspeed(self, name: str) -> None:
        done = recipes("export", "qwen3_0_6b", name, "--to", "unsloth")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "without DeepSpeed" in done.stderr
        assert recipes("export", "qwen3_0_6b", name, "--to", "trl").exit_code == 0

    def test_a_data_set_elsewhere_is_no_mistake(self) -> None:
        done = recipes("export", "qwen3_0_6b", "dataset_dir=nowhere", "--to", "axolotl")
        assert done.exit_code == 0
        assert yaml.safe_load(done.stdout)["datasets"][0]["path"] == "nowhere/train.jsonl"
