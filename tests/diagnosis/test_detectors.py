"""Rules that made-up logs alone would not have shown."""

from __future__ import annotations

import math

from pii_sft.diagnosis import Evidence, TrainingLog
from pii_sft.diagnosis.detectors import development, errors, gradients, loss, rates, speed
from pii_sft.diagnosis.score_table import of_report
from pii_sft.diagnosis.training_log import Row

BUSY = [43, 39, 38, 93, 47, 46, 239, 84, 66, 134, 154, 49, 59, 62, 118, 71, 44, 120, 55, 180]
"""Tokens a second of a real run of a tiny model, on a machine that others worked on."""


def log_of(name: str, values: list[float]) -> Evidence:
    rows = tuple(Row(2.0 * at, {name: value}) for at, value in enumerate(values, 1))
    return Evidence(TrainingLog(rows))


def test_speeds_that_jump_all_the_time_are_no_cliff() -> None:
    busy = [float(each) for each in BUSY]
    assert not list(speed.cliff(log_of("tokens_per_second", busy)))
    assert not list(speed.cliff(log_of("tokens_per_second", [*busy[:12], 30.0, 31.0, 19.0, *busy])))


def test_slow_rows_at_equal_distances_are_pauses() -> None:
    values = [100.0 + at % 5 for at in range(60)]
    values[9::10] = [20.0] * 6
    assert not list(speed.cliff(log_of("steps_per_second", values)))
    values[30:36] = [20.0] * 6
    assert [each.figures["begin"] for each in speed.cliff(log_of("steps_per_second", values))]


def test_a_clock_of_whole_seconds_shows_the_cliff_of_a_run_of_a_minute() -> None:
    took, rows = 0.0, []
    for step in range(1, 61):
        took += 0.8 * (5 if 30 < step <= 36 else 1)
        rows.append(Row(float(step), {"seconds": float(int(took))}))
    [found] = speed.cliff(Evidence(TrainingLog(tuple(rows))))
    assert 27 <= found.figures["begin"] <= 33


def test_waves_whose_periods_do_not_fill_the_log() -> None:
    for periods in (7.5, 9.0, 9.5):
        wave = [2 + math.sin(2 * math.pi * periods * at / 60) for at in range(60)]
        assert [each.id for each in loss.oscillation(log_of("loss", wave))] == ["loss-oscillates"]


def test_rows_that_are_sorted_by_length_let_the_loss_swing() -> None:
    """Every 50 steps they begin again with the longest, whatever the learning rate."""

    def found(steps: int, settings: dict[str, object], epochs: float = 2.0) -> list[str]:
        rows = [
            Row(5.0 * at, {"loss": 0.02 * (2 - 5 * at % steps / steps), "epoch": epochs * at / 118})
            for at in range(1, 119)
        ]
        return [each.id for each in loss.oscillation(Evidence(TrainingLog(tuple(rows)), settings))]

    assert found(50, {"train_sampling_strategy": "group_by_length"}) == []
    assert found(50, {"group_by_length": True}) == []
    assert found(50, {"train_sampling_strategy": "random"}) == ["loss-oscillates"]
    assert found(27, {"train_sampling_strategy": "group_by_length"}) == ["loss-oscillates"]
    assert found(27, {"train_sampling_strategy": "group_by_length"}, epochs=5.45) == []


def test_gradients_of_nothing_are_found_at_any_loss_that_is_left() -> None:
    """Most of the loss was learnt before the gradients vanished."""

    def log(end: float) -> Evidence:
        rows = [
            Row(5.0 * at, {"loss": max(end, 2.0 - 0.2 * at), "grad_norm": 1.0 if at < 12 else 1e-7})
            for at in range(40)
        ]
        return Evidence(TrainingLog(tuple(rows)))

    assert [each.id for each in gradients.vanishing(log(0.5))] == ["gradients-vanish"]
    assert not list(gradients.vanishing(log(0.002)))  # learnt by heart: there is nothing to move


def test_a_log_of_every_tenth_step_shows_no_warm_up_with_its_settings() -> None:
    values = [1e-3 * 0.5 * (1 + math.cos(math.pi * at / 30)) for at in range(30)]
    rows = tuple(Row(10.0 * at, {"learning_rate": each}) for at, each in enumerate(values, 1))

    def found(settings: dict[str, float] | None) -> list[str]:
        return [each.id for each in rates.no_warmup(Evidence(TrainingLog(rows), settings))]

    assert found({"learning_rate": 1e-3}) == ["no-warmup"]
    assert found(None) == []  # a warm-up may lie before the first row
    assert found({"warmup_steps": 5}) == found({"warmup_ratio": 0.03}) == []


def test_a_metric_that_never_moves_decides_nothing() -> None:
    rows = [Row(20.0 * at, {"eval_span_f1": 0.0, "eval_loss": 2.0 / at}) for at in range(1, 8)]
    evidence = Evidence(TrainingLog(tuple(rows)))
    assert not [each for detector in development.DETECTORS for each in detector(evidence)]


def row(correct: int, possible: int, actual: int) -> dict[str, float]:
    f1 = 2 * correct / (possible + actual)
    counts = {"correct": correct, "possible": possible, "actual": actual}
    return {"precision": correct / actual, "recall": correct / possible, "f1": f1, **counts}


def scored(**labels: tuple[int, int, int]) -> Evidence:
    rows = {name: row(*counts) for name, counts in labels.items()}
    micro = row(*(sum(counts) for counts in zip(*labels.values(), strict=True)))
    report = {"schemes": {"strict": {"micro": micro, "labels": rows}}, "documents": 10}
    return Evidence(TrainingLog(()), scores=of_report(report))


def test_the_most_frequent_label_does_not_drag_by_being_frequent() -> None:
    even = scored(A=(60, 100, 90), B=(6, 10, 9), C=(6, 10, 9), D=(6, 10, 9), E=(6, 10, 9))
    assert not list(errors.dragging_label(even))
    bad = scored(A=(90, 100, 100), B=(2, 40, 40), C=(19, 20, 20), D=(9, 10, 10), E=(9, 10, 10))
    assert [each.figures["label"] for each in errors.dragging_label(bad)] == ["B"]
