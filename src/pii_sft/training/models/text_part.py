"""The text part of a multimodal model, as a model of its own."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.training.models.atomic_folder import atomic_folder

MODELS = Path("models")


def folder_for(source: str) -> Path:
    """Folder of the text part of a model: `models/qwen3_5_0_8b` for `Qwen/Qwen3.5-0.8B`."""
    name = source.rstrip("/").rsplit("/", 1)[-1].lower()
    return MODELS / re.sub(r"[^a-z0-9]+", "_", name).strip("_")


def write_text_part(source: str, folder: Path) -> None:
    """Write the part of a model that reads and writes text, with its tokenizer.

    It answers texts exactly as the whole model does.

    Args:
        source: folder or hub name of the whole model.
        folder: where to write.

    Raises:
        UsageError: `folder` exists, the model can't be loaded, is a text model already, or lacks
            weights that its text part needs.
        MissingExtraError: transformers or torch is not installed.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists. Name another folder.")
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(source)
        if config.get_text_config() is config:
            raise UsageError(f"{source} is a text model: recipes can name it as it is.")
        tokenizer = AutoTokenizer.from_pretrained(source)
        model, loaded = AutoModelForCausalLM.from_pretrained(
            source, dtype="auto", output_loading_info=True
        )
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"Can't load the model {source}: {reason}") from None
    if loaded["missing_keys"]:
        raise UsageError(f"{source} lacks {len(loaded['missing_keys'])} weights of its text part.")
    with atomic_folder(folder) as unfinished:
        model.save_pretrained(unfinished)
        tokenizer.save_pretrained(unfinished)
