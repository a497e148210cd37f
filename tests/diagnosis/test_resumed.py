"""Runs that were interrupted: continued from a checkpoint, or begun again, in one log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pii_sft.diagnosis import Evidence, diagnose, read_log
from pii_sft.diagnosis.runs import cost
from pii_sft.diagnosis.training_log import Resumption, TrainingLog
from tests.diagnosis import planted
from tests.diagnosis.planted import FORMATS, Log, healthy, rows_of, write

FAILURE = """\
[rank0]: Traceback (most recent call last):
[rank0]:   File "transformers/trainer.py", line 2548, in train
[rank0]:     loss = cross_entropy(input, target, weight, loss=0, step=3, lr=7)
[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB. loss: 0.0
***** Running training *****
  Num examples = 12,000
  Num Epochs = 3
  Total optimization steps = {total}
  Continuing training from global step {saved}
"""
APPENDED = ("metrics", "trainer_log", "console", "table")


def attempts(log: Log, *cuts: tuple[int, int]) -> list[list[dict[str, float]]]:
    """The rows of each attempt, each with a clock of its own.

    Args:
        log: the run as it would have been.
        cuts: the step at which each attempt failed, and that from which the next went on.
    """
    rows = rows_of(log)
    found = []
    begun = 0
    for failed, saved in (*cuts, (log.total, 0)):
        passed = max((row["seconds"] for row in rows if row["step"] <= begun), default=0.0)
        found.append(
            [
                {**row, "seconds": row["seconds"] - passed}
                for row in rows
                if begun < row["step"] <= failed
            ]
        )
        begun = saved
    return found


def text_of(
    log: Log, shape: str, parts: Sequence[Any], monkeypatch: pytest.MonkeyPatch, saved: int
) -> str:
    """The log of all attempts, one behind the other."""
    texts = []
    for part in parts:
        monkeypatch.setattr(planted, "rows_of", lambda _, part=part: part)
        texts.append(FORMATS[shape][1](log))
    monkeypatch.undo()
    if shape == "table":
        texts[1:] = [text.split("\n", 1)[1] for text in texts[1:]]
    return (FAILURE.format(total=log.total, saved=saved) if shape == "console" else "").join(texts)


@pytest.mark.parametrize("shape", APPENDED)
@pytest.mark.parametrize("seed", range(12))
def test_a_continued_run_is_judged_like_one_in_one_go(
    shape: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = healthy(seed)
    count = len(log.steps)
    at = int(log.rng.integers(count // 3, count - 1))
    back = 0 if seed % 4 == 0 else int(log.rng.integers(at // 2, at))
    failed, saved = int(log.steps[at]), int(log.steps[back - 1]) if back else 0
    path = tmp_path / FORMATS[shape][0]
    parts = attempts(log, (failed, saved))
    path.write_text(text_of(log, shape, parts, monkeypatch, saved))
    read = read_log(path)
    (tmp_path / "whole").mkdir()
    whole = read_log(write(log, shape, tmp_path / "whole"))
    assert [row.at for row in read.rows] == [row.at for row in whole.rows]
    assert read.loss.values.tolist() == whole.loss.values.tolist()
    assert read.total == whole.total
    assert read.resumed == (Resumption(failed, float(log.steps[back])),)
    settings = log.settings if seed % 2 else None
    found, known = (diagnose(Evidence(each, settings)) for each in (read, whole))
    worse = {each.id for each in known if each.severity != "note"}
    assert {each.id for each in found if each.severity != "note"} <= worse
    told = next(each for each in found if each.id == "run-resumed")
    assert told.severity == "note"
    assert "goes back once" in told.evidence
    assert "run-resumed" not in {each.id for each in known}


@pytest.mark.parametrize("shape", APPENDED)
def test_a_run_that_failed_twice(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = healthy(7, rows=80, negative=False)
    steps = log.steps.tolist()
    path = tmp_path / FORMATS[shape][0]
    parts = attempts(log, (steps[30], steps[20]), (steps[60], steps[40]))
    path.write_text(text_of(log, shape, parts, monkeypatch, steps[20]))
    read = read_log(path)
    assert [each.begun for each in read.resumed] == [steps[21], steps[41]]
    assert read.loss.at.tolist() == steps
    told = next(each for each in diagnose(Evidence(read)) if each.id == "run-resumed")
    assert "goes back 2 times" in told.evidence


@pytest.mark.parametrize("name", ["spike", "sudden divergence", "overfitting"])
def test_a_fault_is_found_in_a_continued_run_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, plant = planted.FAULTS[name]
    log = healthy(5, rows=150, negative=False)
    plant(log)
    parts = attempts(log, (int(log.steps[60]), int(log.steps[40])))
    path = tmp_path / "trainer_log.jsonl"
    path.write_text(text_of(log, "trainer_log", parts, monkeypatch, 0))
    assert {each.id for each in diagnose(Evidence(read_log(path)))} & set(wanted.split())


def test_the_numbers_of_a_traceback_are_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(
        " 10%|#    | 1/10 [00:01<00:05, 1.00it/s]{'loss': '1.5'}\n"
        + " 20%|##   | 2/10 [00:02<00:05, 1.00it/s]{'loss': '1.4'}\n"
        + " 20%|##   | 2/10 [00:02<00:05, 1.00it/s]"
        + FAILURE.format(total=10, saved=1)
    )
    log = read_log(path)
    assert log.loss.values.tolist() == [1.5, 1.4]
    assert not len(log.series("learning_rate"))


def test_the_clocks_of_all_attempts_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = healthy(3, rows=80)
    parts = attempts(log, (int(log.steps[39]), int(log.steps[39])))
    monkeypatch.setattr(planted, "rows_of", lambda _: [*parts[0], *parts[1]])
    (tmp_path / "trainer_log.jsonl").write_text(FORMATS["trainer_log"][1](log))
    monkeypatch.undo()
    (tmp_path / "whole").mkdir()
    once = cost(read_log(write(log, "trainer_log", tmp_path / "whole")))
    twice = cost(read_log(tmp_path / "trainer_log.jsonl"))
    assert once.seconds is not None
    assert twice.seconds == pytest.approx(once.seconds, abs=2)


def test_a_run_in_one_go_was_not_resumed() -> None:
    assert TrainingLog(()).resumed == ()
