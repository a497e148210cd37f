"""LLaMA-Factory's own server writes, to the letter, what the model writes in this process."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pii_sft.inference.backends import BACKENDS, Server, Settings
from pii_sft.prompt import Prompt
from tests.integration.server_process import free_port, server_process
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

PROMPT = Prompt("short-1", "Find the entities.", "Text: ", "")
TEXTS = ["Ann", "王小明住在北京。", "Order 17 was shipped to Rome. " * 5]


def llamafactory_api(model: Path) -> AbstractContextManager[str]:
    """Its address, while it runs."""
    program = str(Path(sys.executable).with_name("llamafactory-cli"))
    words = [program, "api", "--model_name_or_path", str(model), "--template", "qwen3"]
    words += ["--enable_thinking", "false", "--infer_dtype", "float32"]
    port = free_port()
    return server_process(words, port, API_HOST="127.0.0.1", API_PORT=str(port))


def test_the_same_answers_from_a_server(tiny_model: Tiny) -> None:
    model = tiny_model("Qwen3")
    settings = Settings(str(model), "", "qwen3", batch_size=2, max_new_tokens=24, dtype="float32")
    prompts = [PROMPT.messages(text) for text in TEXTS]
    here = BACKENDS.get("transformers")(settings)
    known = {each.index: each for each in here.generate(prompts)}
    with llamafactory_api(model) as url:
        asked = Settings(
            str(model), "", "qwen3", batch_size=2, max_new_tokens=24, server=Server(url)
        )
        there = BACKENDS.get("openai")(asked)
        found = {each.index: each for each in there.generate(prompts)}
    assert {at: each.text for at, each in found.items()} == {
        at: each.text for at, each in known.items()
    }
    assert all(found[at].finish_reason == known[at].finish_reason for at in known)


def test_the_model_s_own_chat_template_makes_what_training_read(tiny_model: Tiny) -> None:
    """Which is what other servers put around the prompt."""
    from transformers import AutoTokenizer

    from pii_sft.decoding.chat import load_chat

    model = str(tiny_model("Qwen3"))
    turns = PROMPT.messages("Ann lives in Rome.")
    prompt = AutoTokenizer.from_pretrained(model).apply_chat_template(
        [{"role": each.role, "content": each.content} for each in turns],
        add_generation_prompt=True,
        enable_thinking=False,
        return_dict=False,
    )
    assert prompt == load_chat(model, "qwen3", enable_thinking=False).prompt_ids(turns)
