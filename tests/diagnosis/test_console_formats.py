"""The same run in the words of each trainer, averages since an epoch began included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pii_sft.diagnosis import Evidence, TrainingLog, diagnose, read_log

EPOCHS, BATCHES, EVERY = 5, 100, 5


class Run:
    """Five epochs of a hundred batches, logged every fifth; nothing is wrong with it."""

    def __init__(self, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        step = np.arange(1, EPOCHS * BATCHES + 1)
        clean = 2.0 * (0.2 + 0.8 * np.exp(-step / 130))
        self.loss = clean * np.exp(rng.normal(0, 0.1, len(step)))
        self.seconds = 0.5 * np.exp(rng.normal(0, 0.05, len(step)))
        self.rate = 2e-4 * np.minimum(step / 30, 1) * (1 - step / len(step) * 0.9)
        self.norm = np.exp(rng.normal(0, 0.2, len(step)))
        self.held_out = clean[BATCHES - 1 :: BATCHES] * 1.05

    def logged(self) -> Iterator[tuple[int, int, int, slice, slice]]:
        """Epoch from 0, batch in it, step from 0, the batches since the last row, and so far."""
        for epoch in range(EPOCHS):
            for batch in range(EVERY, BATCHES + 1, EVERY):
                last = epoch * BATCHES + batch
                yield (
                    epoch, batch, last - 1, slice(last - EVERY, last), slice(epoch * BATCHES, last)
                )  # fmt: skip

    def by_epoch(self, row: Callable[..., str], end: Callable[[int], str]) -> str:
        lines = []
        for epoch, batch, at, recent, so_far in self.logged():
            lines.append(row(epoch, batch, at, recent, so_far))
            if batch == BATCHES:
                lines.append(end(epoch))
        return "\n".join(lines) + "\n"


def keras(run: Run) -> str:
    def row(_: int, batch: int, at: int, __: slice, so_far: slice) -> str:
        more = "" if batch < BATCHES else f" - val_loss: {run.held_out[at // BATCHES]:.4f}"
        loss = run.loss[so_far].mean()
        return f"\r{batch}/{BATCHES} [====>.] - 12s 98ms/step - loss: {loss:.4f}{more}"

    return run.by_epoch(row, lambda epoch: f"Epoch {epoch + 2}/{EPOCHS}")


def meters(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, batch, at, recent, so_far: (
            f"Epoch: [{epoch}][{batch}/{BATCHES}]\tTime {run.seconds[recent].mean():.3f} (0.500)\t"
            f"Loss {run.loss[recent].mean():.4f} ({run.loss[so_far].mean():.4f})"
        ),
        lambda epoch: f" * Val loss {run.held_out[epoch]:.4f} F1 0.8{epoch}",
    )


def fairseq(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, batch, at, recent, _: (
            f"| INFO | train_inner | epoch {epoch + 1:03}: {batch:6} / {BATCHES} "
            f"loss={run.loss[recent].mean():.4f}, wps={4000 / run.seconds[recent].mean():.1f}, "
            f"num_updates={at + 1}, lr={run.rate[at]:.6g}, gnorm={run.norm[at]:.3f}"
        ),
        lambda epoch: (
            f"| INFO | valid | epoch {epoch + 1:03} | valid on 'valid' subset | "
            f"loss {run.held_out[epoch]:.4f} | num_updates {(epoch + 1) * BATCHES}"
        ),
    )


def flair(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, batch, at, _, so_far: (
            f"2026-05-02 10:00:00,123 epoch {epoch + 1} - iter {batch}/{BATCHES} - "
            f"loss {run.loss[so_far].mean():.8f} - time (sec): 3.2 - lr: {run.rate[at]:.6f}"
        ),
        lambda epoch: (
            f"2026-05-02 10:00:00,123 DEV : loss {run.held_out[epoch]:.4f} - "
            "f1-score (micro avg)  0.8123"
        ),
    )


def mmengine(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, batch, at, recent, _: (
            f"- INFO - Epoch(train)  [{epoch + 1}][{batch:3}/{BATCHES}]  lr: {run.rate[at]:.4e}  "
            f"eta: 0:10:00  time: {run.seconds[recent].mean():.4f}  memory: 4321  "
            f"grad_norm: {run.norm[at]:.4f}  loss: {run.loss[recent].mean():.4f}"
        ),
        lambda epoch: (
            f"- INFO - Epoch(val) [{epoch + 1}][20/20]  val/loss: {run.held_out[epoch]:.4f}  "
            "time: 0.02"
        ),
    )


def megatron(run: Run) -> str:
    return run.by_epoch(
        lambda _, __, at, recent, ___: (
            f" iteration {at + 1:8}/{EPOCHS * BATCHES:8} | consumed samples: 12 | elapsed time per "
            f"iteration (ms): {1000 * run.seconds[recent].mean():.1f} | learning rate: "
            f"{run.rate[at]:.3E} | lm loss: {run.loss[recent].mean():.6E} | grad norm: 1.2 |"
        ),
        lambda epoch: (
            f" validation loss at iteration {(epoch + 1) * BATCHES} | lm loss value: "
            f"{run.held_out[epoch]:.6E} | lm loss PPL: 4.2E+00 |"
        ),
    )


def batches(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, batch, at, recent, _: (
            f"| epoch {epoch + 1:3} | {batch:5}/{BATCHES:5} batches | lr {run.rate[at]:.6f} | "
            f"ms/batch {1000 * run.seconds[recent].mean():5.2f} | "
            f"loss {run.loss[recent].mean():5.4f}"
        ),
        lambda epoch: (
            f"| end of epoch {epoch + 1:3} | time: 58.1s | valid loss {run.held_out[epoch]:5.4f}"
        ),
    )


def chinese(run: Run) -> str:
    return run.by_epoch(
        lambda epoch, _, at, recent, __: (
            f"[INFO] 轮次 {epoch + 1}/{EPOCHS} 步数 {at + 1}/{EPOCHS * BATCHES} 损失: "
            f"{run.loss[recent].mean():.4f} 学习率: {run.rate[at]:.2e} 速度: "
            f"{1 / run.seconds[recent].mean():.2f} it/s"
        ),
        lambda epoch: (
            f"第{epoch + 1}轮结束，训练损失: {run.loss[epoch * BATCHES + 95 :][:5].mean():.4f}，"
            f"验证损失: {run.held_out[epoch]:.4f}"
        ),
    )


def bars(run: Run) -> str:
    """A bar over the whole run, whose speed is that since the start, as tqdm shows unsmoothed."""
    clock = np.cumsum(run.seconds)
    return run.by_epoch(
        lambda _, __, at, recent, ___: (
            f"\r {at // 5}%|##  | {at + 1}/{EPOCHS * BATCHES} [{int(clock[at]) // 60:02}:"
            f"{int(clock[at]) % 60:02}<01:00, {(at + 1) / clock[at]:.2f}it/s, "
            f"loss={run.loss[recent].mean():.4f}]"
        ),
        lambda epoch: f"{{'eval_loss': {run.held_out[epoch]:.4f}, 'epoch': {epoch + 1}.0}}",
    )


FORMATS = (keras, meters, fairseq, flair, mmengine, megatron, batches, chinese, bars)
TIMED = (meters, fairseq, mmengine, megatron, batches, chinese, bars)


def read(text: str, folder: Path) -> TrainingLog:
    path = folder / "train.log"
    path.write_text(text, encoding="utf-8")
    return read_log(path)


def ids(log: TrainingLog) -> set[str]:
    return {each.id for each in diagnose(Evidence(log))}


@pytest.mark.parametrize("shape", FORMATS)
def test_steps_count_on_over_epochs_and_losses_are_those_of_their_batches(
    shape: Callable[[Run], str], tmp_path: Path
) -> None:
    run = Run()
    log = read(shape(run), tmp_path)
    assert log.unit == "step"
    assert log.loss.at.tolist() == list(range(EVERY, EPOCHS * BATCHES + 1, EVERY))
    recent = [run.loss[at - EVERY : at].mean() for at in range(EVERY, EPOCHS * BATCHES + 1, EVERY)]
    assert log.loss.values == pytest.approx(recent, abs=0.003)
    assert log.eval_loss.values == pytest.approx(run.held_out, abs=1e-4)
    assert not {each for each in diagnose(Evidence(log)) if each.severity != "note"}


@pytest.mark.parametrize("shape", FORMATS)
def test_a_jump_of_the_loss_is_found_behind_averages_too(
    shape: Callable[[Run], str], tmp_path: Path
) -> None:
    run = Run(2)
    run.loss[335:340] *= 6
    assert "loss-spike" in ids(read(shape(run), tmp_path))


@pytest.mark.parametrize("shape", TIMED)
def test_a_cliff_of_the_speed_is_found_behind_averages_too(
    shape: Callable[[Run], str], tmp_path: Path
) -> None:
    run = Run(3)
    run.seconds[225:270] *= 6
    (cliff,) = [
        each
        for each in diagnose(Evidence(read(shape(run), tmp_path)))
        if each.id == "throughput-cliff"
    ]
    assert 215 <= cliff.figures["begin"] <= 235
    assert 260 <= cliff.figures["end"] <= 280


@pytest.mark.parametrize("seed", range(6))
def test_losses_that_are_no_averages_stay_as_they_are(seed: int, tmp_path: Path) -> None:
    run = Run(seed)
    log = read(batches(run), tmp_path)
    assert log.loss.values[3] == pytest.approx(run.loss[15:20].mean(), abs=1e-4)
    assert log.loss.values[-1] == pytest.approx(run.loss[-5:].mean(), abs=1e-4)


def test_megatron_writes_what_is_no_number_in_capitals(tmp_path: Path) -> None:
    run = Run()
    run.loss[300:] = np.nan
    assert "loss-not-a-number" in ids(read(megatron(run), tmp_path))


def test_the_mean_loss_in_the_last_line_of_a_trainer_is_no_step(tmp_path: Path) -> None:
    rows = [f"{{'loss': {2 / at:.4f}, 'epoch': {at / 20}}}" for at in range(1, 21)]
    log = read("\n".join([*rows, "{'train_runtime': 9.0, 'train_loss': 0.9}"]), tmp_path)
    assert log.loss.values[-1] == 0.1


SPACY = """
============================= Training pipeline =============================
E    #       LOSS TRANS...  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE
---  ------  -------------  --------  ------  ------  ------  ------
  0       0         410.55    620.11    0.30    0.20    0.65    0.00
  1     200       21033.90  11234.82   61.02   70.10   54.02    0.61
  3     400        1523.11   3411.66   78.45   80.00   76.96    0.78
  5     600         410.73   1433.21   80.11   81.22   79.03    0.80
"""


def test_the_table_of_spacy(tmp_path: Path) -> None:
    log = read(SPACY, tmp_path)
    assert log.loss.at.tolist() == [200, 400, 600]
    assert log.loss.values.tolist() == [11234.82, 3411.66, 1433.21]
    assert log.series("eval_f1").values.tolist() == pytest.approx([0.003, 0.6102, 0.7845, 0.8011])
    assert log.epoch_at(600) == 5


def test_a_pause_for_evaluation_in_the_clock_is_worth_a_note(tmp_path: Path) -> None:
    run = Run()
    run.seconds[200] = 60  # as a clock shows that ran on while evaluating
    found = diagnose(Evidence(read(bars(run), tmp_path)))
    assert [(each.id, each.severity) for each in found] == [("throughput-cliff", "note")]
