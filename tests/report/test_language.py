"""Everything a page says is said in Chinese too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pii_sft.diagnosis import Evidence, diagnose, read_log
from pii_sft.diagnosis.checklist import checklist
from pii_sft.diagnosis.detectors import OF_LOGS
from pii_sft.diagnosis.score_table import Rates, ScoreTable
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.evaluators.errors import ERROR_KINDS
from pii_sft.findings import Finding
from pii_sft.report.language import Language
from tests.conftest import ROOT
from tests.diagnosis.planted import FAULTS, healthy, shapes_for, write

PAGE = ROOT / "src/pii_sft/report/page"
CHINESE = Language("zh")
HAN = re.compile(r"[\u4e00-\u9fff]")


def said_in(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    marks = r'\b_\((?:"([^"]+)"|\'([^\']+)\')' if path.suffix == ".jinja" else r'word\("([^"]+)"()'
    return {one or other for one, other in re.findall(marks, text)}


@pytest.mark.parametrize(
    "path", sorted([*PAGE.glob("*.jinja"), *PAGE.glob("*.js")]), ids=lambda path: path.name
)
def test_every_text_of_a_template_or_script_is_translated(path: Path) -> None:
    assert said_in(path) <= CHINESE.words.keys()


def test_kinds_questions_and_their_names_are_translated() -> None:
    texts = {*ERROR_KINDS.values(), *(kind.replace("_", " ") for kind in ERROR_KINDS)}
    texts |= {each.question for each in checklist(Evidence(TrainingLog(())), [])}
    assert texts <= CHINESE.words.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_findings_of_logs_are_told_by_their_figures(name: str, tmp_path: Path) -> None:
    log = healthy(7, rows=150, negative=False)
    FAULTS[name][1](log)
    evidence = Evidence(read_log(write(log, shapes_for(name)[0], tmp_path)), log.settings)
    found = [each for detector in OF_LOGS for each in detector(evidence)]
    assert found
    for each in found:
        check_told(each)


def test_findings_of_scores_are_told_by_their_figures() -> None:
    table = ScoreTable((Rates("a", 0.9, 0.7, 0.9), Rates("b", 0.7, 0.9, 0.7875)))
    found = diagnose(Evidence(TrainingLog(()), scores=table))
    assert {each.id for each in found} == {"low-recall", "low-precision", "f1-inconsistent"}
    for each in found:
        check_told(each)


def check_told(finding: Finding) -> None:
    told = CHINESE.finding(finding)
    for text in (told.title, told.evidence, told.fix):
        assert HAN.search(text), finding.id
        assert "{" not in text
        assert "[[" not in text
        assert "step" not in told.evidence


def test_every_detector_has_its_findings_translated() -> None:
    folder = ROOT / "src/pii_sft/diagnosis/detectors"
    text = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    ids = set(re.findall(r'Finding\(\s*"([a-z0-9-]+)"', text))
    assert len(ids) > 35
    assert ids <= CHINESE.rules


def test_what_is_not_translated_stays_english() -> None:
    finding = Finding("made-up", "note", "this is so", "do that")
    assert CHINESE.finding(finding) == finding
    assert CHINESE("no such text {n}", n=3) == "no such text 3"


def test_units_of_speed_are_translated(tmp_path: Path) -> None:
    _, plant = FAULTS["throughput cliff"]
    log = healthy(3, rows=80)
    plant(log)
    found = diagnose(Evidence(read_log(write(log, "metrics", tmp_path))))
    told = next(each for each in map(CHINESE.finding, found) if each.id == "throughput-cliff")
    assert "词元/秒" in told.evidence
    assert "tokens/s" not in told.evidence
