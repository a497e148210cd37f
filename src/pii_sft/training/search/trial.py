"""A trial of a search: training in a process of its own, watched through its log."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from pii_sft.errors import UsageError
from pii_sft.findings import Finding
from pii_sft.parent_death import end_with_parent
from pii_sft.recipe import load_recipe, refuse_remote_code
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.training.loop_settings import (
    LoopSettings,
    applied,
    checked_loop,
    evaluates,
    loop_options,
)
from pii_sft.training.metrics_log import read_metrics
from pii_sft.training.search.space import LOOP_SETTINGS, OFF, OVERSAMPLE, Choice, Space, assignments
from pii_sft.training.search.study import Attempt, Goal, Report, Run
from pii_sft.training.train import check_startable, plain_command

LOG = "train.log"
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_END = 20.0
"""Seconds a trial may take to end after it was asked to."""

_PLAIN = re.compile(r"[\w.-]*/[\w./-]*")
Repeat = Callable[[Path, str], Path]
"""Takes the folder of a data set, repeats rows with rare labels, and returns the new folder."""


class Base(msgspec.Struct, frozen=True):
    """The settings that all trials of a search share.

    Attributes:
        path: the recipe.
        overrides: overlays and `key=value` words.
        loop: settings of the training loop.
        repeat: how rare labels are repeated.
    """

    path: Path
    overrides: tuple[str, ...]
    loop: LoopSettings
    repeat: Repeat

    def words(self, values: Mapping[str, Choice], output_dir: Path | None = None) -> list[str]:
        """The arguments of `pii-sft train` for a trial.

        Args:
            values: of the trial.
            output_dir: folder of the run; empty for that of the recipe.
        """
        recipe = load_recipe(self.path, self.overrides)
        settings = assignments(values, recipe)
        wanted = values.get(OVERSAMPLE, OFF)
        if wanted != OFF:
            folder = self.repeat(DatasetFolder.trained_on(recipe).path, str(wanted))
            settings.append(f"dataset_dir={_quoted(folder)}")
        if output_dir is not None:
            settings.append(f"output_dir={_quoted(output_dir)}")
        return [str(self.path), *self.overrides, *settings, *self._options(values)]

    def _options(self, values: Mapping[str, Choice]) -> list[str]:
        changed = {name: float(values[name] or 0) for name in LOOP_SETTINGS if name in values}
        return loop_options(msgspec.structs.replace(self.loop, **changed))


def _quoted(path: Path) -> str:
    """A path as YAML, quoted if it could be read as another type."""
    text = str(path)
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()


def goal_of(base: Base, space: Space, warn: Callable[[Finding], None]) -> tuple[Path, Goal]:
    """Check the settings that trials share, before any is started.

    Returns:
        The folder of the search, and its goal.

    Raises:
        UsageError: the recipe can't work or has no evaluations, span metrics are off, or several
            machines or launched processes take part.
        MissingExtraError: the training stack is not installed.
    """
    if "LOCAL_RANK" in os.environ or os.environ.get("NNODES", "1") != "1":
        raise UsageError(
            "A search runs on one machine and starts its own processes; take torchrun and NNODES "
            "away."
        )
    recipe = applied(checked_loop(base.loop), load_recipe(base.path, base.overrides))
    refuse_remote_code(recipe, base.overrides)
    if not evaluates(recipe):
        raise UsageError(
            f"{base.path} has no evaluations to compare trials by: set eval_dataset, "
            "eval_strategy and eval_steps."
        )
    for finding in check_startable(recipe, base.path):
        warn(finding)
    about = {
        "recipe": {key: value for key, value in recipe.items() if key != "output_dir"},
        "loop": msgspec.to_builtins(base.loop),
        "data set": DatasetFolder.trained_on(recipe).digest(),
    }
    by = base.loop.select_by
    return Path(str(recipe["output_dir"])), Goal(by, by != "eval_loss", space, about)


def process_runner(base: Base) -> Run:
    """Runs trials by `pii-sft train` in processes of their own; what they print goes to a file."""
    by = base.loop.select_by
    metric = by if by == "eval_loss" else f"eval_{by}"

    def run(attempt: Attempt, report: Report) -> bool:
        words = [*base.words(attempt.values, attempt.folder), "--quiet"]
        handle = os.open(attempt.folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with (
            os.fdopen(handle, "wb") as log,
            subprocess.Popen(
                plain_command(words),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call
            ) as process,
        ):
            try:
                return _watch(process, attempt.folder, metric, report)
            finally:
                _end(process)

    return run


def _watch(process: subprocess.Popen[bytes], folder: Path, metric: str, report: Report) -> bool:
    """Report evaluations until the process ends; True if it ended by itself, without an error."""
    reported = 0
    while True:
        code = process.poll()
        values = evaluations(folder, metric)
        for value in values[reported:]:
            if report(value) and code is None:
                return False
        reported = max(reported, len(values))
        if code is not None:
            return code == 0
        time.sleep(SECONDS_BETWEEN_LOOKS)


def evaluations(folder: Path, metric: str) -> list[float]:
    """A metric at each evaluation of a run so far, by step.

    The evaluation of the best checkpoint after the training, at the same last step, is left out.
    """
    by_step: dict[float, float] = {}
    for row in read_metrics(folder):
        if metric in row:
            by_step.setdefault(row["step"], row[metric])
    return list(by_step.values())


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its child processes."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_END)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def command_of(base: Base, values: Mapping[str, Choice]) -> Sequence[str]:
    """The command that trains with the values of a trial."""
    return ["pii-sft", "train", *base.words(values)]
