"""Faults while predictions and the log of a training are written, row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from pii_sft.inference import finder as finder_module
from pii_sft.inference.finder import FinderSettings
from pii_sft.inference.predict import Predicting, predict
from pii_sft.signals import end_by_exception
from pii_sft.training.metrics_log import MetricsLog, read_metrics
from tests.inference.test_predict import _Backend, _Backends, serving
from tests.reliability.faults import (
    CODES,
    FAULTS,
    LEFT_BY_EXCEPTION,
    MOST,
    THOROUGH,
    Fault,
    Work,
    chosen,
    contents,
    import_what_it_needs,
    run,
    store,
)


def predicting(given: Path, out: Path, resume: bool = False) -> Work:
    def work() -> None:
        end_by_exception()
        finder_module.BACKENDS = _Backends(_Backend)
        predict(
            serving(),
            given / "few.jsonl",
            out / "p.jsonl",
            Predicting(finder=FinderSettings(backend="example"), overwrite=True, resume=resume),
        )

    return work


@pytest.mark.parametrize("fault", FAULTS)
def test_predictions_are_kept_and_resumed(
    fault: Fault,
    given: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    place = tmp_path / "whole" / "out"
    place.mkdir(parents=True)
    done = run(predicting(given, place), place)
    assert done.code == 0, done.said
    import_what_it_needs(done)
    wanted = (place / "p.jsonl").read_bytes()
    numbers = chosen(len(done.operations), MOST, THOROUGH)
    record_property("faults", 2 * len(numbers))
    for number in numbers:
        for resume in (False, True):
            folder = tmp_path / f"{number}{resume}" / "out"
            store(folder, {"p.jsonl": b"old", "p.meta.json": b"old"})
            ended = run(predicting(given, folder), folder, fault, number)
            assert ended.code in (0, CODES.get(fault), LEFT_BY_EXCEPTION), (number, ended.said)
            assert (folder / "p.jsonl").read_bytes() in (b"old", wanted)
            again = run(predicting(given, folder, resume), folder)
            assert again.code == 0, (number, again.said)
            assert (folder / "p.jsonl").read_bytes() == wanted
            assert sorted(contents(folder)) == ["p.jsonl", "p.meta.json"], (number, resume)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_log_of_a_run_keeps_its_rows(
    fault: Fault, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    def work(folder: Path) -> Work:
        def train() -> None:
            end_by_exception()
            log = MetricsLog(folder, lambda _: None)
            log.begin(2)
            for step in (3, 4):
                log.write({"step": step, "loss": 0.5})

        return train

    old = b"".join(
        msgspec.json.encode({"step": float(step), "loss": 0.25}) + b"\n" for step in (1, 2, 3)
    )
    first = tmp_path / "first" / "out"
    store(first, {"metrics.jsonl": old})
    done = run(work(first), first)
    assert done.code == 0, done.said
    import_what_it_needs(done)
    wanted = contents(first)
    record_property("faults", len(done.operations))
    for number in range(1, len(done.operations) + 1):
        folder = tmp_path / str(number) / "out"
        store(folder, {"metrics.jsonl": old})
        run(work(folder), folder, fault, number)
        assert [row["step"] for row in read_metrics(folder)][:2] == [1, 2], number
        again = run(work(folder), folder)
        assert again.code == 0, again.said
        assert contents(folder) == wanted, number
