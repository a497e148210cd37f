"""Findings about scores, and the facts about their origin, for pages."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pii_sft.diagnosis import Evidence, TrainingLog, diagnose
from pii_sft.diagnosis.score_table import of_report
from pii_sft.evaluators import Report
from pii_sft.files import STANDARD_STREAM, digest, read_json
from pii_sft.findings import Finding
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.prediction_file import record_path
from pii_sft.records.run import read_run
from pii_sft.report.language import Code
from pii_sft.report.pages import origin_of
from pii_sft.report.score_page import Browsed, page


class _Serving(msgspec.Struct, frozen=True):
    model: str = ""
    adapter: str = ""


class _Record(msgspec.Struct, frozen=True):
    serving: _Serving = _Serving()
    version: str = ""


def score_page(
    report: Report, browsed: Browsed, pred: Path, gold: Path, level: float, language: Code
) -> str:
    """The page of a file of predictions: its scores, errors, origin, and what to do next.

    Args:
        report: the scores.
        browsed: of the same documents.
        pred: file of the predictions.
        gold: file of the gold documents.
        level: of the intervals; 0 for none.
        language: of the page.
    """
    return page(
        report,
        browsed,
        str(pred),
        level=level,
        found=score_findings(report, browsed, pred, gold),
        facts=origin(pred, gold, level),
        language=language,
    )


def score_findings(report: Report, browsed: Browsed, pred: Path, gold: Path) -> list[Finding]:
    """Diagnose scores alone: what is wrong with the result, worst first.

    Args:
        report: the scores.
        browsed: of the same documents.
        pred: file of the predictions.
        gold: file of the gold documents.
    """
    folder = DatasetFolder.around(gold)
    run = read_run(pred.parent) if pred != STANDARD_STREAM else None
    evidence = Evidence(
        TrainingLog(()),
        recipe=run.recipe if run is not None else "RECIPE",
        run=str(pred.parent) if run is not None else "",
        manifest=folder.manifest if folder is not None else None,
        dataset=str(folder.path) if folder is not None else "",
        scores=of_report(report.to_dict()),
        slices=browsed.slices,
    )
    return diagnose(evidence)


def origin(pred: Path, gold: Path, level: float) -> list[tuple[str, str]]:
    """Where scores come from: predictions, gold, model, recipe, data set, intervals.

    Args:
        pred: file of the predictions.
        gold: file of the gold documents.
        level: of the intervals; 0 for none.
    """
    beside = record_path(pred)
    there = pred != STANDARD_STREAM and beside.exists()
    record = read_json(beside, _Record) if there else _Record()
    run = read_run(pred.parent) if pred != STANDARD_STREAM else None
    folder = DatasetFolder.around(gold)
    return origin_of(
        {
            "predictions": _with_digest(pred),
            "gold": _with_digest(gold),
            "data set": "" if folder is None else f"{folder.path} ({folder.digest()[:12]})",
            "model": record.serving.model,
            "adapter": record.serving.adapter,
            "recipe": run.recipe if run is not None else "",
            "intervals": f"{level:.0%}" if level else "",
        }
    )


def _with_digest(path: Path) -> str:
    return str(path) if path == STANDARD_STREAM else f"{path} ({digest(path)[:12]})"


def origin_of_both(first: Path, second: Path, gold: Path, level: float) -> list[tuple[str, str]]:
    """Where two sets of predictions come from."""
    one, other = (dict(origin(each, gold, level)) for each in (first, second))
    of_each = [
        (f"{name} {system}", facts[name])
        for name in ("predictions", "model", "adapter", "recipe")
        for system, facts in (("A", one), ("B", other))
        if name in facts
    ]
    return [
        *of_each,
        *((name, one[name]) for name in ("gold", "data set", "intervals") if name in one),
    ]
