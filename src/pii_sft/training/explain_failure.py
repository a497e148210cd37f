"""Explanations of failed trainings, with the last good checkpoint and what to change."""

from __future__ import annotations

import errno
from pathlib import Path

from pii_sft.errors import PiiSftError
from pii_sft.records.checkpoints import last_checkpoint


class TrainingError(PiiSftError):
    """A run ended early, for a reason the user can act on."""


class DivergedError(PiiSftError):
    """A quantity is infinite or not a number.

    Args:
        what: name of the quantity.
        step: optimizer step at which it was noticed.
    """

    def __init__(self, what: str, step: int) -> None:
        super().__init__(f"{what} is no finite number at step {step}")


_OUT_OF_MEMORY = (
    "Memory ran out. Lower per_device_train_batch_size (and raise gradient_accumulation_steps by "
    "as much), lower cutoff_len or per_device_eval_batch_size, leave gradient checkpointing on, "
    "or take a QLoRA recipe (quantization_bit: 4)."
)
_DIVERGED = (
    "Lower learning_rate (by 3 to 10 times), set max_grad_norm: 1.0 and warmup_steps: 0.05, and "
    "use bf16 instead of fp16; 'pii-sft lr-range' finds a rate that holds."
)
_DISK_FULL = (
    "The disk is full. Free space or lower save_total_limit; save_only_model: true makes "
    "checkpoints several times smaller, but a run can't be continued from them."
)


def explained(error: BaseException, folder: Path) -> TrainingError | None:
    """A message for a failure whose cause is known; None for any other.

    Args:
        error: what ended the run.
        folder: of the run.
    """
    advice = _advice(error)
    if advice is None:
        return None
    last = last_checkpoint(folder)
    kept = (
        f"The last good checkpoint is {last}; the same command goes on from it."
        if last
        else "There is no checkpoint yet."
    )
    return TrainingError(f"{advice}\n{kept}")


def _advice(error: BaseException) -> str | None:
    if isinstance(error, DivergedError):
        return f"Training diverged: {error}. {_DIVERGED}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _DISK_FULL
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return _OUT_OF_MEMORY
    if isinstance(error, RuntimeError) and "allocate memory" in str(error):
        return _OUT_OF_MEMORY
    if "No space left on device" in str(error):
        return _DISK_FULL
    return None
