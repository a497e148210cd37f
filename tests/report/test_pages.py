from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pii_sft.diagnosis import Evidence, diagnose, read_log
from pii_sft.diagnosis.score_table import Rates, ScoreTable
from pii_sft.diagnosis.training_log import Row as LogRow
from pii_sft.diagnosis.training_log import Series, TrainingLog
from pii_sft.evaluators.aggregation.results import Row
from pii_sft.findings import Finding
from pii_sft.report.curves import plot
from pii_sft.report.diagnosis_page import diagnosis_page
from pii_sft.report.language import Language
from pii_sft.report.pages import findings_page
from pii_sft.report.undefined_rates import measured
from tests.diagnosis.planted import FAULTS, healthy, write


def diagnosed(folder: Path, *faults: str) -> tuple[Evidence, list[Finding]]:
    log = healthy(11, rows=300, schedule="cosine", negative=False)
    for fault in faults:
        FAULTS[fault][1](log)
    evidence = Evidence(read_log(write(log, "metrics", folder)), log.settings)
    return evidence, diagnose(evidence)


def test_a_page_shows_findings_curves_and_where_it_happened(tmp_path: Path) -> None:
    evidence, found = diagnosed(tmp_path, "overfitting", "throughput cliff")
    page = diagnosis_page("run <1>", evidence, found)
    assert "run &lt;1&gt;" in page
    for each in found:
        assert f'id="finding-{each.id}"' in page
    assert page.count('class="plot"') >= 4
    assert 'href="#finding-throughput-cliff"' in page
    assert "https://" not in page
    assert "default-src 'none'" in page


def test_the_checklist_says_what_is_not_recorded(tmp_path: Path) -> None:
    evidence, found = diagnosed(tmp_path, "overfitting")
    page = diagnosis_page("r", evidence, found)
    rows = dict(re.findall(r'<th scope="row">([^<]*)</th><td class="text">([^<]*)</td>', page))
    assert rows["Do two annotators agree on 90 % or more (pii-sft agree)?"] == "not recorded"
    assert rows["Are gradients clipped?"] == "1"
    assert '<tr class="bad"><th scope="row">Does the development loss not rise' in page


def test_answers_of_the_checklist_are_in_the_language_of_the_page() -> None:
    rows = tuple(LogRow(10.0 * at, {"loss": 2.0 / at}) for at in range(1, 9))
    settings = {"learning_rate": 1e-4, "warmup_steps": 0.05}
    page = diagnosis_page("run", Evidence(TrainingLog(rows, total=100.0), settings), (), "zh")
    assert "保留最后一个" in page
    assert "80 / 100" in page
    assert "the last one" not in page


def test_scores_without_a_log_are_a_page_too() -> None:
    table = ScoreTable((Rates("a", 0.95, 0.74, 0.8353),))
    evidence = Evidence(TrainingLog(()), scores=table)
    page = diagnosis_page("scores", evidence, diagnose(evidence))
    assert "low-recall" in page
    assert "0.9500" in page


def test_nothing_wrong_is_said() -> None:
    page = findings_page("data", [], language=Language("en"))
    assert "Nothing was found that would have to be changed." in page


@pytest.mark.parametrize(
    ("counts", "name", "value"),
    [
        ({"possible": 0, "actual": 3}, "recall", None),
        ({"possible": 0, "actual": 3}, "precision", 0.0),
        ({"possible": 0, "actual": 3}, "f1", 0.0),
        ({"possible": 0, "actual": 0}, "f1", None),
        ({"possible": 3, "actual": 0}, "precision", None),
        ({"correct": 0, "leaked": 0, "over_redacted": 2}, "recall", None),
        ({"correct": 0, "leaked": 0, "over_redacted": 2}, "precision", 0.0),
        ({}, "f1", 0.0),
    ],
)
def test_rates_of_nothing_are_none(counts: dict[str, int], name: str, value: float | None) -> None:
    row = Row({"precision": 0.0, "recall": 0.0, "f1": 0.0}, counts, {})
    assert measured(row, name) == value


def test_long_curves_keep_their_extremes() -> None:
    values = np.ones(100_000)
    values[77_777] = 9.0
    drawn = plot("t", "step", [("v", Series(np.arange(100_000.0), values), False)])
    assert drawn is not None
    assert len(drawn.lines[0].path) < 10_000
    assert " 0 " in drawn.lines[0].path or drawn.lines[0].path.count(" 0") >= 1
    assert min(float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", drawn.lines[0].path)) == 0


def test_a_curve_of_one_value_or_none_is_not_drawn() -> None:
    assert plot("t", "x", [("v", Series(np.array([1.0]), np.array([2.0])), False)]) is None
    nan = Series(np.arange(3.0), np.full(3, np.nan))
    assert plot("t", "x", [("v", nan, False)]) is None


def test_a_speed_that_is_only_known_from_a_clock_is_drawn() -> None:
    rows = tuple(
        LogRow(float(at), {"loss": 1 / at, "seconds": at * 10.0 + 300 * (at > 40)})
        for at in range(1, 81)
    )
    evidence = Evidence(TrainingLog(rows))
    found = diagnose(evidence)
    assert [each.id for each in found] == ["throughput-cliff"]
    assert 'aria-label="Speed"' in diagnosis_page("run", evidence, found)
