"""What comes before and after a run: rates, checkpoints compared, the merged model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pii_sft.recipe import shipped_recipe
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

FEW_STEPS = (
    "max_steps=4",
    "per_device_train_batch_size=2",
    "preprocessing_num_workers=1",
    "use_cpu=true",
    "bf16=false",
    "eval_strategy=steps",
    "eval_steps=2",
    "save_strategy=steps",
    "save_steps=2",
)


@pytest.fixture
def recipe(tmp_path: Path, people_file: Path, pii_sft: Program) -> str:
    assert pii_sft("convert", people_file).returncode == 0
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    return "r.yaml"


def test_checkpoints_are_compared_and_the_model_merged(
    tmp_path: Path, recipe: str, pii_sft: Program, tiny_model: Tiny
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = tiny_model("Qwen3")
    words = [recipe, f"model_name_or_path={model}", "output_dir=runs/r", *FEW_STEPS]
    trained = pii_sft("train", *words, "--eval-documents", "2")
    assert trained.returncode == 0, trained.stderr[-3000:]

    assert "An adapter of " in (tmp_path / "runs/r/README.md").read_text("utf-8")

    swept = pii_sft("sweep", "runs/r", "--max-new-tokens", "8", "--by", "recall")
    assert swept.returncode == 0, swept.stderr[-3000:]
    result = json.loads((tmp_path / "runs/r/sweep/sweep.json").read_text())
    assert [each["step"] for each in result["scores"]] == [2, 4]
    assert result["best"] in {each["checkpoint"] for each in result["scores"]}
    assert all(
        {"precision", "recall", "f1", "f2"} <= each["ci"].keys() for each in result["scores"]
    )
    answers = tmp_path / "runs/r/sweep/checkpoint-2.jsonl"
    before = answers.stat().st_mtime_ns
    assert pii_sft("sweep", "runs/r", "--max-new-tokens", "8").returncode == 0
    assert answers.stat().st_mtime_ns == before
    other = pii_sft("sweep", "runs/r", "--data", "data/pii/gold/test.jsonl")
    assert other.returncode == 2
    assert "answers about data/pii/gold/dev.jsonl" in other.stderr
    assert "--overwrite" in other.stderr

    exported = pii_sft("export", "--run", "runs/r", "--out", "models/m", "--name", "ours")
    assert exported.returncode == 0, exported.stderr[-3000:]
    assert not any(each in exported.stderr for each in ("Failed to", "deprecated", "0%|"))
    assert not (tmp_path / "models/m/Modelfile").exists()
    assert {each.stat().st_mode & 0o077 for each in (tmp_path / "models/m").iterdir()} == {0}
    card = (tmp_path / "models/m/README.md").read_text("utf-8")
    assert "# ours" in card
    assert "has not been scored" in card
    manifest = (tmp_path / "data/pii/manifest.json").read_bytes()
    assert f"`{hashlib.sha256(manifest).hexdigest()}`" in card
    assert "| train |" in card
    assert "template=qwen3 enable_thinking=false" in card
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "models/m", dtype=torch.float32)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    apart = PeftModel.from_pretrained(base, tmp_path / "runs/r")
    ids = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.inference_mode():
        torch.testing.assert_close(
            merged(ids).logits, apart(ids).logits, rtol=0.05, atol=0.02
        )  # the merged model is stored in bfloat16
    again = pii_sft("export", "--run", "runs/r", "--out", "models/m")
    assert again.returncode == 2


def test_rates_are_tried(tmp_path: Path, recipe: str, pii_sft: Program, tiny_model: Tiny) -> None:
    done = pii_sft(
        *("lr-range", recipe, f"model_name_or_path={tiny_model('Qwen3')}", "output_dir=runs/r"),
        *("per_device_train_batch_size=2", "preprocessing_num_workers=1", "use_cpu=true"),
        *("bf16=false", "gradient_accumulation_steps=1", "--steps", "40", "--high", "1"),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("learning_rate=")
    figures = json.loads((tmp_path / "runs/r/lr_range/lr_range.json").read_text())
    assert len(figures["rates"]) == len(figures["losses"]) == len(figures["smoothed"])
    assert figures["rates"][0] == pytest.approx(1e-6)
    assert min(figures["losses"]) < figures["losses"][0]
    assert figures["rates"][0] < figures["suggestion"] < figures["rates"][-1]
    assert not list((tmp_path / "runs/r/lr_range").glob("checkpoint-*"))


def test_a_rate_at_which_the_loss_runs_away_is_named(
    tmp_path: Path, recipe: str, pii_sft: Program, tiny_model: Tiny
) -> None:
    done = pii_sft(
        *("lr-range", recipe, f"model_name_or_path={tiny_model('Qwen3')}", "output_dir=runs/r"),
        *("per_device_train_batch_size=2", "preprocessing_num_workers=1", "use_cpu=true"),
        *("bf16=false", "gradient_accumulation_steps=1", "--steps", "80", "--high", "1e34"),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the loss ran away at " in done.stderr
    folder = tmp_path / "runs/r/lr_range"
    figures = json.loads((folder / "lr_range.json").read_text())
    assert figures["suggestion"] < figures["diverged_at"]
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_a_model_that_finds_and_judges(
    tmp_path: Path, recipe: str, pii_sft: Program, tiny_model: Tiny
) -> None:
    few = [
        *(each for each in FEW_STEPS if "eval" not in each and "save" not in each),
        *("eval_strategy='no'", "save_strategy='no'", "load_best_model_at_end=false"),
        *("metric_for_best_model=null", f"model_name_or_path={tiny_model('Qwen3')}"),
    ]
    quick = ("--eval-documents", "0", "--select-by", "eval_loss")
    first = pii_sft("train", recipe, *few, "output_dir=runs/first", *quick)
    assert first.returncode == 0, first.stderr[-3000:]
    gold = "data/pii/gold/dev.jsonl"
    assert pii_sft("mine", "runs/first", "--data", gold, "--out", "mined.jsonl").returncode == 0
    judging = ("--task", "verify", "--mined", "mined.jsonl")
    converted = pii_sft("convert", gold, *judging, "--beside", "data/pii", "--out", "data/both")
    assert converted.returncode == 0, converted.stderr[-3000:]

    mix = ("dataset_dir=data/both", "dataset=pii_train,pii_verify", "output_dir=runs/both")
    both = pii_sft("train", recipe, *few, *mix, *quick)
    assert both.returncode == 0, both.stderr[-3000:]
    record = json.loads((tmp_path / "runs/both/pii_sft.json").read_text())
    manifest = json.loads((tmp_path / "data/pii/manifest.json").read_text())
    assert Path(record["dataset"]).samefile(tmp_path / "data/pii")
    assert record["prompt"] == manifest["prompt"]
    predicted = pii_sft("predict", "--run", "runs/both", "--data", gold, "--out", "p.jsonl")
    assert predicted.returncode == 0, predicted.stderr[-3000:]
