"""Readers of training logs, a format a file; the content of a file decides which one reads it."""

from __future__ import annotations

from pathlib import Path

from pii_sft.diagnosis.readers import columns, console, json_lines, table, trainer_state
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.errors import InputError, Problem
from pii_sft.files import open_binary

_READERS = (trainer_state, json_lines, table, columns, console)
"""In the order in which they are asked; the console takes what is left."""

_HEAD = 1 << 16


def read_log(path: Path, *, may_be_empty: bool = False) -> TrainingLog:
    """Read a training log of any of the formats.

    Args:
        path: the file.
        may_be_empty: take a file without figures for the log of a run that logged nothing.

    Raises:
        InputError: the file can't be read, or holds no figures of a training run.
    """
    with open_binary(path) as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    for reader in _READERS:
        if reader.sniff(head):
            log: TrainingLog = reader.read(path)
            if log.rows:
                return log
    if may_be_empty:
        return TrainingLog(())
    problem = Problem(
        "no training log",
        str(path),
        0,
        None,
        "holds no loss, rate, speed or evaluation under a known name",
    )
    raise InputError(
        [problem],
        "Known: trainer_log.jsonl, trainer_state.json, metrics.jsonl, JSON lines, CSV with a line "
        "of names, and what a trainer printed.",
    )
