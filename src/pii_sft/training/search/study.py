"""A search for settings: trials chosen by TPE, pruned at the median, kept in SQLite.

Bergstra et al., 2011, "Algorithms for Hyper-Parameter Optimization", through Optuna. The search is
independent of training: it gets a function that runs a trial.
"""

from __future__ import annotations

import fcntl
import math
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import encode, make_private, write_json
from pii_sft.training.search.space import Choice, Range, Space, Values

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

DATABASE = "search.db"
RESULT = "search.json"
LOCK = "search.lock"
TRIALS = "trials"

FIRST_AT_RANDOM = 5
"""Number of trials that are drawn at random and never pruned, before TPE and pruning start."""
FIRST_PRUNED = 2
"""The evaluation from which on a trial may be pruned; the first says little."""

State = Literal["finished", "pruned", "failed", "interrupted"]

Report = Callable[[float], bool]
"""Takes the objective at each evaluation; returns whether to end the trial there."""


class Attempt(msgspec.Struct, frozen=True):
    """A trial to run.

    Attributes:
        number: counted from 0.
        folder: of the trial; the same if an interrupted trial is tried again.
        values: of the settings.
    """

    number: int
    folder: Path
    values: Values


Run = Callable[[Attempt, Report], bool]
"""Runs a trial and reports each evaluation; returns True if it ended by itself without an error."""


class Tried(msgspec.Struct, frozen=True):
    """The outcome of a trial.

    Attributes:
        number: counted from 0.
        state: `finished`; `pruned`, because it was worse than others; `failed`; or `interrupted`
            together with the search, in which case it is tried again.
        value: the best objective of its evaluations; None without any.
        evaluations: the objective at each evaluation.
        values: of the settings.
        folder: of the trial.
    """

    number: int
    state: State
    value: float | None
    evaluations: list[float]
    values: Values
    folder: str


class Goal(msgspec.Struct, frozen=True):
    """The goal of a search; another goal needs another folder.

    Attributes:
        objective: name of the metric.
        maximize: whether more of it is better.
        space: what may be tried.
        about: all other settings that trials have to share to be comparable.
    """

    objective: str
    maximize: bool
    space: Space
    about: dict[str, Any] = {}

    def best(self, trials: list[Tried]) -> Tried | None:
        """The best of the trials that finished; of equals the earliest."""
        finished = [each for each in trials if each.state == "finished" and each.value is not None]
        sign = 1 if self.maximize else -1
        return max(finished, key=lambda each: sign * (each.value or 0.0), default=None)


class Search(msgspec.Struct, frozen=True):
    """A search so far.

    Attributes:
        goal: of the search.
        trials: in order.
        best: number of the best trial; None while none has finished.
    """

    goal: Goal
    trials: list[Tried]
    best: int | None


def _ignore(told: object) -> None:
    del told


def search(
    folder: Path,
    goal: Goal,
    trials: int,
    run: Run,
    *,
    seed: int = 42,
    on_start: Callable[[Attempt], None] = _ignore,
    on_end: Callable[[Tried], None] = _ignore,
) -> Search:
    """Run trials until there are as many as asked for, including those in the folder.

    A trial that was killed is tried again, with the same values in the same folder, and does not
    count. Which values are tried depends on the seed and on earlier results, not on interruptions.

    Args:
        folder: holds `search.db`, `search.json`, and a folder for each trial.
        goal: of the search.
        trials: how many are to be done in all; finished, pruned and failed ones count.
        run: runs one.
        seed: of the random choices.
        on_start: is told each trial before it runs.
        on_end: is told each trial after it ran.

    Raises:
        UsageError: the number is not possible, the folder holds a search with another goal, or
            another process searches there.
        MissingExtraError: Optuna is not installed.
    """
    if trials < 1:
        raise UsageError("--trials is a number from 1 upwards.")
    with _alone(folder):
        study = _study(folder, goal)
        _try_interrupted_again(study)
        while (done := _done(study)) < trials:
            _sample_from(study, seed + done)
            trial = study.ask()
            attempt = _attempt(trial, folder, goal.space)
            on_start(attempt)
            _run(study, trial, attempt, goal, run)
            result = _result(study, goal)
            write_json(folder / RESULT, result, overwrite=True)
            on_end(next(each for each in result.trials if each.number == trial.number))
        return _result(study, goal)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other searches out of a folder; the lock of a killed process is gone with it."""
    make_private(folder)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"Another search runs in {folder}. Wait for its end.") from None


def _study(folder: Path, goal: Goal) -> Study:
    try:
        import optuna
    except ModuleNotFoundError:
        raise MissingExtraError("optuna", "search") from None

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = folder / DATABASE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connect = {"creator": lambda: sqlite3.connect(path, check_same_thread=False)}
    study = optuna.create_study(
        study_name="search",
        storage=optuna.storages.RDBStorage("sqlite://", engine_kwargs=connect),
        load_if_exists=True,
        direction="maximize" if goal.maximize else "minimize",
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=FIRST_AT_RANDOM, n_warmup_steps=FIRST_PRUNED
        ),
    )
    asked = encode(goal).decode()
    before = study.user_attrs.get("goal", asked)
    if before != asked:
        changed = _changed(msgspec.json.decode(before), msgspec.json.decode(asked))
        raise UsageError(
            f"{folder} holds a search with another {', '.join(changed)}, and results can't be "
            "compared. Name another output_dir, or remove the folder."
        )
    study.set_user_attr("goal", asked)
    return study


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    flat = [{**each, **each["about"]} for each in (before, now)]
    keys = sorted(flat[0].keys() | flat[1].keys())
    return [key for key in keys if key != "about" and flat[0].get(key) != flat[1].get(key)]


def _try_interrupted_again(study: Study) -> None:
    """Queue interrupted trials again: those that a killed search left marked as running."""
    from optuna.trial import TrialState

    tried_again = _tried_again(study)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        if trial.number not in tried_again:
            study.enqueue_trial(
                trial.params, user_attrs={"again": trial.number, "folder": _folder(trial)}
            )
        study.tell(trial.number, state=TrialState.FAIL)


def _tried_again(study: Study) -> set[int]:
    """Numbers of the trials that were interrupted."""
    trials = study.get_trials(deepcopy=False)
    return {each.user_attrs["again"] for each in trials if "again" in each.user_attrs}


def _folder(trial: FrozenTrial | Trial) -> str:
    return str(trial.user_attrs.get("folder", f"{TRIALS}/{trial.number:03d}"))


def _done(study: Study) -> int:
    """Number of trials that count: those that are over, and were not interrupted."""
    interrupted = _tried_again(study)
    return sum(
        each.state.is_finished() and each.number not in interrupted
        for each in study.get_trials(deepcopy=False)
    )


def _sample_from(study: Study, seed: int) -> None:
    """Seed the sampler anew for each trial, so that a resumed search draws the same values."""
    from optuna.samplers import TPESampler

    study.sampler = TPESampler(seed=seed, n_startup_trials=FIRST_AT_RANDOM)


def _attempt(trial: Trial, folder: Path, space: Space) -> Attempt:
    values = {name: _drawn(trial, name, wanted) for name, wanted in space.items()}
    place = folder / _folder(trial)
    make_private(place)
    return Attempt(trial.number, place, values)


def _drawn(trial: Trial, name: str, wanted: Range | list[Choice]) -> Choice:
    if isinstance(wanted, list):
        return trial.suggest_categorical(name, wanted)
    if isinstance(wanted.low, int) and isinstance(wanted.high, int):
        return trial.suggest_int(name, wanted.low, wanted.high, log=wanted.log)
    return trial.suggest_float(name, wanted.low, wanted.high, log=wanted.log)


def _run(study: Study, trial: Trial, attempt: Attempt, goal: Goal, run: Run) -> None:
    from optuna.trial import TrialState

    reported: list[float] = []
    pruned = False

    def report(value: float) -> bool:
        nonlocal pruned
        if math.isfinite(value):
            reported.append(value)
            trial.report(value, step=len(reported))
            pruned = pruned or trial.should_prune()
        return pruned

    well = run(attempt, report)
    if well and reported:
        study.tell(trial, max(reported) if goal.maximize else min(reported))
    elif pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, state=TrialState.FAIL)


def _result(study: Study, goal: Goal) -> Search:
    from optuna.trial import TrialState

    interrupted = _tried_again(study)
    trials = [
        _tried(
            each, goal, "interrupted" if each.number in interrupted else _STATES[each.state.name]
        )
        for each in study.get_trials(deepcopy=False)
        if each.state != TrialState.WAITING
    ]
    best = goal.best(trials)
    return Search(goal, trials, None if best is None else best.number)


_STATES: dict[str, State] = {
    "COMPLETE": "finished",
    "PRUNED": "pruned",
    "FAIL": "failed",
    "RUNNING": "interrupted",
}


def _tried(trial: FrozenTrial, goal: Goal, state: State) -> Tried:
    evaluations = [value for _, value in sorted(trial.intermediate_values.items())]
    best = max if goal.maximize else min
    return Tried(
        trial.number,
        state,
        best(evaluations) if evaluations else None,
        evaluations,
        dict(trial.params),
        _folder(trial),
    )
