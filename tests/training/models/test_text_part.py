"""The text part of a model with a vision tower: the same answers, and nothing of the tower."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Program
from tests.tiny_models import LINEAR_ATTENTION, Tiny

pytestmark = pytest.mark.train


@pytest.fixture
def with_eyes(tmp_path: Path, tiny_model: Tiny) -> Path:
    """A tiny Qwen3.5 with its vision tower."""
    import torch
    from transformers import AutoTokenizer, Qwen3_5Config, Qwen3_5ForConditionalGeneration

    text = {
        **LINEAR_ATTENTION,
        "vocab_size": 151_936,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "tie_word_embeddings": True,
    }
    eyes = {"depth": 1, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2}
    config = Qwen3_5Config(
        text_config=text,
        vision_config={**eyes, "out_hidden_size": 64, "num_position_embeddings": 16},
        tie_word_embeddings=True,
    )
    torch.manual_seed(3)
    folder = tmp_path / "Qwen3.5-Tiny"
    Qwen3_5ForConditionalGeneration(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model("Qwen3")).save_pretrained(folder)
    return folder


def test_the_text_part_answers_as_the_whole(
    with_eyes: Path, tmp_path: Path, pii_sft: Program
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3_5ForConditionalGeneration

    done = pii_sft("model", "--text-part-of", with_eyes)
    assert done.returncode == 0, done.stderr
    part = tmp_path / "models/qwen3_5_tiny"
    assert str(part.relative_to(tmp_path)) in done.stderr
    ids = torch.tensor([AutoTokenizer.from_pretrained(part)("Ann lives in Rome.")["input_ids"]])
    whole = Qwen3_5ForConditionalGeneration.from_pretrained(with_eyes)
    alone = AutoModelForCausalLM.from_pretrained(part)
    assert not any("visual" in name for name, _ in alone.named_modules())
    with torch.inference_mode():
        assert torch.equal(alone(ids).logits, whole(ids).logits)

    again = pii_sft("model", "--text-part-of", with_eyes)
    assert (again.returncode, "exists" in again.stderr) == (2, True)


def test_what_has_no_other_part(tmp_path: Path, pii_sft: Program, tiny_model: Tiny) -> None:
    (tmp_path / "empty").mkdir()
    for source, reason in ((tiny_model("Qwen3"), "is a text model"), ("./empty", "Can't load")):
        done = pii_sft("model", "out", "--text-part-of", source)
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "out").exists()


def test_both_templates_write_the_same_tokens(tiny_model: Tiny) -> None:
    from llamafactory.data.template import TEMPLATES
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model("Qwen3"))
    turns = [{"role": "user", "content": "Ann"}, {"role": "assistant", "content": "[]"}]
    written = []
    for name in ("qwen3", "qwen3_5"):
        template = TEMPLATES[name]
        template.enable_thinking = False
        written.append(template.encode_oneturn(tokenizer, turns, "Find names."))
    assert written[0] == written[1]
