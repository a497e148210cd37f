"""From rows of figures to a training log; what readers of every format share."""

from __future__ import annotations

from collections.abc import Iterable

from pii_sft.diagnosis.readers.figure_names import EPOCH, FINAL, STEP
from pii_sft.diagnosis.training_log import Row, TrainingLog, merged


def log_of(
    rows: Iterable[dict[str, float]], total: float | None = None, best: float | None = None
) -> TrainingLog:
    """A log from figures by canonical name, in the order in which they were written.

    A row with a training loss and figures of an evaluation becomes two. Rows count in steps where
    any of them names one, else in epochs, else they are numbered.

    Args:
        rows: the figures.
        total: at which step the run was to end.
        best: the step of the best checkpoint.
    """
    found = [row for row in rows if row.keys() - {STEP, EPOCH}]
    unit = next((name for name in (STEP, EPOCH) if any(name in row for row in found)), "row")
    placed: list[Row] = []
    at = 0.0
    for number, row in enumerate(found, 1):
        at = row.get(unit, at) if unit != "row" else float(number)
        placed += [Row(at, part) for part in _parts(row)]
    joined, resumed = merged(placed)
    return TrainingLog(joined, unit, total, resumed, best)


def _parts(row: dict[str, float]) -> list[dict[str, float]]:
    if FINAL in row:  # the loss is the mean of the run there, and no step's
        return [{name: value for name, value in row.items() if name != "loss"}]
    evaluated = {name for name in row if name.startswith("eval_")}
    if not evaluated or "loss" not in row:
        return [row]
    return [
        {name: value for name, value in row.items() if name not in evaluated},
        {name: value for name, value in row.items() if name in evaluated or name == EPOCH},
    ]
