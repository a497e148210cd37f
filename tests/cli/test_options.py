"""What the shell is told, and what is said about names that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from pii_sft.cli import cli
from pii_sft.converters import READERS, WRITERS
from pii_sft.recipe import shipped_recipes
from pii_sft.targets import TARGETS


def completed(*words: str) -> list[str]:
    shell = ShellComplete(cli, {}, "pii-sft", "_PII_SFT_COMPLETE")
    return [each.value for each in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("convert", "--from", ""), ["auto", *READERS.names()]),
        (("convert", "--to", ""), WRITERS.names()),
        (("convert", "--target", ""), TARGETS.names()),
        (("agree", "--from", ""), ["auto", *READERS.names()]),
        (("score", "--target", ""), TARGETS.names()),
        (("convert", "--to", "conll,spa"), ["conll,spacy"]),
        (("convert", "--to", "conll,con"), []),
    ],
)
def test_names_are_completed(words: tuple[str, ...], known: list[str]) -> None:
    assert completed(*words) == known


@pytest.mark.parametrize(
    "command",
    [
        ("train",),
        ("lr-range",),
        *(("recipes", name) for name in ("check", "show", "copy", "export")),
    ],
)
def test_recipes_are_completed(command: tuple[str, ...]) -> None:
    found = completed(*command, "qwen3_0")
    assert [name for name in found if name in shipped_recipes()] == [
        name for name in shipped_recipes() if name.startswith("qwen3_0")
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["convret"], "There is no command 'convret'. Did you mean convert"),
        (["train", "qwen3_06b"], "Did you mean qwen3_0_6b"),
        (["lr-range", "smollm"], "Did you mean smollm2_135m"),
        (["recipes", "check", "qwen15b"], "Did you mean qwen1_5b"),
        (["convert", "x.jsonl", "--to", "llamafactry"], "Did you mean llamafactory"),
    ],
)
def test_what_was_probably_meant(words: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert said in done.output


def test_recipes_are_checked_by_name() -> None:
    done = CliRunner().invoke(cli, ["recipes", "check", "qwen3_0_6b", "--json", "-"])
    assert done.exit_code in (0, 1)
    assert "qwen3_0_6b.yaml" in done.output


def test_a_shipped_recipe_is_not_mended_in_place() -> None:
    done = CliRunner().invoke(cli, ["recipes", "check", "qwen3_0_6b", "--fix"])
    assert done.exit_code == 2
    assert "copy it first" in done.output


def test_writers_are_taken_with_commas_and_repeated(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    file.write_text(
        "".join(
            f'{{"id":"{n}","text":"Ann {n}","spans":[{{"start":0,"end":3,"label":"P"}}]}}\n'
            for n in range(9)
        )
    )
    for number, words in enumerate((["--to", "conll,trl"], ["--to", "conll", "--to", "trl"])):
        out = tmp_path / str(number)
        done = CliRunner().invoke(cli, ["convert", str(file), *words, "--out", str(out)])
        assert done.exit_code == 0, done.output
        assert {"conll", "trl"} <= {each.name for each in out.iterdir()}


def test_formats_are_listed_with_what_they_are() -> None:
    done = CliRunner().invoke(cli, ["formats"])
    assert done.exit_code == 0
    for name in (*READERS.names(), *WRITERS.names()):
        assert f" {name} " in done.output
