"""Our decoding writes what transformers' own `generate` writes, and stops what never ends."""

from __future__ import annotations

import pytest

from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

PROMPTS = ["Ann", "Order 17 was shipped to Rome yesterday", "王小明住在北京。", "a b c d e f g"]


@pytest.mark.parametrize("family", ["Qwen3", "Qwen3_5Text"])
def test_same_tokens_as_generate(family: str, tiny_model: Tiny) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    from pii_sft.decoding.greedy import greedy

    folder = tiny_model(family)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    batch = tokenizer(PROMPTS, return_tensors="pt", padding=True)
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=20,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.inference_mode():
        theirs = model.generate(**batch, generation_config=settings)
        width = batch["input_ids"].shape[1]
        stop = {int(theirs[1, width + 3])}
        ours = greedy(model, batch["input_ids"], batch["attention_mask"], stop, 20)
    for row, answer in zip(theirs[:, width:].tolist(), ours, strict=True):
        ends = [at for at, token in enumerate(row) if token in stop]
        expected = row[: ends[0]] if ends else row[: len(answer.ids)]
        assert answer.ids == expected
        assert answer.finish_reason == ("stop" if ends else answer.finish_reason)
        assert all(logprob <= 0 for logprob in answer.logprobs)
    assert len({len(answer.ids) for answer in ours}) > 1


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([7, 8, 9, 5] * 8, True),
        ([1, 2, 3] + [7, 8, 9, 5] * 8, True),
        ([7, 8, 9, 5] * 7, False),
        ([0] * 31, False),
        ([0] * 32, True),
        ([1, 2] * 15, False),
        (list(range(100)), False),
    ],
)
def test_what_counts_as_a_loop(ids: list[int], expected: bool) -> None:
    from pii_sft.decoding.greedy import loops

    assert loops(ids) is expected


PADDED = [
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

    alone = [answer for prompt in PADDED for answer in written([prompt])]
    together = written(PADDED)
    assert [answer.ids for answer in together] == [answer.ids for answer in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-3)
    unmasked = written(PADDED, masked=False)
    assert [answer.ids for answer in unmasked] != [answer.ids for answer in alone]
