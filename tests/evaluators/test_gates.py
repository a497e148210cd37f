from __future__ import annotations

import pytest

from pii_sft.errors import UsageError
from pii_sft.evaluators import Prediction, Report, evaluate
from pii_sft.evaluators.gates import missed
from tests.conftest import annotated


@pytest.fixture
def report() -> Report:
    document = annotated("a", "Ann met Bob.", ("Ann", "PERSON"), ("Bob", "PERSON"))
    return evaluate([(document, Prediction(document.spans[:1]))], ci=0)


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
    ],
)
def test_thresholds(report: Report, threshold: str, reached: bool) -> None:
    assert (missed(report, [threshold]) == []) is reached


@pytest.mark.parametrize("threshold", ["recall", "recall=x", "recal=0.5", "strict.CITY.f1=0.5"])
def test_thresholds_that_can_not_be(report: Report, threshold: str) -> None:
    with pytest.raises(UsageError, match=r"strict\.PERSON\.f1=0\.8"):
        missed(report, [threshold])
