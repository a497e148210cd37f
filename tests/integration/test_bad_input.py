"""What a user sees who brings bad input: the place, the reason, what to do; exit code 2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pii_sft.recipe import shipped_recipe
from tests.conftest import Program

GOOD = '{"id": "a", "text": "Ann", "spans": [{"start": 0, "end": 3, "label": "P"}]}\n'

CASES = {
    "a broken line": (GOOD + '{"id": "b", "te\n', ["in.jsonl:2", "broken line"]),
    "a wrong offset": (GOOD.replace('"end": 3', '"end": 9'), ["in.jsonl:1 [a]", "0-9", "offsets"]),
    "a missing column": (GOOD + '{"id": "b", "text": "x"}\n', ["in.jsonl:2", "spans"]),
    "an empty file": ("", ["in.jsonl", "holds nothing"]),
    "an unknown format": ('{"foo": 1}\n', ["not recognised", "--from"]),
    "no UTF-8": (GOOD.encode() + b'{"id": "\xff"}\n', ["in.jsonl:2", "UTF-8"]),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_files(name: str, tmp_path: Path, pii_sft: Program) -> None:
    content, parts = CASES[name]
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "in.jsonl").write_bytes(data)
    done = pii_sft("convert", "in.jsonl", "--to", "documents")
    assert done.returncode == 2
    for part in parts:
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in.jsonl"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["convert", "nowhere.jsonl"], "No such file"),
        (["convert", "in.jsonl", "--from", "presido"], "Did you mean presidio?"),
        (["convert", "in.jsonl", "--to", "llamafactori"], "Did you mean llamafactory?"),
        (["convert", "in.jsonl", "--target", "jason"], "Did you mean json?"),
        (["convert", "in.jsonl", "--split", "train=2"], "Can't read the split"),
        (["convert", "in.jsonl", "--labels", "no.yaml"], "no label file"),
        (["recipes", "show", "qwen9"], "There is no recipe 'qwen9'"),
        (["recipes", "check", "no.yaml"], "There is no recipe 'no.yaml'"),
        (["train", "no.yaml"], "or a file of your own"),
        (["predict", "--run", "runs/none"], "There is no run folder"),
        (["predict"], "Name a --run, or a --model"),
        (["synth", "--language", "tlh", "--out", "o.jsonl"], "tlh"),
    ],
)
def test_wrong_use(words: list[str], part: str, tmp_path: Path, pii_sft: Program) -> None:
    (tmp_path / "in.jsonl").write_text(GOOD)
    done = pii_sft(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_key_is_named_with_the_right_one(tmp_path: Path, pii_sft: Program) -> None:
    recipe = shipped_recipe("qwen3_0_6b").replace("eval_strategy:", "evaluation_strategy:")
    (tmp_path / "wrong.yaml").write_text(recipe)
    checked = pii_sft("recipes", "check", "wrong.yaml")
    assert checked.returncode == 1
    assert "evaluation_strategy" in checked.stdout
    assert "write eval_strategy" in checked.stdout
    trained = pii_sft("train", "wrong.yaml")
    assert trained.returncode == 2
    assert "write eval_strategy" in trained.stderr


def test_training_without_a_data_set_says_how_to_get_one(tmp_path: Path, pii_sft: Program) -> None:
    (tmp_path / "r.yaml").write_text(shipped_recipe("smollm2_135m"))
    done = pii_sft("train", "r.yaml")
    assert done.returncode == 2
    assert "Run 'pii-sft convert' first" in done.stderr


def test_a_missing_extra_is_named(tmp_path: Path, pii_sft: Program) -> None:
    (tmp_path / "in.jsonl").write_text(GOOD)
    assert pii_sft("convert", "in.jsonl", "--split", "train=1").returncode == 0
    (tmp_path / "hide" / "sitecustomize.py").parent.mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(
        "import sys\n"
        "for name in ('torch', 'llamafactory', 'faker'):\n"
        "    sys.modules[name] = None\n"
    )
    hidden = {**os.environ, "PYTHONPATH": str(tmp_path / "hide")}
    done = pii_sft("synth", "--count", "1", "--out", "o.jsonl", env=hidden)
    assert done.returncode == 2
    assert "pip install 'pii-sft[synth]'" in done.stderr
    (tmp_path / "r.yaml").write_text(shipped_recipe("smollm2_135m"))
    whole = ("eval_dataset=null", "eval_strategy='no'", "load_best_model_at_end=false")
    done = pii_sft("train", "r.yaml", *whole, "metric_for_best_model=null", env=hidden)
    assert done.returncode == 2
    assert "pip install 'pii-sft[train]'" in done.stderr


def test_an_output_is_not_overwritten_unasked(tmp_path: Path, pii_sft: Program) -> None:
    (tmp_path / "in.jsonl").write_text(GOOD)
    words = ["convert", "in.jsonl", "--split", "train=1"]
    assert pii_sft(*words).returncode == 0
    again = pii_sft(*words)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert pii_sft(*words, "--overwrite").returncode == 0
