"""Learning-rate range test: the loss while the rate rises from step to step.

After Smith, 2017, "Cyclical Learning Rates for Training Neural Networks", with the exponential
rise and the smoothing that fast.ai made common.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files import Staging, indented
from pii_sft.recipe import load_recipe, refuse_remote_code
from pii_sft.training.explain_failure import DivergedError, TrainingError
from pii_sft.training.loop_settings import LoopSettings
from pii_sft.training.metrics_log import read_metrics
from pii_sft.training.torchrun import use_one_device
from pii_sft.training.train import check_startable, run_in_process

SMOOTHING = 0.9
DIVERGED = 4.0
"""Multiple of its lowest value that the smoothed loss may reach."""
FEWEST_STEPS = 20
SMALLEST_FALL = 1e-6
"""Least fall of the loss, as a share of its first value, that counts as a fall."""
BELOW_LOWEST = 10.0
"""The suggested rate is at least this many times below the rate with the lowest loss."""


class RangeTest(msgspec.Struct, frozen=True):
    """The curve of a range test.

    Attributes:
        rates: learning rate of each step.
        losses: plain cross-entropy of each step, in nats a token.
        smoothed: the same, smoothed.
        suggestion: a rate that falls fast and is safely below divergence.
        diverged_at: rate at which the loss diverged; None if it did not.
    """

    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float
    diverged_at: float | None


def rate_of_step(step: int, steps: int, low: float, high: float) -> float:
    """The rate of a step, counted from 0, on an exponential rise from `low` to `high`."""
    return float(low * (high / low) ** (step / (steps - 1)))


def lr_range(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    low: float = 1e-6,
    high: float = 1e-1,
    steps: int = 100,
) -> RangeTest:
    """Train for a few steps while the rate rises, and suggest a rate.

    Writes `lr_range.json` and, where matplotlib is installed, `lr_range.svg` into the folder
    `<output_dir>/lr_range`.

    Args:
        path: the recipe.
        overrides: overlays and `key=value` words.
        low: first rate.
        high: last rate.
        steps: how many steps.

    Raises:
        UsageError: the range or the number of steps is not possible, or the recipe can't work.
    """
    if not 0 < low < high:
        raise UsageError("The range must go upwards from above 0.")
    if steps < FEWEST_STEPS:
        raise UsageError(f"A range test needs at least {FEWEST_STEPS} steps.")
    recipe = load_recipe(path, overrides)
    refuse_remote_code(recipe, overrides)
    folder = Path(str(recipe.get("output_dir", "runs"))) / "lr_range"
    recipe |= {
        "output_dir": str(folder),
        "overwrite_output_dir": True,
        "max_steps": steps,
        "learning_rate": high,
        "lr_scheduler_type": "constant",
        "lr_scheduler_kwargs": {},
        "warmup_steps": 0,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "eval_strategy": "no",
        "save_strategy": "no",
        "load_best_model_at_end": False,
    }
    for key in ("eval_steps", "save_steps", "metric_for_best_model", "early_stopping_steps"):
        recipe.pop(key, None)
    check_startable({**recipe, "learning_rate": 2e-4, "warmup_steps": 0.05}, path)
    loop = LoopSettings(eval_documents=0, select_by="eval_loss")
    os.umask(0o077)
    use_one_device()
    ran_away = False
    try:
        run_in_process(recipe, path, loop, callbacks=[_rising(steps, low, high)])
    except TrainingError as error:
        ran_away = isinstance(error.__cause__, DivergedError)
        if not ran_away:
            raise
    rows = [row for row in read_metrics(folder) if "loss" in row]
    losses = [row.get("plain_loss", row["loss"]) for row in rows]
    result = judged([rate_of_step(at, steps, low, high) for at in range(len(losses))], losses)
    if ran_away and result.diverged_at is None:
        result = msgspec.structs.replace(result, diverged_at=result.rates[-1])
    store(result, folder)
    return result


def judged(rates: Sequence[float], losses: Sequence[float]) -> RangeTest:
    """Smooth the losses and find where they fall fastest.

    The suggestion is the rate of the steepest fall of the smoothed loss over the logarithm of the
    rate, but at most a tenth of the rate with the lowest smoothed loss.

    Args:
        rates: rising.
        losses: of the same steps; NaN and infinity count as divergence.

    Raises:
        UsageError: the loss never falls.
    """
    smoothed: list[float] = []
    average = 0.0
    diverged_at = None
    for at, loss in enumerate(losses):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        value = average / (1 - SMOOTHING ** (at + 1))
        if not math.isfinite(value) or (smoothed and value > DIVERGED * min(smoothed)):
            diverged_at = rates[at]
            break
        smoothed.append(value)
    if len(smoothed) < FEWEST_STEPS // 2:
        raise UsageError("The loss ran away at once. Begin with a lower rate: --low.")
    lowest = smoothed.index(min(smoothed))
    falls = [
        (smoothed[at + 1] - smoothed[at - 1]) / math.log(rates[at + 1] / rates[at - 1])
        for at in range(1, len(smoothed) - 1)
    ]
    steepest = 1 + falls.index(min(falls))
    if lowest == 0 or smoothed[0] - smoothed[lowest] < SMALLEST_FALL * smoothed[0]:
        raise UsageError("The loss never falls in this range. Begin lower, or check the data.")
    suggestion = min(rates[steepest], rates[lowest] / BELOW_LOWEST)
    count = len(smoothed)
    return RangeTest(list(rates[:count]), list(losses[:count]), smoothed, suggestion, diverged_at)


def store(result: RangeTest, folder: Path) -> None:
    """Write a result, and its plot if matplotlib is installed; both files appear or neither."""
    with Staging(overwrite=True) as staging:
        staging.open(folder / "lr_range.json").write(indented(result))
        with suppress(ModuleNotFoundError):
            _draw(result, folder / "lr_range.svg", staging)


def _draw(result: RangeTest, path: Path, staging: Staging) -> None:
    """Plot loss over rate as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(result.rates, result.losses, color="0.8", label="loss")
    axes.plot(result.rates, result.smoothed, color="tab:blue", label="smoothed")
    axes.axvline(result.suggestion, color="tab:orange", linestyle="--", label="suggested rate")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss, nats a token")
    axes.legend()
    figure.tight_layout()
    with rc_context({"svg.hashsalt": "pii-sft"}):  # the same bytes each time
        figure.savefig(staging.open(path), format="svg", metadata={"Date": None})


def _rising(steps: int, low: float, high: float) -> Any:
    from transformers import TrainerCallback

    class Rising(TrainerCallback):  # type: ignore[misc]
        """Sets the rate before every step."""

        def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            del args, control
            rate = rate_of_step(state.global_step, steps, low, high)
            for group in given["optimizer"].param_groups:
                group["lr"] = rate

    return Rising()
