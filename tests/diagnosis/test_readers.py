from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pii_sft.diagnosis import read_log
from pii_sft.diagnosis.readers.figure_names import canonical, figures, number
from pii_sft.diagnosis.training_log import Resumption, TrainingLog, completed
from pii_sft.errors import InputError
from tests.diagnosis.planted import FORMATS, healthy, write


def read(folder: Path, text: str, name: str = "log") -> TrainingLog:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_log(path)


@pytest.mark.parametrize("shape", FORMATS)
def test_every_format_holds_the_same_losses_at_the_same_steps(shape: str, tmp_path: Path) -> None:
    made = healthy(5, rows=40)
    log = read_log(write(made, shape, tmp_path))
    assert log.unit == "step"
    assert log.loss.at.tolist() == made.steps.tolist()
    np.testing.assert_allclose(log.loss.values, made.loss, rtol=1e-4)
    np.testing.assert_allclose(log.eval_loss.values, made.eval_loss, rtol=1e-4)
    assert log.eval_loss.at.tolist() == made.evaluated.tolist()


def test_bars_of_evaluations_are_not_steps_of_the_run(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "  1%|  | 1/100 [00:01<01:30, 2.00it/s, loss=0.9]\r"
        "  50%|  | 5/10 [00:01<00:01, 9.00it/s]\r"
        "  2%|  | 2/100 [00:01<01:30, 1.25s/it, loss=0.8]\n",
    )
    speeds = log.series("steps_per_second")
    assert (speeds.at.tolist(), speeds.values.tolist()) == ([1, 2], [2.0, 0.8])
    assert log.total == 100


def test_bars_that_begin_again_each_epoch_count_on(tmp_path: Path) -> None:
    bars = [
        f"Epoch {e}: {s}/4 [00:01<00:02, 2.0it/s, loss={1 / (4 * e + s):.4f}]"
        for e in (0, 1)
        for s in (1, 2, 3, 4)
    ]
    log = read(tmp_path, "\n".join(bars))
    assert log.loss.at.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert not log.resumed


def test_words_before_numbers_name_them(tmp_path: Path) -> None:
    lines = [
        f"[INFO] 2026-11-28 10:0{e}:00 Epoch [{e}/30] Train Loss: -0.0{e} | Val Loss: 0.007"
        for e in range(1, 6)
    ]
    log = read(tmp_path, "\n".join(lines))
    assert (log.unit, log.total) == ("epoch", 30)
    assert log.loss.values.tolist() == [-0.01, -0.02, -0.03, -0.04, -0.05]
    assert log.eval_loss.values.tolist() == [0.007] * 5


def test_a_run_that_was_continued_is_the_run_that_is_left(tmp_path: Path) -> None:
    rows = [(1, 3.0), (2, 2.0), (3, 1.9), (2, 2.1), (3, 1.5), (4, 1.4)]
    text = "".join(
        json.dumps({"current_steps": s, "loss": x, "total_steps": 4}) + "\n" for s, x in rows
    )
    log = read(tmp_path, text)
    assert log.loss.values.tolist() == [3.0, 2.1, 1.5, 1.4]
    assert (log.resumed, log.total) == ((Resumption(3, 2),), 4)


def test_not_a_number_is_kept_and_what_was_cut_off_is_left_out(tmp_path: Path) -> None:
    log = read(tmp_path, '{"step": 1, "loss": NaN}\n{"step": 2, "loss": null}\n{"step": 3, "lo')
    assert np.isnan(log.loss.values).tolist() == [True, True]


def test_the_mean_loss_of_a_run_is_no_step_of_it(tmp_path: Path) -> None:
    history = [{"step": 1, "loss": 0.5}, {"step": 1, "train_loss": 0.5, "train_runtime": 3.0}]
    state = {"log_history": history, "max_steps": 9, "best_model_checkpoint": "runs/x/checkpoint-7"}
    log = read(tmp_path, json.dumps(state))
    assert log.loss.values.tolist() == [0.5]
    assert (log.total, log.best) == (9, 7)


def test_tables_of_lightning_have_empty_cells_and_of_spreadsheets_commas(tmp_path: Path) -> None:
    log = read(tmp_path, "epoch,step,train_loss_step,val_loss\n0,10,0.9,\n0,10,,0.95\n1,20,0.5,\n")
    assert (log.loss.values.tolist(), log.eval_loss.values.tolist()) == ([0.9, 0.5], [0.95])
    log = read(tmp_path, "epoch;loss;val_loss\n1;0,5;0,6\n2;0,4;0,5\n")
    assert log.loss.values.tolist() == [0.5, 0.4]


def test_what_holds_no_figures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training log"):
        read(tmp_path, "Once upon a time there were 3 bears.\n")


def test_two_views_of_one_run_are_one_log() -> None:
    def log(**values: float) -> TrainingLog:
        from pii_sft.diagnosis.training_log import Row

        return TrainingLog((Row(1.0, values),), total=5)

    both = completed(log(loss=0.5), log(loss=0.6, grad_norm=2.0))
    assert both.rows[0].values == {"loss": 0.5, "grad_norm": 2.0}


def test_names_and_numbers() -> None:
    assert canonical("Train Loss") == "loss"
    assert canonical("val_loss") == "eval_loss"
    assert canonical("eval_span_f1") == "eval_span_f1"
    assert canonical("eval_samples_per_second") is None
    assert canonical("temperature") is None
    assert number("1 day, 0:01:05") == 86_465
    assert number("2.5e-5") == 2.5e-5
    assert number("380s") == 380
    assert number("much") is None
    assert figures({"s/it": 2.0, "lr": "1e-4"}) == {"steps_per_second": 0.5, "learning_rate": 1e-4}
