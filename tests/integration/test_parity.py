"""What the model reads at inference is what it read in training, token by token."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.prompt import Message
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

TURNS = [Message("system", "List the personal data."), Message("user", "Ann lives in 北京 😀.")]
ANSWER = '[["PERSON","Ann"]]'


@pytest.mark.parametrize(
    ("template", "family", "settings"),
    [
        ("qwen3", "Qwen3", {"enable_thinking": False}),
        ("qwen", "Qwen2", {"enable_thinking": True}),
    ],
)
def test_our_ids_are_those_of_the_models_own_chat_template(
    template: str, family: str, settings: dict[str, bool], tiny_model: Tiny
) -> None:
    from pii_sft.decoding.chat import load_chat

    chat = load_chat(str(tiny_model(family)), template, enable_thinking=False)
    ours = chat.prompt_ids(TURNS)
    served = chat.tokenizer.apply_chat_template(
        [{"role": each.role, "content": each.content} for each in TURNS],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=False,
        **settings,
    )
    assert ours == served


@pytest.mark.parametrize("template", ["qwen", "qwen3", "qwen3_nothink", "smollm2"])
def test_training_rows_begin_with_the_prompt_of_inference(template: str, tiny_model: Tiny) -> None:
    from pii_sft.decoding.chat import load_chat

    chat = load_chat(str(tiny_model("Qwen3")), template, enable_thinking=False)
    prompt, answer = chat.example_ids(TURNS, ANSWER)
    assert prompt == chat.prompt_ids(TURNS)
    text = chat.tokenizer.decode(answer)
    assert text == ANSWER + "<|im_end|>\n"
    assert any(each in chat.stop_ids for each in answer)


def test_the_snapshot_of_keys_is_that_of_the_installed_version() -> None:
    import dataclasses
    import json
    from importlib import resources

    from llamafactory.hparams.parser import _TRAIN_ARGS

    shipped = json.loads(
        (resources.files("pii_sft.recipe_lint") / "llamafactory_keys.json").read_text()
    )
    installed = {f.name for each in _TRAIN_ARGS for f in dataclasses.fields(each) if f.init}
    assert set(shipped["keys"]) == installed


def test_the_embedded_model_ends_its_turns(tmp_path: Path) -> None:
    from pii_sft.decoding.chat import load_chat
    from pii_sft.training.models.embedded import write_embedded_model

    folder = write_embedded_model(tmp_path / "model")
    chat = load_chat(str(folder), "smollm2", enable_thinking=None)
    assert chat.tokenizer.eos_token == "<|im_end|>"
    assert chat.tokenizer.decode(chat.example_ids(TURNS, ANSWER)[1]) == ANSWER + "<|im_end|>\n"
