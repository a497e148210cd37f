"""The metrics of the library in the trainers of Hugging Face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pii_sft import Document, Span, compute_generated_metrics, compute_metrics
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

TAGS = {0: "O", 1: "B-PER", 2: "I-PER"}


def test_a_token_classifier_is_scored_while_it_is_evaluated(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    class Echo(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Predicts that each token is tagged with its own id."""

        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, input_ids: Any, labels: Any) -> dict[str, Any]:
            logits = torch.nn.functional.one_hot(input_ids, len(TAGS)).float() * self.scale
            return {"loss": logits.sum() * 0.0, "logits": logits}

    rows = [
        {"input_ids": [1, 2, 0, 1], "labels": [1, 2, 0, 1]},
        {"input_ids": [1, 0, 0, 2], "labels": [-100, 1, 2, -100]},
    ]
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path), per_device_eval_batch_size=1, report_to=[], use_cpu=True
    )
    trainer = transformers.Trainer(
        model=Echo(),
        args=arguments,
        eval_dataset=rows,
        data_collator=transformers.default_data_collator,
        compute_metrics=compute_metrics(TAGS, by_label=True),
    )
    found = trainer.evaluate()
    assert found["eval_precision"] == 1.0
    assert found["eval_recall"] == pytest.approx(2 / 3)
    assert found["eval_strict_PER_recall"] == pytest.approx(2 / 3)


def test_answers_of_a_real_tokenizer_are_decoded_and_placed(tiny_model: Tiny) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_model("Qwen3"))
    documents = [
        Document("a", "王伟 wrote to Ann 😀", (Span(0, 2, "PER"), Span(12, 15, "PER"))),
        Document("b", "Nobody"),
    ]
    answers = ['[["PER","王伟"],["PER","Ann"]]<|im_end|>', "[]<|im_end|>"]
    ids = [tokenizer(answer, add_special_tokens=False).input_ids for answer in answers]
    width = max(map(len, ids)) + 3
    padded = np.array([[*row, *[-100] * (width - len(row))] for row in ids])
    found = compute_generated_metrics(tokenizer, documents)((padded, None))
    assert found["precision"] == found["recall"] == 1.0
    assert found["false_alarm_rate"] == 0.0
