"""The whole road through the real LLaMA-Factory, on a tiny Qwen3 with the real tokenizer."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from pii_sft.recipe import load_recipe, shipped_recipe, shipped_recipes
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

LlamaFactory = Callable[..., "subprocess.CompletedProcess[str]"]

FAMILIES = {
    "qwen3_5": "Qwen3_5Text",
    "qwen3": "Qwen3",
    "qwen1": "Qwen2",
    "qwen2": "Qwen2",
    "smollm2": "Llama",
}
FEW_STEPS = (
    "max_steps=2",
    "per_device_train_batch_size=2",
    "preprocessing_num_workers=1",
    "gradient_accumulation_steps=1",
    "logging_steps=1",
    "use_cpu=true",
    "bf16=false",
)


def family_of(recipe: str) -> str:
    return next(family for start, family in FAMILIES.items() if recipe.startswith(start))


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def data_set(people_file: Path, pii_sft: Program) -> None:
    done = pii_sft("convert", people_file)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("data_set")
def test_convert_train_predict_score(
    tmp_path: Path, pii_sft: Program, tiny_model: Tiny, people_file: Path
) -> None:
    (tmp_path / "recipe.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    model = f"model_name_or_path={tiny_model('Qwen3')}"
    settings = ["recipe.yaml", model, "output_dir=runs/r", *FEW_STEPS]
    settings.append("preprocessing_num_workers=5")  # one more than there are rows to evaluate on
    trained = pii_sft("train", *settings, umask=0)
    assert trained.returncode == 0, trained.stderr[-3000:]
    assert not _surfaces(people_file) & set((trained.stdout + trained.stderr).split('"'))
    assert "Ann Lee" not in trained.stdout + trained.stderr
    for noise in ("num_proc", "deprecated", "it/s]"):
        assert noise not in trained.stderr

    record = json.loads((tmp_path / "runs/r/pii_sft.json").read_text())
    assert record["settings"]["max_steps"] == 2
    assert record["target"] == "tags"
    for path in (tmp_path / "runs").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path

    predicted = pii_sft("predict", "--run", "runs/r", "--max-new-tokens", "16")
    assert predicted.returncode == 0, predicted.stderr[-3000:]
    assert "assumed" not in predicted.stderr
    gold = rows(tmp_path / "data/pii/gold/test.jsonl")
    found = rows(tmp_path / "runs/r/predictions.jsonl")
    assert [row["id"] for row in found] == [document["id"] for document in gold]
    assert all(
        row.keys()
        == {"id", "text_digest", "output", "finish_reason", "spans", "issues", "unplaced"}
        for row in found
    )

    scored = pii_sft("score", "--pred", "runs/r/predictions.jsonl", "--json", "score.json")
    assert scored.returncode == 0, scored.stderr
    assert "strict" in scored.stdout
    assert json.loads((tmp_path / "score.json").read_text())["documents"] == len(gold)

    gate = pii_sft("score", "--pred", "runs/r/predictions.jsonl", "--fail-under", "recall=0.9")
    assert gate.returncode == 1


def _surfaces(people_file: Path) -> set[str]:
    return {
        row["text"][span["start"] : span["end"]]
        for row in rows(people_file)
        for span in row["spans"]
        if span["label"] == "PERSON"
    }


@pytest.mark.usefixtures("data_set")
def test_a_folder_trained_without_us_predicts_like_the_trainer(
    tmp_path: Path, pii_sft: Program, tiny_model: Tiny, llamafactory: LlamaFactory
) -> None:
    (tmp_path / "recipes").mkdir()
    recipe = shipped_recipe("qwen3_0_6b").replace("Qwen/Qwen3-0.6B", str(tiny_model("Qwen3")))
    recipe = recipe.replace("bf16: true", "bf16: false")
    (tmp_path / "recipes/qwen3_0_6b.yaml").write_text(recipe)
    trained = llamafactory("train", "recipes/qwen3_0_6b.yaml", *FEW_STEPS)
    assert trained.returncode == 0, trained.stderr[-3000:]

    words = ["--decode", "free", "--max-new-tokens", "24", "--dtype", "float32"]
    ours = pii_sft("predict", "--run", "runs/qwen3_0_6b", *words)
    assert ours.returncode == 0, ours.stderr[-3000:]
    assert "template qwen3, from recipes/qwen3_0_6b.yaml" in ours.stderr

    theirs = llamafactory(
        "train",
        "recipes/qwen3_0_6b.yaml",
        "do_train=false",
        "do_predict=true",
        "predict_with_generate=true",
        "do_sample=false",
        "max_new_tokens=24",
        "adapter_name_or_path=runs/qwen3_0_6b",
        "output_dir=runs/theirs",
        "eval_dataset=pii_test",
        "train_sampling_strategy=sequential",
        "eval_strategy='no'",
        "save_strategy='no'",
        "load_best_model_at_end=false",
        "use_cpu=true",
        "preprocessing_num_workers=1",
        "per_device_eval_batch_size=2",
    )
    assert theirs.returncode == 0, theirs.stderr[-3000:]
    generated = rows(tmp_path / "runs/theirs/generated_predictions.jsonl")
    predicted = rows(tmp_path / "runs/qwen3_0_6b/predictions.jsonl")
    assert [row["predict"] for row in generated] == [row["output"] for row in predicted]

    for name, path in (
        ("ours", "runs/qwen3_0_6b/predictions.jsonl"),
        ("theirs", "runs/theirs/generated_predictions.jsonl"),
    ):
        done = pii_sft("score", "--pred", path, "--json", f"{name}.json")
        assert done.returncode == 0, done.stderr
    ours_scores = json.loads((tmp_path / "ours.json").read_text())["schemes"]
    theirs_scores = json.loads((tmp_path / "theirs.json").read_text())["schemes"]
    assert ours_scores == theirs_scores


STARTED = [
    ("qwen2_5_0_5b",),
    ("qwen2_5_0_5b_qlora",),
    ("qwen3_0_6b",),
    ("qwen3_0_6b_qlora", "quantization_bit=8"),
    ("qwen3_4b",),
    ("qwen3_4b_hybrid_qlora",),
    ("qwen3_5_0_8b",),
    ("qwen3_5_2b_qlora",),
    ("smollm2_135m",),
]
"""One recipe of each architecture, template and method; the others differ in model and sizes."""


@pytest.mark.usefixtures("data_set")
@pytest.mark.parametrize("words", STARTED, ids=" ".join)
def test_every_kind_of_recipe_starts_and_trains(
    words: tuple[str, ...], tmp_path: Path, tiny_model: Tiny, llamafactory: LlamaFactory
) -> None:
    name, *changed = words
    (tmp_path / "recipes").mkdir()
    (tmp_path / f"recipes/{name}.yaml").write_text(shipped_recipe(name))
    model = tiny_model(family_of(name))
    own = [f"model_name_or_path={model}", *changed]
    done = llamafactory("train", f"recipes/{name}.yaml", *own, *FEW_STEPS)
    assert done.returncode == 0, done.stderr[-3000:]
    run = tmp_path / "runs" / name
    assert (run / "adapter_model.safetensors").stat().st_size > 0
    steps = [row for row in rows(run / "trainer_log.jsonl") if "loss" in row]
    assert len(steps) == 2
    assert all(row["loss"] > 0 for row in steps)


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_the_trainer_accepts_every_recipe(name: str, tmp_path: Path) -> None:
    from llamafactory.hparams import get_train_args

    (tmp_path / "r.yaml").write_text(shipped_recipe(name))
    recipe = load_recipe(tmp_path / "r.yaml", [*FEW_STEPS, f"output_dir={tmp_path / 'run'}"])
    model, data, training, finetuning, _ = get_train_args(dict(recipe))
    assert model.model_name_or_path == recipe["model_name_or_path"]
    assert model.quantization_bit == recipe.get("quantization_bit")
    assert data.template == recipe["template"]
    assert finetuning.lora_rank == recipe["lora_rank"]
    assert training.lr_scheduler_kwargs == recipe["lr_scheduler_kwargs"]


@pytest.mark.usefixtures("data_set")
def test_restarts_really_restart(
    tmp_path: Path, tiny_model: Tiny, llamafactory: LlamaFactory
) -> None:
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    done = llamafactory(
        "train",
        "r.yaml",
        f"model_name_or_path={tiny_model('Qwen3')}",
        *FEW_STEPS,
        "max_steps=12",
        "warmup_steps=1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rates = [
        row["lr"] for row in rows(tmp_path / "runs/qwen3_0_6b/trainer_log.jsonl") if "lr" in row
    ]
    climbs = [after > before for before, after in pairwise(rates[2:])]
    assert climbs.count(True) == 1


@pytest.mark.usefixtures("data_set")
def test_an_interrupted_prediction_goes_on(
    tmp_path: Path, pii_sft: Program, tiny_model: Tiny
) -> None:
    words = ["predict", "--model", tiny_model("Qwen3"), "--template", "qwen3"]
    words += ["--data", "data/pii/gold/train.jsonl", "--batch-size", "2", "--max-new-tokens", "16"]
    whole = pii_sft(*words, "--out", "whole.jsonl")
    assert whole.returncode == 0, whole.stderr[-3000:]

    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    stopper = (
        "import pii_sft.inference.resumable_rows as p, pii_sft.cli as c, os\n"
        "add = p.Unfinished.append\n"
        "count = []\n"
        "def stop(self, row):\n"
        "    add(self, row)\n"
        "    count.append(row)\n"
        "    if len(count) == 5:\n"
        '        os.write(os.open(self.path, os.O_WRONLY | os.O_APPEND), b\'{"id": "cut\')\n'
        "        os._exit(9)\n"
        "p.Unfinished.append = stop\n"
        "c.main()\n"
    )
    import sys

    killed = subprocess.run(
        [sys.executable, "-c", stopper, *map(str, words), "--out", "part.jsonl"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    assert not (tmp_path / "part.jsonl").exists()
    refused = pii_sft(*words, "--out", "part.jsonl")
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    resumed = pii_sft(*words, "--out", "part.jsonl", "--resume")
    assert resumed.returncode == 0, resumed.stderr[-3000:]
    assert f"{len(lines) - 5} documents" in resumed.stderr
    ids = [json.loads(line)["id"] for line in lines]
    assert [row["id"] for row in rows(tmp_path / "part.jsonl")] == ids
