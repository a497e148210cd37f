"""Training runs of a folder, side by side: plain files, no server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pii_sft.diagnosis.sources import LOGS, PREDICTIONS, log_of_run
from pii_sft.diagnosis.training_log import Floats, TrainingLog
from pii_sft.errors import InputError, PiiSftError, UsageError
from pii_sft.evaluators import score_files
from pii_sft.evaluators.comparison.compare import Comparison, compare_files, sources_of_both
from pii_sft.evaluators.statistics.multiple_testing import holm
from pii_sft.files import digest
from pii_sft.records.checkpoints import is_finished
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.prediction_file import Source, source_of
from pii_sft.records.run import RUN_NAME, Run, read_run
from pii_sft.targets import TARGETS

SCHEME, RATES = "strict", ("precision", "recall", "f1")
DEEPEST = 4
"""Depth below a folder at which runs are looked for; trials of a search lie three folders down."""

RANDOMISATIONS = 2000


class Cost(msgspec.Struct, frozen=True):
    """The cost of a run.

    Attributes:
        steps: optimizer steps.
        seconds: of training, evaluations included; None where no log has a clock.
        tokens: that were learnt from; None where no log counts them.
    """

    steps: float
    seconds: float | None = None
    tokens: float | None = None


class RunSummary(msgspec.Struct, frozen=True):
    """A run as one line of a table.

    Attributes:
        folder: of the run.
        recipe: that it was started with; empty for a run of another program.
        model: what was trained.
        data: digest of the manifest of its data set; empty where nobody says.
        finished: whether it came to its end.
        cost: what it took.
        development: the best span F1 of its evaluations; None without.
        rates: strict precision, recall and F1 of its predictions; empty without.
        ci: their intervals.
        gold: digest of the gold these were scored with; empty without.
        p: p-value of the difference in strict F1 to the best run with the same gold, corrected for
            the number of runs (Holm); None for the best, and without predictions.
        trouble: why there are no scores, where there should be some.
    """

    folder: str
    recipe: str
    model: str
    data: str
    finished: bool
    cost: Cost
    development: float | None = None
    rates: Mapping[str, float] = {}
    ci: Mapping[str, tuple[float, float]] = {}
    gold: str = ""
    p: float | None = None
    trouble: str = ""

    @property
    def predicted(self) -> bool:
        """True if there are predictions, whether or not they can be scored."""
        return has_predictions(Path(self.folder))


def has_predictions(folder: Path) -> bool:
    """True if a run has predictions to score."""
    return (folder / PREDICTIONS).exists()


def runs_below(folder: Path) -> list[Path]:
    """The folders that hold a run: its record, a log, or predictions; sorted by path.

    Raises:
        UsageError: there is no such folder, or no run below it.
    """
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {folder}. Name the one that holds the runs: pii-sft runs FOLDER."
        )
    found = sorted(_runs(folder, 0))
    if not found:
        raise UsageError(f"There is no run in {folder}: no {RUN_NAME}, no log, no {PREDICTIONS}.")
    return found


def _is_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (RUN_NAME, PREDICTIONS, *LOGS))


def _runs(folder: Path, depth: int) -> Iterator[Path]:
    if _is_run(folder):
        yield folder
    for each in sorted(folder.iterdir()) if depth < DEEPEST else ():
        if each.is_dir() and not each.is_symlink() and not each.name.startswith("checkpoint-"):
            yield from _runs(each, depth + 1)


def summaries(folders: Iterable[Path], *, compared: bool = True) -> list[RunSummary]:
    """Summarise runs, the best strict F1 first, those without scores last.

    Args:
        folders: of the runs.
        compared: whether to test which differences are more than chance.
    """
    found = sorted(map(_summary, folders), key=lambda each: -each.rates.get("f1", -1.0))
    return _tested(found) if compared else found


def _summary(folder: Path) -> RunSummary:
    try:
        run, log = read_run(folder), log_of_run(folder)
    except InputError as error:
        trouble = error.problems[0]
        return RunSummary(str(folder), "", "", "", False, Cost(0), trouble=str(trouble))
    settings = run.settings if run is not None else {}
    development = log.series("eval_span_f1").finite().values
    summary = RunSummary(
        str(folder),
        run.recipe if run is not None else "",
        str(settings.get("model_name_or_path", "")),
        run.manifest_sha256 if run is not None else "",
        is_finished(folder),
        cost(log),
        float(development.max()) if len(development) else None,
    )
    if not has_predictions(folder):
        return summary
    predictions = folder / PREDICTIONS
    try:
        source = source_of(predictions, None, None)
        target = TARGETS.get(source.target)
        report = score_files(
            predictions, source.gold, target, known=source.labels, schemes=(SCHEME,), resamples=500
        )
    except PiiSftError as error:
        kind = error.problems[0].kind if isinstance(error, InputError) else str(error)
        return msgspec.structs.replace(summary, trouble=kind)
    micro = report.scores.schemes[SCHEME].micro
    return msgspec.structs.replace(
        summary,
        rates={name: micro.rates[name] for name in RATES},
        ci={name: micro.ci[name] for name in RATES},
        gold=digest(source.gold),
    )


def cost(log: TrainingLog) -> Cost:
    """The cost of a run, from its log."""
    clocks = [log.series(name).finite().values for name in ("train_runtime", "seconds")]
    seconds = max((_spent(each) for each in clocks if len(each)), default=None)
    counted, speed = (log.series(name).finite().values for name in ("tokens", "tokens_per_second"))
    tokens = float(counted.max()) if len(counted) else None
    if tokens is None and seconds is not None and len(speed):
        pauses = log.series("eval_runtime").finite().values.sum()
        tokens = float(round(np.mean(speed) * max(0.0, seconds - pauses)))
    return Cost(log.span[1], seconds, tokens)


def _spent(clock: Floats) -> float:
    """Time by a clock that begins again with each attempt of a run."""
    ends = np.append(np.diff(clock) < 0, True)
    return float(clock[ends].sum())


def _tested(found: list[RunSummary]) -> list[RunSummary]:
    """Give every run the p-value of its difference to the best one with the same gold."""
    best: dict[str, RunSummary] = {}
    for each in found:
        if each.gold:
            best.setdefault(each.gold, each)
    others = [each for each in found if each.gold and best[each.gold] is not each]
    raw = [_p(Path(best[each.gold].folder), Path(each.folder)) for each in others]
    corrected = dict(zip((each.folder for each in others), holm(raw), strict=True))
    return [
        msgspec.structs.replace(each, p=corrected[each.folder])
        if each.folder in corrected
        else each
        for each in found
    ]


def _p(first: Path, second: Path) -> float:
    found = _compared(first, second, randomisations=RANDOMISATIONS, resamples=100)
    return found.measures[SCHEME]["f1"].p


def _compared(first: Path, second: Path, **options: Any) -> Comparison:
    files = (first / PREDICTIONS, second / PREDICTIONS)
    source, other = sources_of_both(*files, None, None)
    return compare_files(
        (files[0], _target(source)),
        (files[1], _target(other)),
        source.gold,
        known=source.labels,
        **{"schemes": (SCHEME,), **options},
    )


def _target(source: Source) -> Any:
    return TARGETS.get(source.target)


class RunDifference(msgspec.Struct, frozen=True):
    """Something that two runs do not have in common.

    Attributes:
        part: `recipe`, `data`, `cost` or `score`.
        name: of the setting, count or rate.
        a: its value in the first run; None where it is not set.
        b: its value in the second.
        p: how likely chance makes such a difference, for scores.
    """

    part: str
    name: str
    a: Any
    b: Any
    p: float | None = None


def compare_runs(first: Path, second: Path) -> list[RunDifference]:
    """Say in what two runs differ: settings, data, cost and scores.

    Settings and data that both have in common are left out; costs and scores are all there.

    Raises:
        UsageError: a folder is not there, or holds no run.
    """
    for folder in (first, second):
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}. Name the folders of two runs.")
        if not _is_run(folder):
            raise UsageError(
                f"{folder} holds no run. `pii-sft runs {folder}` lists those below it."
            )
    one, other = read_run(first), read_run(second)
    found = list(_unequal("recipe", _settings(one), _settings(other)))
    found += _unequal("data", _data(one), _data(other))
    found += _costs(log_of_run(first), log_of_run(second))
    return found + list(_scores(first, second))


def _unequal(
    part: str, one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[RunDifference]:
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield RunDifference(part, name, one.get(name), other.get(name))


_OWN = ("output_dir", "run_name", "logging_dir")
"""Settings in which any two runs differ."""


def _settings(run: Run | None) -> dict[str, Any]:
    if run is None:
        return {}
    versions = {f"version of {name}": each for name, each in run.versions.items()}
    loop = {f"loop.{name}": each for name, each in run.loop.items()}
    settings = {name: each for name, each in run.settings.items() if name not in _OWN}
    return {**settings, **loop, **versions, "target": run.target}


def _data(run: Run | None) -> dict[str, Any]:
    if run is None:
        return {}
    found: dict[str, Any] = {"folder": run.dataset, "manifest": run.manifest_sha256[:12]}
    data = DatasetFolder(Path(run.dataset))
    if not data.exists or data.digest() != run.manifest_sha256:
        return found
    manifest = data.manifest
    for name, each in manifest.splits.items():
        found[f"{name}.documents"] = each.documents
        found[f"{name}.without_entities"] = each.without_entities
        found[f"{name}.spans"] = each.spans
    return found | {f"option {name}": each for name, each in manifest.options.items()}


def _costs(one: TrainingLog, other: TrainingLog) -> Iterator[RunDifference]:
    a, b = cost(one), cost(other)
    for name in ("steps", "seconds", "tokens"):
        yield RunDifference("cost", name, getattr(a, name), getattr(b, name))


def _scores(first: Path, second: Path) -> Iterator[RunDifference]:
    if not (has_predictions(first) and has_predictions(second)):
        return
    found = _compared(first, second)
    for name, each in found.measures[SCHEME].items():
        yield RunDifference("score", f"{SCHEME} {name}", each.a, each.b, each.p)
    for label, each in sorted(found.labels.get(SCHEME, {}).items()):
        corrected = each.p if each.p_adjusted is None else each.p_adjusted
        yield RunDifference("score", f"f1 of {label}", each.a, each.b, corrected)
