"""The page of an operating point shows what was promised, and only columns that say something."""

from __future__ import annotations

import re

from pii_sft.inference.tuning.tune import Source, Wanted, tune_cases
from pii_sft.report.operating_point_page import operating_point_page
from tests.inference.tuning.conftest import simulated


def page(**wanted: object) -> str:
    source = Source("dev.jsonl", "1" * 64)
    tuned = tune_cases(simulated(150, 1), ("CITY", "PERSON"), Wanted(**wanted), source)
    return operating_point_page(tuned, "runs/<b>")


def test_what_was_promised_is_a_row_each() -> None:
    made = page(target_recall=0.8, rules="builtin")
    assert "runs/&lt;b&gt;" in made
    assert "Target recall 0.800: reached on the development split" in made
    rows = dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td>([0-9.]+)', made))
    assert float(rows["recall"]) >= 0.8
    assert set(rows) >= {"precision", "characters, recall", "false alarms", "of which by chance"}
    assert made.count('<svg viewBox="-34') == 1


def test_a_column_of_zeros_is_left_out() -> None:
    heads = re.findall(r"<th scope=\"col\">([^<]*)</th>", page(maximise="f1", rules="builtin"))
    assert "recall" in heads
    assert "wrong veto" not in heads


def test_what_can_not_be_reached_is_the_first_thing_to_do() -> None:
    made = page(target_recall=0.999)
    assert "not reached on the development split" in made
    assert 'id="finding-recall-out-of-reach"' in made
