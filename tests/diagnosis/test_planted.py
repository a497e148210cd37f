"""Every planted fault is found, and healthy runs are left in peace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.diagnosis import Evidence, TrainingLog, diagnose, read_log
from pii_sft.diagnosis.detectors import OF_LOGS
from pii_sft.diagnosis.training_log import Row
from pii_sft.findings import Finding
from tests.diagnosis.planted import FAULTS, FORMATS, Log, healthy, shapes_for, write

ROWS = (40, 80, 150, 300, 600)


def diagnosed(log: Log, shape: str, folder: Path, *, settings: bool = True) -> list[Finding]:
    return diagnose(
        Evidence(read_log(write(log, shape, folder)), log.settings if settings else None)
    )


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_fault_is_found(name: str, seed: int, tmp_path: Path) -> None:
    wanted, plant = FAULTS[name]
    shapes = shapes_for(name)
    log = healthy(100 * seed + len(name), rows=ROWS[(seed + len(name)) % 5], negative=False)
    plant(log)
    found = {each.id for each in diagnosed(log, shapes[(seed + len(name)) % len(shapes)], tmp_path)}
    assert found & set(wanted.split())


def test_at_most_one_of_forty_healthy_runs_raises_an_alarm(tmp_path: Path) -> None:
    alarms = {}
    for seed in range(40):
        shape = list(FORMATS)[seed % len(FORMATS)]
        found = diagnosed(healthy(seed), shape, tmp_path, settings=seed % 2 == 0)
        alarms[seed] = [each.evidence for each in found if each.severity != "note"]
    assert sum(map(bool, alarms.values())) <= 1, alarms


FIGURES = st.one_of(
    st.floats(-1e6, 1e6),
    st.just(0.0),
    st.just(float("nan")),
    st.just(float("inf")),
    st.just(1e-300),
)
NAMES = (
    "loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_second", "seconds", "padding",
    "memory_gb", "epoch", "eval_runtime", "eval_span_f1", "steps_per_second", "duration",
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), FIGURES, min_size=1), max_size=60))
@settings(max_examples=40)
def test_no_log_makes_a_detector_fail(rows: list[dict[str, float]]) -> None:
    evidence = Evidence(TrainingLog(tuple(Row(float(at), row) for at, row in enumerate(rows, 1))))
    with np.errstate(all="ignore"):
        for detector in OF_LOGS:
            for finding in detector(evidence):
                assert finding.evidence
