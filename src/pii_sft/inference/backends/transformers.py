"""Generation with transformers and peft: greedy, batched, with the probability of every token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from pii_sft.errors import UsageError
from pii_sft.hardware import cpu_computes_in_bfloat16
from pii_sft.inference.backends import Dtype, Generation, Settings, Token
from pii_sft.inference.backends.greedy import Written, greedy
from pii_sft.inference.chat import load_chat
from pii_sft.prompt import Message

SHORTEST_CAP = 64
CAP_PER_PROMPT_TOKEN = 4


class TransformersBackend:
    """Loads base model and adapter once, and merges them.

    Args:
        settings: what to load.

    Raises:
        UsageError: the model or the adapter can't be loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self._chat = load_chat(
                settings.model,
                settings.template,
                settings.enable_thinking,
                settings.trust_remote_code,
            )
            model = AutoModelForCausalLM.from_pretrained(
                settings.model,
                dtype=_dtype(settings.dtype, device),
                trust_remote_code=settings.trust_remote_code,
            )
            if settings.adapter:
                model = PeftModel.from_pretrained(model, settings.adapter).merge_and_unload()
        except OSError as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"Can't load the model {settings.model}: {reason}") from None
        self._model = model.to(device).eval()
        self._device = device

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer the prompts, those of like length together; shortest first."""
        ids = [self._chat.prompt_ids(messages) for messages in prompts]
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        size = self._settings.batch_size
        for at in range(0, len(order), size):
            batch = order[at : at + size]
            answers = self._answer([ids[index] for index in batch])
            yield from (
                self._generation(index, answer)
                for index, answer in zip(batch, answers, strict=True)
            )

    def _answer(self, batch: list[list[int]]) -> list[Written]:
        padded = self._chat.tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        width = padded["input_ids"].shape[1]
        with torch.inference_mode():
            return greedy(
                self._model,
                padded["input_ids"].to(self._device),
                padded["attention_mask"].to(self._device),
                self._chat.stop_ids,
                self._cap(width),
            )

    def _cap(self, prompt_tokens: int) -> int:
        """Longest answer worth waiting for: it lists parts of the prompt."""
        cap = max(SHORTEST_CAP, CAP_PER_PROMPT_TOKEN * prompt_tokens)
        return min(cap, self._settings.max_new_tokens)

    def _generation(self, index: int, written: Written) -> Generation:
        borders = self._borders(written.ids)
        tokens = tuple(
            Token(start, end, logprob)
            for (start, end), logprob in zip(pairwise(borders), written.logprobs, strict=True)
        )
        return Generation(index, self._decode(written.ids), written.finish_reason, tokens)

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self._chat.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _borders(self, ids: Sequence[int]) -> list[int]:
        """Where each token begins in the answer; a token that ends inside a character is empty."""
        borders, held, length = [0], [], 0
        for each in ids:
            held.append(each)
            piece = self._decode(held)
            if not piece.endswith("\ufffd"):
                length += len(piece)
                held = []
            borders.append(length)
        return borders


def _dtype(wanted: Dtype, device: str) -> torch.dtype:
    """The number format that was asked for, or what the hardware computes fast in."""
    if wanted != "auto":
        return torch.float32 if wanted == "float32" else torch.bfloat16
    fast = torch.cuda.is_bf16_supported() if device == "cuda" else cpu_computes_in_bfloat16()
    return torch.bfloat16 if fast else torch.float32
