from __future__ import annotations

import pytest

from pii_sft.errors import UsageError
from pii_sft.evaluators import Prediction, Report, evaluate_pairs
from pii_sft.evaluators.thresholds import unmet_thresholds
from tests.conftest import annotated


@pytest.fixture
def report() -> Report:
    document = annotated("a", "Ann met Bob.", ("Ann", "PERSON"), ("Bob", "PERSON"))
    return evaluate_pairs([(document, Prediction(document.spans[:1]))], ci=0)


@pytest.mark.parametrize(
    ("threshold", "reached"),
    [
        ("recall=0.5", True),
        ("recall=0.51", False),
        ("precision=1", True),
        ("exact.recall=0.6", False),
        ("strict.PERSON.f1=0.6", True),
        ("strict.PERSON.f1=0.7", False),
        ("type.macro.recall=0.5", True),
        ("type.weighted.recall=0.51", False),
        ("characters.recall=0.5", True),
        ("characters.recall=0.51", False),
        ("mentions.entity_recall=0.51", False),
        ("mentions.PERSON.mention_recall=0.5", True),
        ("mentions.PERSON.mention_recall=0.6", False),
        ("label_blind.overlap.recall=0.5", True),
        ("label_blind.documents.recall=1", True),
        ("label_blind.exact.f1=0.7", False),
    ],
)
def test_thresholds(report: Report, threshold: str, reached: bool) -> None:
    assert (unmet_thresholds(report, [threshold]) == []) is reached


def test_ceilings(report: Report) -> None:
    assert unmet_thresholds(report, [], ["documents_without_pii.false_alarm_rate=0"]) == []
    (found,) = unmet_thresholds(
        report, ["recall=0.4"], ["characters.leaked=2", "characters.leaked=3"]
    )
    assert str(found) == "characters.leaked is 3.0000, above 2"


def test_a_floor_says_that_it_was_missed(report: Report) -> None:
    (found,) = unmet_thresholds(report, ["recall=0.9"])
    assert str(found) == "recall is 0.5000, below 0.9"


@pytest.mark.parametrize(
    "threshold",
    [
        "recall",
        "recall=x",
        "recal=0.5",
        "strict.CITY.f1=0.5",
        "mentions.CITY.entity_recall=0.5",
        "label_blind.overlap=0.5",
        "mentions.labels=0.5",
        "strict.micro.ci=0.5",
        "colour.recall=0.5",
        "=0.5",
        "recall=nan",
        "recall=inf",
        "recall=-inf",
    ],
)
def test_thresholds_that_can_not_be(report: Report, threshold: str) -> None:
    with pytest.raises(UsageError, match=r"strict\.PERSON\.f1=0\.8"):
        unmet_thresholds(report, [threshold])
