"""Greedy decoding of a batch, from which each answer is removed as soon as it ends.

`generate` of transformers computes every answer of a batch until the longest has ended. Lists of
entities differ in length by ten times and more, so most of that work would be wasted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import torch
from transformers import DynamicCache

from pii_sft.decoding import FinishReason

LOOP_REPEATS = 8
LOOP_TOKENS = 32
LONGEST_LOOP = 48


class Written(msgspec.Struct):
    """The tokens generated for one prompt, without the one that ended it.

    Attributes:
        ids: token ids.
        logprobs: natural logarithm of the probability of each.
        finish_reason: why it ended.
    """

    ids: list[int]
    logprobs: list[float]
    finish_reason: FinishReason


def greedy(
    model: Any,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    stop_ids: Collection[int],
    max_new_tokens: int,
) -> list[Written]:
    """Write the most probable answer, token by token, for every prompt of a batch.

    Args:
        model: a causal language model of transformers.
        input_ids: prompts, padded on the left; shape (prompts, width).
        attention_mask: 1 where a prompt has a token, 0 where it is padded; same shape.
        stop_ids: tokens that end an answer.
        max_new_tokens: longest answer in tokens.

    Returns:
        One answer for each prompt, in order.
    """
    answers = [Written([], [], "length") for _ in range(len(input_ids))]
    active = list(range(len(answers)))
    cache = DynamicCache(config=model.config)
    positions = (attention_mask.cumsum(dim=-1) - 1).clamp(min=0)
    tokens, mask = input_ids, attention_mask
    for _ in range(max_new_tokens):
        logits = (
            model(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            .logits[:, -1]
            .float()
        )
        best = logits.max(dim=-1)
        logprobs = (best.values - torch.logsumexp(logits, dim=-1)).tolist()
        going_on = []
        for place, (token, logprob) in enumerate(zip(best.indices.tolist(), logprobs, strict=True)):
            answer = answers[active[place]]
            if token in stop_ids:
                answer.finish_reason = "stop"
                continue
            answer.ids.append(token)
            answer.logprobs.append(logprob)
            if loops(answer.ids):
                answer.finish_reason = "loop"
            else:
                going_on.append(place)
        if not going_on:
            break
        tokens, positions = best.indices[:, None], positions[:, -1:] + 1
        if len(going_on) < len(active):
            kept = torch.tensor(going_on, device=mask.device)
            cache.reorder_cache(kept)
            tokens, positions, mask = tokens[kept], positions[kept], mask[kept]
            active = [active[place] for place in going_on]
        mask = torch.cat([mask, mask.new_ones(len(active), 1)], dim=-1)
    return answers


def loops(ids: Sequence[int]) -> bool:
    """True if the answer ends in one stretch over and over.

    The stretch has to occur `LOOP_REPEATS` times and fill `LOOP_TOKENS` tokens, since a log may
    name one address several times in a row, and a number may have many zeros.
    """
    last = ids[-1]
    for period in range(1, min(LONGEST_LOOP, len(ids) // LOOP_REPEATS) + 1):
        if ids[-1 - period] != last:
            continue
        length = max(period * LOOP_REPEATS, LOOP_TOKENS)
        tail = ids[-length:]
        if len(tail) == length and tail[period:] == tail[:-period]:
            return True
    return False
