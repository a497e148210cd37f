"""A prompt gets the answer in a batch padded on the left that it gets alone."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Tiny

pytestmark = pytest.mark.train

PROMPTS = [
    "Ann",
    "Order 17 was shipped to Rome. " * 30,
    "王小明住在北京。" * 4,
    "a b c d e f " * 11,
]
"""Shorter and longer than the 64 tokens that linear attention computes together."""


@pytest.mark.parametrize("family", ["Qwen3", "Qwen3_5Text"])
def test_alone_as_in_a_batch(family: str, tiny_model: Tiny) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pii_sft.decoding.greedy import Written, greedy

    folder = tiny_model(family)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:  # random weights are so small that context hardly counts
                weight.mul_(3 if "embed" in name else 12)

    def written(prompts: list[str], *, masked: bool = True) -> list[Written]:
        batch = tokenizer(prompts, return_tensors="pt", padding=True)
        mask = batch["attention_mask"] if masked else torch.ones_like(batch["attention_mask"])
        with torch.inference_mode():
            return greedy(model, batch["input_ids"], mask, set(), 16)

    alone = [answer for prompt in PROMPTS for answer in written([prompt])]
    together = written(PROMPTS)
    assert [answer.ids for answer in together] == [answer.ids for answer in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-3)
    unmasked = written(PROMPTS, masked=False)
    assert [answer.ids for answer in unmasked] != [answer.ids for answer in alone]
