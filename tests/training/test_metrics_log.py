"""The log of a run."""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Any

from pii_sft.training.metrics_log import METRICS_NAME, MetricsLog, read_metrics


def test_rows_come_back_and_are_watched(tmp_path: Path) -> None:
    seen: list[Any] = []
    log = MetricsLog(tmp_path, seen.append)
    log.begin(0)
    rows = [{"step": 1.0, "loss": 2.5}, {"step": 2.0, "eval_span_f1": 0.5}]
    for row in rows:
        log.write(row)
    assert read_metrics(tmp_path) == rows == seen
    assert stat.S_IMODE((tmp_path / METRICS_NAME).stat().st_mode) == 0o600


def test_a_number_that_is_none_stays_one(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, lambda row: None)
    log.begin(0)
    log.write({"step": 1, "loss": math.nan})
    assert math.isnan(read_metrics(tmp_path)[0]["loss"])


def test_going_on_takes_out_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, lambda row: None)
    log.begin(0)
    for step in range(1, 6):
        log.write({"step": step})
    log.begin(3)
    log.write({"step": 4, "loss": 1.0})
    assert [row["step"] for row in read_metrics(tmp_path)] == [1, 2, 3, 4]


def test_starting_over_starts_empty(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, lambda row: None)
    log.begin(0)
    log.write({"step": 1})
    log.begin(0)
    assert read_metrics(tmp_path) == []
    assert read_metrics(tmp_path / "missing") == []


def test_a_row_cut_by_a_kill_is_left_out(tmp_path: Path) -> None:
    (tmp_path / METRICS_NAME).write_text('{"step": 1}\n{"step": 2, "lo')
    assert read_metrics(tmp_path) == [{"step": 1}]
    MetricsLog(tmp_path, lambda row: None).begin(1)
    assert (tmp_path / METRICS_NAME).read_text() == '{"step":1.0}\n'
