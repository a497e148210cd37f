"""Code that comes with a model runs only if the command line says so, whatever a file says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pii_sft.cli import COMMANDS
from pii_sft.errors import UsageError
from pii_sft.recipe import ALLOW_REMOTE_CODE, refuse_remote_code
from tests.conftest import Program

RECIPE = """model_name_or_path: somebody/model
trust_remote_code: true
stage: sft
do_train: true
finetuning_type: lora
dataset: pii_train
dataset_dir: data/pii
template: qwen
output_dir: runs/x
"""
STUB = """import json, pathlib
def export_model(settings):
    pathlib.Path(settings["export_dir"]).mkdir(parents=True, exist_ok=True)
    pathlib.Path("settings.json").write_text(json.dumps(settings))
"""
"""In the place of LLaMA-Factory: tells what it was asked for."""


@pytest.mark.parametrize("value", [True, "true", "yes", 1])
def test_a_recipe_can_not_allow_it(value: object) -> None:
    recipe = {"trust_remote_code": value}
    with pytest.raises(UsageError, match="--trust-remote-code"):
        refuse_remote_code(recipe, ["lora_rank=8"])
    refuse_remote_code(recipe, ["lora_rank=8", ALLOW_REMOTE_CODE])


@pytest.mark.parametrize("recipe", [{}, {"trust_remote_code": False}, {"trust_remote_code": None}])
def test_other_recipes_need_no_word(recipe: dict[str, object]) -> None:
    refuse_remote_code(recipe, [])


@pytest.mark.parametrize(
    "words",
    [
        "train r.yaml --dry-run",
        "train r.yaml --search default",
        "lr-range r.yaml",
        "worker {} r.yaml",
    ],
)
def test_commands_that_train_refuse_such_a_recipe(
    words: str, tmp_path: Path, pii_sft: Program
) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    done = pii_sft(*words.split())
    assert done.returncode == 2
    assert "say so: --trust-remote-code" in done.stderr


@pytest.mark.parametrize("words", [[], ["--trust-remote-code"]])
def test_export_takes_the_word_of_the_command_line_alone(
    words: list[str], tmp_path: Path, pii_sft: Program
) -> None:
    package = tmp_path / "stub" / "llamafactory" / "train"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("")
    (package / "tuner.py").write_text(STUB)
    library = tmp_path / "stub" / "transformers" / "utils"
    library.mkdir(parents=True)
    for folder in (library, library.parent):
        (folder / "__init__.py").write_text("")
    (library / "logging.py").write_text("set_verbosity_error = disable_progress_bar = print\n")
    run = tmp_path / "run"
    run.mkdir()
    (run / "adapter_config.json").write_text('{"base_model_name_or_path": "somebody/model"}')
    record = {
        "recipe": "r.yaml",
        "settings": {
            "model_name_or_path": "somebody/model",
            "trust_remote_code": True,
            "template": "qwen",
            "cutoff_len": None,
        },
        "dataset": "data/pii",
        "manifest_sha256": "",
        "target": "json",
        "prompt": {"version": "short-1", "system": "s", "before": "", "after": ""},
        "versions": {},
    }
    (run / "pii_sft.json").write_text(json.dumps(record))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'stub'}{os.pathsep}{SOURCE}"}
    done = pii_sft("export", "--run", "run", "--out", "model", *words, env=environment)
    assert done.returncode == 0, done.stderr
    asked = json.loads((tmp_path / "settings.json").read_text())
    assert asked["trust_remote_code"] is bool(words)
    assert "None" not in (tmp_path / "model" / "README.md").read_text()


SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("command", ["train", "lr-range", "predict", "export"])
def test_the_option_is_there(command: str, pii_sft: Program) -> None:
    assert command in COMMANDS
    assert "--trust-remote-code" in pii_sft(command, "--help").stdout
