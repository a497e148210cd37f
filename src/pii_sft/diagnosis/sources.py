"""From what a user names to the evidence: a run folder, a log, scores, or several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.readers import read_log
from pii_sft.diagnosis.readers.figure_names import number
from pii_sft.diagnosis.score_table import ScoreTable, is_score_table, of_report, read_scores
from pii_sft.diagnosis.slices import slices
from pii_sft.diagnosis.training_log import TrainingLog, completed
from pii_sft.errors import PiiSftError, UsageError
from pii_sft.evaluators import read_pairs, score_files
from pii_sft.recipe import load_recipe
from pii_sft.records.checkpoints import STATE_NAME, last_checkpoint
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.prediction_file import source_of
from pii_sft.records.run import Run, read_run
from pii_sft.targets import TARGETS

LOGS = ("metrics.jsonl", STATE_NAME, "trainer_log.jsonl")
"""Logs of a run folder; where several have a figure, the first counts."""

PREDICTIONS = "predictions.jsonl"
GOALS = ("precision", "recall")

Say = Callable[[str], None]


class Given(msgspec.Struct, frozen=True):
    """The sources that a user names.

    Attributes:
        paths: run folders, logs, and files of scores.
        recipe: settings of the trainer; None for those that the run recorded.
        data: folder of the data set; None for the one that the run recorded.
        gold: documents to score the predictions of a run with; None as recorded.
        goals: rates that are wanted, by name.
    """

    paths: tuple[Path, ...]
    recipe: Path | None = None
    data: Path | None = None
    gold: Path | None = None
    goals: Mapping[str, float] = {}


def gather(given: Given, say: Say = lambda _: None) -> Evidence:
    """Read everything that is there, and say what is not.

    Args:
        given: what a user names.
        say: is told what was not found, and what could not be used.

    Raises:
        InputError: a file can't be read.
        UsageError: a path is missing, or a folder holds neither log nor predictions.
    """
    log = TrainingLog(())
    scores: list[ScoreTable] = []
    evidence = Evidence(log, goals=given.goals)
    for path in given.paths:
        if not path.exists():
            raise UsageError(f"There is nothing at {path}. Name a run folder, a log, or scores.")
        if path.is_dir():
            evidence = _of_run(path, given, say)
            log = completed(evidence.log, log)
        elif is_score_table(path):
            scores.append(read_scores(path))
        else:
            log = completed(log, read_log(path)) if log.rows else read_log(path)
    if given.recipe is not None:
        settings = load_recipe(given.recipe)
        evidence = msgspec.structs.replace(evidence, settings=settings, recipe=str(given.recipe))
    if given.data is not None:
        evidence = _with_data(evidence, given.data)
    if scores:
        rows = tuple(row for table in scores for row in table.rows)
        report = next((table.report for table in scores if table.report), {})
        evidence = msgspec.structs.replace(evidence, scores=ScoreTable(rows, report))
    return msgspec.structs.replace(evidence, log=log)


def _of_run(folder: Path, given: Given, say: Say) -> Evidence:
    run = read_run(folder)
    log = log_of_run(folder)
    predictions = folder / PREDICTIONS
    if not log.rows and run is None and not predictions.exists():
        known = ", ".join((*LOGS, PREDICTIONS))
        raise UsageError(f"{folder} is no run: it holds none of {known}.")
    if not log.rows:
        say(f"{folder} holds no training log")
    evidence = Evidence(
        log,
        settings=_settings(run),
        recipe=run.recipe if run is not None else "RECIPE",
        run=str(folder),
        goals=given.goals,
    )
    if run is not None and given.data is None:
        evidence = _with_data(evidence, Path(run.dataset))
    if not predictions.exists():
        say(f"{folder} holds no {PREDICTIONS}: 'pii-sft predict --run {folder}' writes them")
        return evidence
    try:
        return scored(evidence, predictions, given.gold)
    except PiiSftError as error:
        say(f"the predictions of {folder} are left out: {error}")
        return evidence


def _settings(run: Run | None) -> Mapping[str, Any] | None:
    """The settings of the trainer; early stopping of our loop under the trainer's own key."""
    if run is None:
        return None
    stop = run.loop.get("early_stop", 0)
    return {**run.settings, "early_stopping_steps": stop} if stop else run.settings


def _with_data(evidence: Evidence, folder: Path) -> Evidence:
    data = DatasetFolder(folder)
    manifest = data.manifest if data.exists else None
    return msgspec.structs.replace(evidence, manifest=manifest, dataset=str(folder))


def scored(evidence: Evidence, predictions: Path, gold: Path | None) -> Evidence:
    """Score predictions, and look at them by slices.

    Args:
        evidence: of the run.
        predictions: of the run, in any of the shapes that `score` reads.
        gold: documents; None as recorded beside the predictions.

    Raises:
        InputError: the files can't be read or joined.
        UsageError: there is no gold file.
    """
    source = source_of(predictions, gold, None)
    files = (predictions, source.gold, TARGETS.get(source.target))
    report = score_files(*files, known=source.labels, resamples=200)
    return msgspec.structs.replace(
        evidence,
        predictions=str(predictions),
        scores=of_report(report.to_dict()),
        slices=slices(read_pairs(*files)),
    )


def log_of_run(folder: Path) -> TrainingLog:
    """The log of a run, from all files that hold a part of it; empty where none does.

    A run that crashed has a state in its checkpoints alone.
    """
    log = TrainingLog(())
    for name in LOGS:
        path = folder / name
        if name == STATE_NAME and not path.exists():
            last = last_checkpoint(folder)
            path = last / name if last is not None else path
        if path.is_file() and path.stat().st_size:
            found = read_log(path, may_be_empty=True)
            log = completed(log, found) if log.rows else found
    return log


def read_goals(words: Iterable[str]) -> dict[str, float]:
    """Rates that are wanted, from words such as `recall=0.9`.

    Raises:
        UsageError: a word names something else, or no rate from 0 to 1.
    """
    goals = {}
    for word in words:
        name, _, text = word.partition("=")
        value = number(text)
        if name not in GOALS or value is None or not 0 <= value <= 1:
            known = " or ".join(f"{each}=0.9" for each in GOALS)
            raise UsageError(f"--goal {word!r} is no goal: write {known}.")
        goals[name] = value
    return goals
