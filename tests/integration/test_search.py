"""A search that really trains, on a tiny Qwen3 with the real tokenizer."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pii_sft.files import read_json
from pii_sft.recipe import shipped_recipe
from pii_sft.records.run import read_run
from pii_sft.training.search.study import RESULT, Search
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

SPACE = """
learning_rate: {low: 1e-4, high: 1e-3, log: true}
lora_rank: [4]
entity_weight: [2]
oversample: [0.9]
"""


def test_two_trials(tmp_path: Path, people_file: Path, pii_sft: Program, tiny_model: Tiny) -> None:
    done = pii_sft("convert", people_file)
    assert done.returncode == 0, done.stderr
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    (tmp_path / "space.yaml").write_text(SPACE)
    words = [
        *("train", "r.yaml", f"model_name_or_path={tiny_model('Qwen3')}", "output_dir=runs/s"),
        *("max_steps=1", "per_device_train_batch_size=2", "gradient_accumulation_steps=1"),
        *("preprocessing_num_workers=1", "logging_steps=1", "use_cpu=true", "bf16=false"),
        *("eval_strategy=steps", "eval_steps=1", "save_strategy=steps", "save_steps=1"),
        *("--eval-documents", "1", "--search", "space.yaml", "--trials"),
    ]
    folder = tmp_path / "runs/s"
    first = pii_sft(*words, "2")
    logs = "".join(path.read_text() for path in folder.glob("trials/*/train.log"))
    assert first.returncode == 0, first.stderr + logs
    second = pii_sft(*words, "2")
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    result = read_json(folder / RESULT, Search)
    assert [each.state for each in result.trials] == ["finished"] * 2
    assert [len(each.evaluations) for each in result.trials] == [1, 1]
    rates = [each.values["learning_rate"] for each in result.trials]
    assert rates[0] != rates[1]
    for each, rate in zip(result.trials, rates, strict=True):
        run = read_run(folder / each.folder)
        assert run is not None
        assert run.settings["learning_rate"] == rate
        assert (run.settings["lora_rank"], run.settings["lora_alpha"]) == (4, 8)
        assert run.loop["entity_weight"] == 2
        assert run.dataset == "runs/s/data/oversample_0.9"
        assert list((folder / each.folder).glob("checkpoint-*"))
    command = shlex.split(second.stdout.splitlines()[-1])
    assert command[:3] == ["pii-sft", "train", "r.yaml"]
    assert command[-2:] == ["--entity-weight", "2.0"]
    assert "Ann Lee" not in first.stderr + second.stderr + logs
    assert b"Ann Lee" not in (folder / "search.db").read_bytes()
