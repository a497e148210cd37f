"""Token ids of a conversation, exactly as LLaMA-Factory builds them in training."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.prompt import Message


class Chat(msgspec.Struct, frozen=True):
    """A tokenizer with a chat template.

    Attributes:
        tokenizer: a transformers tokenizer, prepared by the template.
        template: LLaMA-Factory's template.
        stop_ids: tokens that end an answer.
    """

    tokenizer: Any
    template: Any
    stop_ids: tuple[int, ...]

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """Ids of everything that stands before the answer."""
        return self.example_ids(messages, "")[0]

    def example_ids(self, messages: Sequence[Message], answer: str) -> tuple[list[int], list[int]]:
        """Ids of a training row: prompt, and the answer with what ends it."""
        system = next((each.content for each in messages if each.role == "system"), None)
        turns = [
            {"role": each.role, "content": each.content}
            for each in messages
            if each.role != "system"
        ]
        turns.append({"role": "assistant", "content": answer})
        prompt, reply = self.template.encode_oneturn(self.tokenizer, turns, system)
        return list(prompt), list(reply)


def load_chat(
    model: str, template: str, enable_thinking: bool | None, trust_remote_code: bool = False
) -> Chat:
    """Load a tokenizer and put LLaMA-Factory's template on it.

    Args:
        model: folder or hub name.
        template: name in LLaMA-Factory's list of templates.
        enable_thinking: setting of the same name.
        trust_remote_code: whether code of the model's repository may run.

    Raises:
        UsageError: LLaMA-Factory has no such template.
    """
    os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "ERROR")
    from llamafactory.data.template import TEMPLATES, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments
    from transformers import AutoTokenizer

    if template not in TEMPLATES:
        raise UsageError(f"LLaMA-Factory has no template {template!r}.")
    tokenizer = AutoTokenizer.from_pretrained(
        model, padding_side="left", trust_remote_code=trust_remote_code
    )
    arguments = DataArguments(template=template, enable_thinking=enable_thinking)
    prepared = get_template_and_fix_tokenizer(tokenizer, arguments)
    return chat_of(tokenizer, prepared)


def chat_of(tokenizer: Any, template: Any) -> Chat:
    """A chat of a tokenizer that LLaMA-Factory has prepared, and of the template it used."""
    ends = [tokenizer.eos_token_id, *tokenizer.convert_tokens_to_ids(template.stop_words)]
    return Chat(tokenizer, template, tuple(dict.fromkeys(ends)))
