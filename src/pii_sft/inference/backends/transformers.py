"""Generation with transformers and peft: greedy, batched, with the probability of every token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from transformers.utils import logging as transformers_logging

from pii_sft.decoding.anchored import anchored
from pii_sft.decoding.answers import answer, borders, decoded
from pii_sft.decoding.chat import load_chat
from pii_sft.decoding.greedy import Written
from pii_sft.decoding.proposals import Anchored, Anchoring
from pii_sft.decoding.tag_tokens import TagWriter
from pii_sft.errors import UsageError
from pii_sft.hardware import cpu_computes_in_bfloat16
from pii_sft.inference.backends import Dtype, Generation, Question, Settings, Token
from pii_sft.inference.backends.load_model import import_transformers, load_model
from pii_sft.prompt import Message


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
        import_transformers()
        try:
            self._chat = load_chat(
                settings.model,
                settings.template,
                settings.enable_thinking,
                settings.trust_remote_code,
            )
            model = load_model(settings, _dtype(settings.dtype, device))
        except OSError as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"Can't load the model {settings.model}: {reason}") from None
        self._model = model.to(device).eval()

    def batches(self, prompts: Sequence[list[Message]]) -> list[list[int]]:
        """Batches of indices of prompts of similar length, shortest first."""
        return self._batches([self._chat.prompt_ids(messages) for messages in prompts])

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer the prompts in batches of similar length, shortest first."""
        ids = [self._chat.prompt_ids(messages) for messages in prompts]
        for batch in self._batches(ids):
            answers = answer(
                self._model,
                self._chat,
                [ids[index] for index in batch],
                self._settings.max_new_tokens,
            )
            yield from (
                self._generation(index, written)
                for index, written in zip(batch, answers, strict=True)
            )

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        """Find the entities of the texts in batches of similar length, shortest first."""
        writer = TagWriter(self._chat.tokenizer, labels)
        ids = [self._chat.prompt_ids(each.messages) for each in questions]
        for batch in self._batches(ids):
            found = anchored(
                self._model,
                writer,
                [ids[index] for index in batch],
                [questions[index].text for index in batch],
                settings,
            )
            yield from zip(batch, found, strict=True)

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._chat.tokenizer.encode(text, add_special_tokens=False))

    def _batches(self, ids: Sequence[list[int]]) -> list[list[int]]:
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        size = self._settings.batch_size
        return [order[at : at + size] for at in range(0, len(order), size)]

    def _generation(self, index: int, written: Written) -> Generation:
        tokens = tuple(
            Token(start, end, logprob)
            for (start, end), logprob in zip(
                pairwise(borders(self._chat.tokenizer, written.ids)), written.logprobs, strict=True
            )
        )
        return Generation(
            index, decoded(self._chat.tokenizer, written.ids), written.finish_reason, tokens
        )


def _dtype(wanted: Dtype, device: str) -> torch.dtype:
    """The number format that was asked for; for `auto`, the one in which the hardware is fast."""
    if wanted != "auto":
        return torch.float32 if wanted == "float32" else torch.bfloat16
    fast = torch.cuda.is_bf16_supported() if device == "cuda" else cpu_computes_in_bfloat16()
    return torch.bfloat16 if fast else torch.float32
