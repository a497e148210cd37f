"""Columns under a ruled line, as `spacy train` prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pii_sft.diagnosis.readers.figure_names import EPOCH, STEP, canonical, number
from pii_sft.diagnosis.readers.log_from_rows import log_of
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.files import read_lines

_RULE = re.compile(r"-+(?: {2,}-+){3,}\s*")
_OWN_NAMES = {"e": EPOCH, "#": STEP}
_PERCENT = ("eval_f1", "eval_precision", "eval_recall")


def sniff(head: str) -> bool:
    """True if names stand over a ruled line, a loss among them."""
    lines = head.splitlines()
    return any(
        _RULE.fullmatch(line.strip()) and "loss" in name.lower() for name, line in pairwise(lines)
    )


def read(path: Path) -> TrainingLog:
    """Read what stands below the line; a loss of step 0 is that of one batch, the others sums."""
    lines = [line.decode("utf-8", "replace").rstrip() for _, line in read_lines(path)]
    return log_of(_rows(lines))


def _rows(lines: list[str]) -> Iterator[dict[str, float]]:
    names: list[str | None] = []
    for above, line in pairwise(["", *lines]):
        if _RULE.fullmatch(line.strip()):
            columns = [match.span() for match in re.finditer("-+", line)]
            names = _without_doubles([_named(above[low:high]) for low, high in columns])
            continue
        values = [number(cell) for cell in line.split()]
        if not names or len(values) != len(names) or None in values:
            continue
        row = {
            name: value / 100 if name in _PERCENT else value
            for name, value in zip(names, values, strict=True)
            if name and value is not None
        }
        if not row.get(STEP, 1.0):
            row.pop("loss", None)
        yield row


def _named(words: str) -> str | None:
    """The figure of a column; of several losses, that of the entities."""
    name = words.strip().lower()
    if name.startswith("loss"):
        return "loss" if name == "loss ner" else "loss of another part"
    return _OWN_NAMES.get(name) or canonical(name)


def _without_doubles(names: list[str | None]) -> list[str | None]:
    """One loss: that of the entities, or else the last."""
    losses = [at for at, name in enumerate(names) if name == "loss of another part"]
    kept = losses[-1] if losses and "loss" not in names else None
    return [
        "loss" if at == kept else None if at in losses else name for at, name in enumerate(names)
    ]
