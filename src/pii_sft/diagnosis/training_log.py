"""A training log in one shape, whichever trainer wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Row(msgspec.Struct, frozen=True):
    """The values logged at one step.

    Attributes:
        at: the step; the epoch where a log counts in epochs; the number of the row where it counts
            in neither.
        values: figures by canonical name, see `pii_sft.diagnosis.readers.figure_names`. Those of an
            evaluation begin with `eval_`.
    """

    at: float
    values: dict[str, float]

    @property
    def evaluates(self) -> bool:
        """True if the row holds figures of an evaluation and no training loss."""
        return "loss" not in self.values and any(name.startswith("eval_") for name in self.values)


class Series(msgspec.Struct, frozen=True):
    """A figure over a run.

    Attributes:
        at: where each value was logged, ascending.
        values: as logged, those that are no numbers included.
    """

    at: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def finite(self) -> Series:
        """The values that are numbers."""
        kept = np.isfinite(self.values)
        return Series(self.at[kept], self.values[kept])

    def since(self, at: float) -> Series:
        """The first row of a step or after it."""
        kept = self.at >= at
        return Series(self.at[kept], self.values[kept])


class Resumption(msgspec.Struct, frozen=True):
    """A place where the step count of a log goes back, because the run was resumed or restarted.

    Attributes:
        reached: the last step of the attempt before.
        begun: the first step that was logged of the next.
    """

    reached: float
    begun: float


class TrainingLog(msgspec.Struct, frozen=True):
    """The log of a run, in order.

    Attributes:
        rows: one a step and kind, ascending; what an interrupted run did after its last checkpoint
            is replaced by what its continuation did.
        unit: what rows count in.
        total: at which step, epoch or row the run was to end; None where the log does not say.
        resumed: where the count went back: a run that was continued.
        best: the step of the best checkpoint, where the trainer said so.
    """

    rows: tuple[Row, ...]
    unit: str = "step"
    total: float | None = None
    resumed: tuple[Resumption, ...] = ()
    best: float | None = None

    def series(self, *names: str) -> Series:
        """The values of the first of some figures that the log has.

        Args:
            names: canonical, in order of preference.
        """
        for name in names:
            found = [(row.at, row.values[name]) for row in self.rows if name in row.values]
            if found:
                at, values = zip(*found, strict=True)
                return Series(np.array(at, float), np.array(values, float))
        return Series(np.zeros(0), np.zeros(0))

    @property
    def loss(self) -> Series:
        """The training loss; without weights where it was logged so, as evaluation losses are."""
        return self.series("plain_loss", "loss")

    @property
    def eval_loss(self) -> Series:
        """The loss on the development split."""
        return self.series("eval_loss")

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last step; 0 and 0 for an empty log."""
        return (self.rows[0].at, self.rows[-1].at) if self.rows else (0.0, 0.0)

    def epoch_at(self, at: float) -> float | None:
        """The epoch of a step, from the rows around it; None where no row says."""
        if self.unit == "epoch":
            return at
        found = self.series("epoch").finite()
        if len(found) < 2 or found.values[-1] <= found.values[0]:
            return None
        return float(np.interp(at, found.at, found.values))


def merged(rows: Iterable[Row]) -> tuple[tuple[Row, ...], tuple[Resumption, ...]]:
    """Put rows in order, as the run that is left of all attempts.

    Args:
        rows: as they were logged. Where the count goes back, the run was continued from there, and
            what the interrupted attempt logged from there on is dropped.

    Returns:
        The rows, and where the count went back.
    """
    kept: list[Row] = []
    resumed = []
    for row in rows:
        if kept and row.at < kept[-1].at:
            resumed.append(Resumption(kept[-1].at, row.at))
            kept = [each for each in kept if each.at < row.at]
        kept.append(row)
    return tuple(_joined(kept)), tuple(resumed)


def _joined(rows: Sequence[Row]) -> list[Row]:
    """Rows of one step and kind, as one."""
    found: dict[tuple[float, bool], Row] = {}
    for row in rows:
        key = (row.at, row.evaluates)
        before = found.get(key)
        found[key] = row if before is None else Row(row.at, {**before.values, **row.values})
    return list(found.values())


def completed(first: TrainingLog, second: TrainingLog) -> TrainingLog:
    """Complete a log by another log of the same run: more figures of its steps, and later steps.

    Args:
        first: whose figures count where both have one.
        second: another view of the same run, in the same unit.
    """
    rows = {(row.at, row.evaluates): row for row in second.rows}
    for row in first.rows:
        key = (row.at, row.evaluates)
        rows[key] = Row(row.at, {**rows[key].values, **row.values}) if key in rows else row
    return TrainingLog(
        tuple(rows[key] for key in sorted(rows)),
        first.unit,
        first.total if first.total is not None else second.total,
        max(first.resumed, second.resumed, key=len),
        first.best if first.best is not None else second.best,
    )
