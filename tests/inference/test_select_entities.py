"""Operating points at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.decoding.proposals import Proposal
from pii_sft.errors import InputError
from pii_sft.files import write_json
from pii_sft.inference.calibration import Calibration
from pii_sft.inference.operating_point import (
    OperatingPoint,
    Propagation,
    RuleSettings,
    point_at_work,
    was_retrained,
    weights_digest,
)
from pii_sft.inference.select_entities import EntitySelector, Selected, rules_of

TEXT = "Ann met Bob, ann@x.org"
SURE = Proposal(0, 3, "PERSON", 4.0, -0.01, -0.01, taken=True)
UNSURE = Proposal(8, 11, "PERSON", -2.0, -0.2, -0.1, taken=False)


def selected(point: OperatingPoint) -> Selected:
    rules = rules_of(point, ["PERSON", "EMAIL"])
    return EntitySelector(point, rules).select(TEXT, (SURE, UNSURE))


def test_the_default_is_the_models_own_answer() -> None:
    (only,) = selected(OperatingPoint()).spans
    assert (only.start, only.end, only.source) == (0, 3, "model")
    assert only.score == pytest.approx(SURE.score)


def test_dial_thresholds_calibration_and_rules() -> None:
    curve = Calibration("temperature", 0.5)
    point = OperatingPoint(
        recall_bias=3.0, calibration=curve, rules=RuleSettings("network"), threshold=0.2
    )
    ann, bob, email = selected(point).spans
    assert ann.score == pytest.approx(curve.confidence(SURE.score))
    assert bob.score == pytest.approx(curve.confidence(UNSURE.score))
    assert email.source == "rule:EMAIL"
    least = curve.confidence(UNSURE.score)
    assert (
        len(selected(OperatingPoint(recall_bias=3.0, calibration=curve, threshold=least)).spans)
        == 2
    )
    above = OperatingPoint(recall_bias=3.0, calibration=curve, threshold=least + 1e-6)
    assert len(selected(above).spans) == 1
    by_label = OperatingPoint(recall_bias=3.0, threshold=0.99, thresholds={"PERSON": 0.0})
    assert len(selected(by_label).spans) == 2


def test_propagation_works_on_what_was_selected() -> None:
    point = OperatingPoint(propagation=Propagation(("PERSON",), 1.0))
    found = EntitySelector(point).select("Ann saw Ann", (SURE,)).spans
    assert [each.source for each in found] == ["model", "propagated"]


def test_the_point_of_a_run_and_what_overrides_it(tmp_path: Path) -> None:
    assert point_at_work(tmp_path) == OperatingPoint()
    stored = OperatingPoint(recall_bias=1.5, rules=RuleSettings("network"))
    write_json(tmp_path / "operating_point.json", stored)
    assert point_at_work(tmp_path) == stored
    assert point_at_work(tmp_path, "off") == OperatingPoint()
    assert point_at_work(tmp_path, None, "off").rules.names == "off"
    assert point_at_work(tmp_path, None, "phone").rules.names == "phone"
    assert point_at_work(None, tmp_path / "operating_point.json") == stored
    with pytest.raises(InputError):
        point_at_work(tmp_path, tmp_path / "nowhere.json")


def test_a_run_that_was_trained_again_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"weights")
    point = OperatingPoint(weights_sha256=weights_digest(tmp_path))
    assert not was_retrained(point, tmp_path)
    assert not was_retrained(OperatingPoint(), tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"others")
    assert was_retrained(point, tmp_path)
