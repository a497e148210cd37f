"""A search goes on where it was stopped, prunes what is worse, and tells what became of each."""

from __future__ import annotations

import math
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.files import read_json
from pii_sft.training.search.space import Range, Space
from pii_sft.training.search.study import (
    DATABASE,
    FIRST_AT_RANDOM,
    FIRST_PRUNED,
    RESULT,
    Attempt,
    Goal,
    Report,
    Search,
    Tried,
    search,
)
from tests.conftest import ROOT

pytest.importorskip("optuna")

SPACE: Space = {
    "learning_rate": Range(1e-5, 1e-2, log=True),
    "lora_rank": [8, 16, 32],
    "num_train_epochs": Range(1, 4),
    "oversample": ["off", "auto"],
}
GOAL = Goal("span_f1", True, SPACE)


class Interrupted(BaseException):
    """What no code expects, as a kill."""


def score(attempt: Attempt) -> float:
    """Best at a rate of 1e-3."""
    rate = attempt.values["learning_rate"]
    assert isinstance(rate, float)
    return 1.0 - abs(math.log10(rate) + 3) / 4


def train(attempt: Attempt, report: Report) -> bool:
    """Three evaluations that rise to the score; ends when it is told to."""
    return not any(report(score(attempt) * share) for share in (0.4, 0.8, 1.0))


def tried(done: Search) -> list[tuple[object, ...]]:
    return [
        (each.state, each.value, each.values) for each in done.trials if each.state != "interrupted"
    ]


def test_as_many_trials_as_asked_for_and_the_best_of_them(tmp_path: Path) -> None:
    started: list[Attempt] = []
    ended: list[Tried] = []
    done = search(tmp_path, GOAL, 8, train, on_start=started.append, on_end=ended.append)
    assert [each.number for each in started] == list(range(8))
    assert ended == done.trials
    assert read_json(tmp_path / RESULT, Search) == done
    finished = [each for each in done.trials if each.state == "finished"]
    assert len(finished) >= FIRST_AT_RANDOM
    best = GOAL.best(done.trials)
    assert best is not None
    assert best.number == done.best
    assert best.value == max(each.value or 0 for each in finished)
    for attempt, each in zip(started, done.trials, strict=True):
        assert attempt.values == each.values
        assert attempt.folder == tmp_path / each.folder
        assert attempt.folder.is_dir()
        assert 1e-5 <= float(str(each.values["learning_rate"])) <= 1e-2
        assert each.values["lora_rank"] in (8, 16, 32)
        assert each.values["num_train_epochs"] in (1, 2, 3, 4)
    assert len({each.values["learning_rate"] for each in done.trials}) == 8


def test_the_seed_decides(tmp_path: Path) -> None:
    runs = [search(tmp_path / str(n), GOAL, 2, train, seed=n // 2) for n in range(3)]
    assert tried(runs[0]) == tried(runs[1])
    assert tried(runs[0]) != tried(runs[2])


def test_what_is_worse_at_its_second_evaluation_is_pruned(tmp_path: Path) -> None:
    calls: list[int] = []

    def worse_and_worse(attempt: Attempt, report: Report) -> bool:
        calls.append(0)
        for _ in range(4):
            calls[-1] += 1
            if report(1.0 / (1 + attempt.number)):
                return False
        return True

    done = search(tmp_path, GOAL, FIRST_AT_RANDOM + 2, worse_and_worse)
    states = [each.state for each in done.trials]
    assert states == ["finished"] * FIRST_AT_RANDOM + ["pruned"] * 2
    assert calls == [4] * FIRST_AT_RANDOM + [FIRST_PRUNED] * 2
    assert done.best == 0
    assert len(done.trials[-1].evaluations) == FIRST_PRUNED


def test_a_loss_is_made_small(tmp_path: Path) -> None:
    goal = Goal("eval_loss", False, SPACE)

    def falls(attempt: Attempt, report: Report) -> bool:
        return not any(report(value + attempt.number) for value in (3.0, 1.0, 2.0))

    done = search(tmp_path, goal, FIRST_AT_RANDOM + 1, falls)
    assert done.best == 0
    assert [each.value for each in done.trials[:2]] == [1.0, 2.0]
    assert done.trials[-1].state == "pruned"


def test_failures_count_and_are_never_the_best(tmp_path: Path) -> None:
    def fails(attempt: Attempt, report: Report) -> bool:
        if attempt.number == 0:
            report(0.99)
            return False
        if attempt.number == 1:
            return True
        if attempt.number == 2:
            report(math.nan)
            return True
        return train(attempt, report)

    done = search(tmp_path, GOAL, 4, fails)
    assert [each.state for each in done.trials] == ["failed"] * 3 + ["finished"]
    assert [each.value for each in done.trials[:3]] == [0.99, None, None]
    assert done.best == 3
    nothing = search(tmp_path / "nothing", GOAL, 2, lambda attempt, report: False)
    assert nothing.best is None


def interrupting(number: int) -> Callable[[Attempt, Report], bool]:
    def run(attempt: Attempt, report: Report) -> bool:
        if attempt.number == number:
            report(0.1)
            raise Interrupted
        return train(attempt, report)

    return run


@pytest.mark.parametrize("at", [0, 6])
def test_an_interrupted_search_comes_to_the_same_trials(tmp_path: Path, at: int) -> None:
    whole = search(tmp_path / "whole", GOAL, 8, train)
    with pytest.raises(Interrupted):
        search(tmp_path / "cut", GOAL, 8, interrupting(at))
    again: list[Attempt] = []
    resumed = search(tmp_path / "cut", GOAL, 8, train, on_start=again.append)
    assert tried(resumed) == tried(whole)
    assert [each.state for each in resumed.trials].index("interrupted") == at
    assert again[0].folder == tmp_path / "cut" / f"trials/{at:03d}"
    assert again[0].values == resumed.trials[at].values
    assert len(again) == 8 - at
    assert len({each.folder for each in resumed.trials}) == 8


def test_interrupted_twice(tmp_path: Path) -> None:
    for number in (2, 3):
        with pytest.raises(Interrupted):
            search(tmp_path / "cut", GOAL, 5, interrupting(number))
    resumed = search(tmp_path / "cut", GOAL, 5, train)
    assert tried(resumed) == tried(search(tmp_path / "whole", GOAL, 5, train))
    assert [each.folder for each in resumed.trials if each.state == "interrupted"] == [
        "trials/002"
    ] * 2


def test_killed(tmp_path: Path) -> None:
    program = """
        import os, signal, sys
        from pathlib import Path
        from pii_sft.training.search.study import search
        from tests.training.search.test_study import GOAL, train

        def run(attempt, report):
            if attempt.number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return train(attempt, report)

        search(Path(sys.argv[1]), GOAL, 4, run)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "cut"], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    resumed = search(tmp_path / "cut", GOAL, 4, train)
    assert [each.state for each in resumed.trials] == [
        *("finished", "finished", "interrupted", "finished", "finished")
    ]
    assert tried(resumed) == tried(search(tmp_path / "whole", GOAL, 4, train))


def test_more_trials_later_and_none_when_all_are_done(tmp_path: Path) -> None:
    search(tmp_path / "two", GOAL, 3, train)
    later = search(tmp_path / "two", GOAL, 7, train)
    assert later == search(tmp_path / "one", GOAL, 7, train)
    assert later == search(tmp_path / "two", GOAL, 5, interrupting(7))


@pytest.mark.parametrize(
    ("goal", "named"),
    [
        (Goal("span_f2", True, SPACE), "objective"),
        (Goal("span_f1", True, {**SPACE, "lora_rank": [8]}), "space"),
        (Goal("span_f1", True, SPACE, {"data set": "other"}), "data set"),
    ],
)
def test_another_goal_needs_another_folder(tmp_path: Path, goal: Goal, named: str) -> None:
    search(tmp_path, GOAL, 1, train)
    with pytest.raises(UsageError, match=f"another {named},"):
        search(tmp_path, goal, 2, train)


def test_two_searches_in_one_folder(tmp_path: Path) -> None:
    def nested(attempt: Attempt, report: Report) -> bool:
        search(tmp_path, GOAL, 2, train)
        return True

    with pytest.raises(UsageError, match="Another search"):
        search(tmp_path, GOAL, 1, nested)


def test_a_number_of_trials_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--trials"):
        search(tmp_path, GOAL, 0, train)


def test_files_are_private_and_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a {b}?c%20#d é"
    search(folder, GOAL, 1, train)
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    with sqlite3.connect(folder / DATABASE) as database:
        assert database.execute("select count(*) from trials").fetchone() == (1,)
    assert not list(tmp_path.glob("*.db"))
