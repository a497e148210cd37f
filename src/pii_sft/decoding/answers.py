"""Answers to a batch of prompts, and where each of their tokens stands in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pii_sft.decoding.chat import Chat
from pii_sft.decoding.greedy import Written, greedy

SHORTEST_CAP = 64
CAP_PER_PROMPT_TOKEN = 4


def answer(
    model: Any, chat: Chat, prompts: Sequence[list[int]], max_new_tokens: int
) -> list[Written]:
    """Answer prompts of like length together.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        chat: its tokenizer and template.
        prompts: token ids of each prompt.
        max_new_tokens: longest answer; the length of the prompts may set a lower cap, since an
            answer lists parts of its prompt.
    """
    padded = chat.tokenizer.pad(
        {"input_ids": list(prompts)}, return_tensors="pt", padding_side="left"
    )
    width = padded["input_ids"].shape[1]
    cap = min(max(SHORTEST_CAP, CAP_PER_PROMPT_TOKEN * width), max_new_tokens)
    device = next(model.parameters()).device
    with torch.no_grad():
        return greedy(
            model,
            padded["input_ids"].to(device),
            padded["attention_mask"].to(device),
            chat.stop_ids,
            cap,
        )


def decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    """The text of token ids, without special tokens."""
    text: str = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def borders(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """Start of each token in the decoded text, and end of the last one.

    In code points; a token that ends inside a character is empty, the one that completes the
    character holds all of it.
    """
    found, held, length = [0], [], 0
    for each in ids:
        held.append(each)
        piece = decoded(tokenizer, held)
        if not piece.endswith("\ufffd"):
            length += len(piece)
            held = []
        found.append(length)
    return found
