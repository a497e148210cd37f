"""A run of the `tags` target at work: trained, evaluated, moved, and used from another folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pii_sft.recipe import shipped_recipe
from pii_sft.spans import Span
from pii_sft.training.metrics_log import read_metrics
from tests.conftest import Program
from tests.tiny_models import Tiny

pytestmark = [pytest.mark.train, pytest.mark.slow]

FEW_STEPS = (
    "max_steps=2",
    "per_device_train_batch_size=2",
    "preprocessing_num_workers=1",
    "use_cpu=true",
    "bf16=false",
    "eval_strategy=steps",
    "eval_steps=2",
    "save_strategy=steps",
    "save_steps=2",
)
OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def test_a_run_is_trained_moved_and_used_elsewhere(
    tmp_path: Path, people_file: Path, pii_sft: Program, tiny_model: Tiny
) -> None:
    environment = {**os.environ, **OFFLINE}
    assert pii_sft("convert", people_file, "--target", "tags").returncode == 0
    shutil.copytree(tiny_model("Qwen3"), tmp_path / "models/tiny")
    (tmp_path / "r.yaml").write_text(shipped_recipe("qwen3_0_6b"))
    words = ["r.yaml", "model_name_or_path=models/tiny", "output_dir=runs/r", *FEW_STEPS]
    trained = pii_sft("train", *words, "--eval-documents", "3", env=environment)
    assert trained.returncode == 0, trained.stderr[-3000:]
    scored = [row for row in read_metrics(tmp_path / "runs/r") if "eval_span_f1" in row]
    assert all(row["eval_span_cut"] == 0 for row in scored)
    assert scored

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = (tmp_path / "runs/r").rename(elsewhere / "renamed")
    texts = {"a": "Ann Lee3 lives in Rome.", "b": "北京 <b> \\ 😀"}
    rows = elsewhere / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in texts.items()))
    run.chmod(0o555)
    out = elsewhere / "p.jsonl"
    words = ["predict", "--run", run, "--data", rows, "--out", out, "--recall-bias", "1"]
    predicted = pii_sft(*words, "--keep-proposals", cwd=elsewhere, env=environment)
    run.chmod(0o755)
    assert predicted.returncode == 0, predicted.stderr[-3000:]
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in found] == ["a", "b"]
    labels = {"PERSON", "CITY", "EMAIL"}
    for row in found:
        assert row["finish_reason"] == "stop"
        assert not row["issues"]
        for each in row["spans"]:
            assert each["label"] in labels
            assert 0 <= each["start"] < each["end"] <= len(texts[row["id"]])
            assert 0 <= each["score"] <= 1
            assert each["source"] == "model"
    record = json.loads((elsewhere / "p.meta.json").read_text())
    assert record["decode"] == "anchored"
    assert set(record["labels"]) == labels

    again = _by_detector(run, texts["a"])
    chosen = [Span(each["start"], each["end"], each["label"]) for each in found[0]["spans"]]
    assert again == chosen

    shutil.rmtree(tmp_path / "models/tiny")
    missing = pii_sft("predict", "--run", run, "--data", rows, cwd=elsewhere, env=environment)
    assert missing.returncode == 2
    assert "was the folder" in missing.stderr
    assert "--model" in missing.stderr
    assert not (run / "predictions.jsonl.part").exists()


def _by_detector(run: Path, text: str) -> list[Span]:
    import torch

    from pii_sft import Detector

    torch.set_num_threads(1)
    found = Detector.load(run, recall_bias=1.0).detect(text)
    return [each.span for each in found]


def test_a_model_that_can_not_forget_tokens_is_read_anew(tiny_model: Tiny) -> None:
    """Linear attention has one state for all that was read, so drafts can't be taken back."""
    import torch
    from transformers import AutoModelForCausalLM

    from pii_sft.decoding.anchored import anchored
    from pii_sft.decoding.chat import load_chat
    from pii_sft.decoding.proposals import Anchoring
    from pii_sft.decoding.tag_tokens import TagWriter
    from pii_sft.prompt import Message

    torch.set_num_threads(1)
    folder = str(tiny_model("Qwen3_5Text"))
    chat = load_chat(folder, "qwen3", enable_thinking=False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    texts = ["Ann met Bob in Rome", "王小明"]
    prompts = [chat.prompt_ids([Message("user", text)]) for text in texts]
    found = anchored(model, TagWriter(chat.tokenizer, ("A", "B")), prompts, texts, Anchoring())
    for text, each in zip(texts, found, strict=True):
        assert all(0 <= p.start < p.end <= len(text) and p.label in "AB" for p in each.proposals)
    assert any(each.proposals for each in found)
