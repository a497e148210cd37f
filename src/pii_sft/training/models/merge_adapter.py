"""An adapter merged into its base model, through LLaMA-Factory's own export."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import write_bytes
from pii_sft.records.run import CARD, Run
from pii_sft.training.models.atomic_folder import atomic_folder
from pii_sft.training.quiet import quiet_libraries

KEPT = ("template", "enable_thinking", "finetuning_type", "use_dora")
"""Settings of the run that merging needs too."""

OLLAMA_TEMPLATE = "Modelfile"
"""LLaMA-Factory's file for Ollama, which is removed: its prompt differs from that of training."""


def merge(
    adapter: Path, run: Run, folder: Path, card: str, *, trust_remote_code: bool = False
) -> None:
    """Write base model plus adapter as a model of its own.

    Args:
        adapter: a run's folder, or one of its checkpoints.
        run: the record of the run.
        folder: where the model goes.
        card: what its README says.
        trust_remote_code: whether code that comes with the model may run, whatever the record of
            the run says: that is a file like any other.

    Raises:
        UsageError: `folder` is there already, `adapter` holds none, or LLaMA-Factory refuses.
        MissingExtraError: the training stack is not installed.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists. Name another folder.")
    if not (adapter / "adapter_config.json").is_file():
        raise UsageError(f"There is no adapter in {adapter}.")
    if find_spec("llamafactory") is None:
        raise MissingExtraError("llamafactory", "train")
    os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "ERROR")
    from llamafactory.train.tuner import export_model

    quiet_libraries()
    os.umask(0o077)
    with atomic_folder(folder) as unfinished:
        settings = {
            "model_name_or_path": run.settings["model_name_or_path"],
            "adapter_name_or_path": str(adapter),
            "export_dir": str(unfinished),
            "export_device": "cpu",
            "infer_dtype": "bfloat16",
            "trust_remote_code": trust_remote_code,
            **{key: run.settings[key] for key in KEPT if key in run.settings},
        }
        try:
            export_model(settings)
        except (ValueError, RuntimeError) as error:
            raise UsageError(f"LLaMA-Factory can't merge the adapter: {error}") from None
        (unfinished / OLLAMA_TEMPLATE).unlink(missing_ok=True)
        write_bytes(unfinished / CARD, card.encode(), overwrite=True)
