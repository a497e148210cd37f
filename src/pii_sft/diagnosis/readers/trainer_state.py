"""`trainer_state.json` of the Hugging Face Trainer, in a run or in a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pii_sft.diagnosis.readers.figure_names import figures, number
from pii_sft.diagnosis.readers.lenient_json import decode
from pii_sft.diagnosis.readers.log_from_rows import log_of
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.errors import InputError, Problem
from pii_sft.files import open_binary


def sniff(head: str) -> bool:
    """True if it is one JSON object that spans lines, as the trainer writes its state."""
    return head.lstrip().startswith("{") and '"log_history"' in head


def read(path: Path) -> TrainingLog:
    """Read the history of a state.

    Raises:
        InputError: it is no JSON, or holds no history.
    """
    with open_binary(path) as stream:
        try:
            state = decode(stream.read())
            history: list[dict[str, Any]] = state["log_history"]
            rows = [figures(row) for row in history]
        except (ValueError, KeyError, TypeError, AttributeError):
            problem = Problem(
                "unreadable log", str(path), 0, None, "is no state with a log_history"
            )
            raise InputError([problem]) from None
    total = number(state.get("max_steps"))
    return log_of(rows, total or None, _best(state))


def _best(state: dict[str, Any]) -> float | None:
    """The step of the best checkpoint; older states name only its folder."""
    step = number(state.get("best_global_step"))
    if step:
        return step
    folder = state.get("best_model_checkpoint")
    return number(str(folder).rpartition("checkpoint-")[2]) if folder else None
