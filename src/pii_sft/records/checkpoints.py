"""Checkpoints of a run: which are complete, and which is the last."""

from __future__ import annotations

import json
import re
from pathlib import Path

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
STATE_NAME = "trainer_state.json"
INCOMPLETE = "incomplete-"


def checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints of a run, by step.

    The trainer writes its state last, so a checkpoint with a readable state of the right step is
    complete.
    """
    return [path for path in _all(folder) if _complete(path)]


def last_checkpoint(folder: Path) -> Path | None:
    """The latest complete checkpoint; None if there is none."""
    return next(reversed(checkpoints(folder)), None)


def is_finished(folder: Path) -> bool:
    """True if a run has come to its end: the trainer then writes its state beside the adapter."""
    return (folder / STATE_NAME).exists()


def set_incomplete_aside(folder: Path) -> list[Path]:
    """Rename checkpoints that a killed run left half-written, so that none is continued from.

    Returns:
        Their new paths.
    """
    moved = []
    for path in _all(folder):
        if not _complete(path):
            target = path.with_name(f"{INCOMPLETE}{path.name}")
            number = 2
            while target.exists():
                target = path.with_name(f"{INCOMPLETE}{path.name}.{number}")
                number += 1
            moved.append(path.replace(target))
    return moved


def step_of(checkpoint: Path) -> int:
    """The optimizer step of a checkpoint.

    Raises:
        ValueError: the folder is not named like one.
    """
    found = _CHECKPOINT.fullmatch(checkpoint.name)
    if found is None:
        raise ValueError(f"{checkpoint.name} is no checkpoint")
    return int(found[1])


def _all(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [
        path for path in folder.iterdir() if path.is_dir() and _CHECKPOINT.fullmatch(path.name)
    ]
    return sorted(found, key=step_of)


def _complete(path: Path) -> bool:
    try:
        state = json.loads((path / STATE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(state, dict) and state.get("global_step") == step_of(path)
