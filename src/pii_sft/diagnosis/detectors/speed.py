"""Detectors on the speed of a run: sudden drops, slow decline, padding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.robust_statistics import spread, trend
from pii_sft.diagnosis.training_log import Floats, Series
from pii_sft.findings import Finding

Integers = NDArray[np.int64]

MUCH_PADDING = 0.4
QUANTUM_STEPS = (4, 10)
"""Clocks that show whole seconds are read over 10 of them, with an error of 10 %; in a short run
over 4, with an error of a quarter, which is still far less than a drop that is reported."""

CLOCKED_SPEEDS = 20
"""The number of them in a short run."""

FEWEST_ROWS = 10
"""Speeds that are needed to tell which one is usual."""

CAUSES = (
    "data loading (workers of the loader busy, GPU idle), memory pressure (memory near its limit, "
    "swapping), a pause for evaluation or a checkpoint, or a busy machine (other processes)"
)
TELL_APART = (
    "train that stretch again while watching: 'nvidia-smi dmon' or 'top' (idle GPU and busy "
    "loader: raise dataloader_num_workers; memory full: smaller per_device_train_batch_size; other "
    "processes: their names), and compare the steps with eval_steps and save_steps"
)


class Speed(msgspec.Struct, frozen=True):
    """Speeds of a run.

    Attributes:
        series: the speeds.
        unit: what they count.
        begins: where the stretch that each speed is about begins.
    """

    series: Series
    unit: str
    begins: Floats


def speed(evidence: Evidence) -> Speed | None:
    """The speed of a run from what its log has; None where it has no clock."""
    log = evidence.log
    for name, unit in (("tokens_per_second", "tokens/s"), ("steps_per_second", "steps/s")):
        found = _positive(log.series(name))
        if len(found) > 3:
            return Speed(found, unit, found.at)
    found = _positive(log.series("duration"))
    if len(found) > 3:
        return Speed(Series(found.at, 1 / found.values), f"{log.unit}s/s", found.at)
    return _clocked(evidence)


def _positive(series: Series) -> Series:
    kept = np.isfinite(series.values) & (series.values > 0)
    return Series(series.at[kept], series.values[kept])


def _clocked(evidence: Evidence) -> Speed | None:
    """The speed from times since the start; evaluations lie between rows of one step."""
    rows = [(row.at, row.values["seconds"]) for row in evidence.log.rows if "seconds" in row.values]
    if len(rows) < 5:
        return None
    whole = all(float(each).is_integer() for _, each in rows)
    took = sum(max(0.0, now - then) for (_, then), (_, now) in pairwise(rows))
    least = float(np.clip(took / CLOCKED_SPEEDS, *QUANTUM_STEPS)) if whole else 0.0
    begins, ends, speeds = [], [], []
    steps = time = 0.0
    begin = rows[0][0]
    for (at, then), (to, now) in pairwise(rows):
        if now < then:  # continued: the clock began again
            steps = time = 0.0
            begin = to
            continue
        if to > at:
            steps, time = steps + to - at, time + now - then
        if time >= least and time and steps:
            begins.append(begin)
            ends.append(to)
            speeds.append(steps / time)
            steps = time = 0.0
            begin = to
    if len(speeds) < 4:
        return None
    return Speed(
        Series(np.array(ends), np.array(speeds)), f"{evidence.log.unit}s/s", np.array(begins)
    )


def cliff(evidence: Evidence) -> Iterator[Finding]:
    """A stretch at less than half of the usual speed, with a row at less than a third of it.

    Usual is the upper quartile over steps, so that a cliff may take more than half of a run. A
    stretch counts from two rows on (three, if none is below a third), or from one below a third
    that cost a tenth of the time; only if the rows before were twice as fast, and if it lies below
    three times the noise of the logarithms of speeds, of ten or more: on a busy machine all of them
    jump. The first row, in which everything starts, is left out, and so is a slow row at equal
    distances, which is a checkpoint or an evaluation. One or two rows with an evaluation in them
    are worth a note.
    """
    found = speed(evidence)
    if found is None or len(found.series) < FEWEST_ROWS:
        return
    values, at = found.series.values[1:], found.series.at[1:]
    usual = _usual(found)
    logs = np.log(values / usual)
    fast = logs[logs > np.log(0.5)]
    jitter = spread(np.diff(logs)) / np.sqrt(2)
    limit = min(np.log(0.5), -3 * max(spread(fast), jitter))
    stretches = [
        run
        for run in np.split(np.arange(len(values)), np.flatnonzero(np.diff(logs < limit)) + 1)
        if logs[run[0]] < limit and _counts(values, run, usual)
    ]
    if not stretches or _regular(at, logs < limit):
        return
    run = max(stretches, key=lambda each: _lost(values[each], usual))
    before = values[max(0, run[0] - 5) : run[0]]
    top = float(np.median(before)) if len(before) else usual
    slow = float(values[run].min())
    if top < 2 * slow:
        return  # the rows before were as slow: a machine that is busy all the time
    begin, end = float(found.begins[1:][run[0]]), float(at[run[-1]])
    lasting = run[-1] == len(values) - 1 and len(run) > 0.1 * len(values)
    told, changes = _told_apart(evidence, begin, end, found)
    paused = found.unit != "tokens/s" and _evaluations(evidence, begin, end) > 0
    yield Finding(
        "throughput-cliff",
        "note" if paused and len(run) <= 2 else "warning",
        f"from {evidence.place(begin)} to {end:g} the speed falls to {slow:.3g} {found.unit}, "
        f"{top / slow:.1f} times slower than before ({top:.3g})"
        + (", and stays there" if lasting else "")
        + f"; {told or 'the log does not say why'}",
        f"candidates: {CAUSES}; {TELL_APART}" if not told else TELL_APART,
        changes,
        "The speed collapses",
        {
            "begin": begin,
            "end": end,
            "slow": slow,
            "usual": top,
            "times": top / slow,
            "speed_unit": found.unit,
            "unit": evidence.log.unit,
            "lost_seconds_share": _lost(values[run], usual) / float((1 / values).sum()),
        },
    )


def _usual(found: Speed) -> float:
    """The upper quartile of the speeds, each weighted by the steps it is about."""
    values = found.series.values[1:]
    steps = np.maximum(found.series.at - found.begins, 0)[1:]
    if not steps.any():
        steps = np.diff(found.series.at)
    order = np.argsort(values)
    share = np.cumsum(steps[order]) / steps.sum()
    return float(values[order][np.searchsorted(share, 0.75)])


def _counts(values: Floats, run: Integers, usual: float) -> bool:
    if len(run) >= 3 or (len(run) == 2 and values[run].min() < usual / 3):
        return True
    alone = values[run].min() < usual / 3
    return bool(alone) and _lost(values[run], usual) > 0.1 * float((1 / values).sum())


def _lost(values: Floats, usual: float) -> float:
    """The time a stretch cost beyond the usual."""
    return float((1 / values - 1 / usual).sum())


def _regular(at: Floats, slow: NDArray[np.bool_]) -> bool:
    """True if single slow rows stand at equal distances: checkpoints or evaluations."""
    places = at[np.flatnonzero(slow)]
    steps = np.diff(places)
    alone = len(places) >= 3 and not (np.diff(np.flatnonzero(slow)) == 1).any()
    return alone and bool(np.all(np.abs(steps - np.median(steps)) <= 0.1 * np.median(steps)))


def _evaluations(evidence: Evidence, begin: float, end: float) -> int:
    return sum(row.evaluates and begin <= row.at <= end for row in evidence.log.rows)


def _told_apart(
    evidence: Evidence, begin: float, end: float, found: Speed
) -> tuple[str, dict[str, object]]:
    """The cause of a slow stretch by the log, in words, and the change that mends it."""
    log = evidence.log
    evaluations = _evaluations(evidence, begin, end)
    if evaluations and found.unit != "tokens/s":
        return f"{evaluations} evaluations lie in it, which may be the cause", {}
    memory = log.series("memory_gb").finite()
    if len(memory) > 8:
        before, after = memory.values[memory.at < begin], memory.values[memory.at >= begin]
        if len(before) and len(after) and np.median(after) > 1.2 * np.median(before):
            return (
                f"memory goes from {np.median(before):.1f} to {np.median(after):.1f} GB there, "
                "which points to memory pressure",
                {"per_device_train_batch_size": 1},
            )
    padding = log.series("padding").finite()
    if len(padding) > 8:
        before, during = (
            padding.values[padding.at < begin],
            padding.values[(padding.at >= begin) & (padding.at <= end)],
        )
        if len(before) and len(during) and np.median(during) > np.median(before) + 0.2:
            return (
                f"padding goes from {np.median(before):.0%} to {np.median(during):.0%} there: "
                "batches of unequal length",
                {"train_sampling_strategy": "group_by_length"},
            )
    return "", {}


def decline(evidence: Evidence) -> Iterator[Finding]:
    """A speed that declines over the whole run: the last third below 70 % of the first, steadily.

    Steadily: Mann and Kendall's test on 12 stretches, at 0.1 %, and no single step in it.
    """
    found = speed(evidence)
    if found is None or len(found.series) < 13 or any(cliff(evidence)):
        return
    values = found.series.values[1:]
    parts = [float(np.median(each)) for each in np.array_split(values, 12)]
    first, last = float(np.median(parts[:4])), float(np.median(parts[-4:]))
    if last >= 0.7 * first or trend(np.array(parts)) > 0.001:
        return
    yield Finding(
        "throughput-declines",
        "warning",
        f"the speed falls steadily from {first:.3g} to {last:.3g} {found.unit}",
        "watch memory (fragmentation, caches that grow), the temperature of the GPU, and other "
        "processes; restarting from a checkpoint tells whether it is the process",
        {},
        "The speed declines",
        {"first": first, "last": last, "speed_unit": found.unit},
    )


def padding(evidence: Evidence) -> Iterator[Finding]:
    """Batches of which more than four tenths are padding."""
    found = evidence.log.series("padding").finite()
    if len(found) < 3 or np.median(found.values) < MUCH_PADDING:
        return
    share = float(np.median(found.values))
    yield Finding(
        "padding-waste",
        "warning",
        f"{share:.0%} of what is computed is padding",
        "put rows of like length into one batch (train_sampling_strategy: group_by_length), or "
        "several into one sequence (packing: true, neat_packing: true)",
        {"train_sampling_strategy": "group_by_length"},
        "Padding is computed",
        {"share": share},
        evidence.train(train_sampling_strategy="group_by_length"),
    )


DETECTORS = (cliff, decline, padding)
