"""Tuning by stored rows, and by the program."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pii_sft.errors import InputError, UsageError
from pii_sft.files import write_documents
from pii_sft.inference.operating_point import read_operating_point
from pii_sft.inference.tuning.cases import Case
from pii_sft.inference.tuning.tune import Wanted
from pii_sft.inference.tuning.tune_run import (
    Storing,
    _to_check,
    cases_of_predictions,
    tune_predictions,
)
from pii_sft.records.prediction_file import record_path
from tests.conftest import Program
from tests.inference.tuning.conftest import simulated


def stored(folder: Path, cases: list[Case], *, proposals: bool = True) -> tuple[Path, Path]:
    data, rows = folder / "dev.jsonl", folder / "rows.jsonl"
    write_documents(data, (case.document for case in cases))
    with rows.open("wb") as stream:
        for case in cases:
            row = {
                "id": case.document.id,
                "spans": [
                    {"start": e.start, "end": e.end, "label": e.label, "score": e.score}
                    for e in case.proposals
                    if e.taken
                ],
                "text_digest": case.document.text_digest,
            }
            if proposals:
                row["proposals"] = msgspec.to_builtins(case.proposals)
            stream.write(json.dumps(row).encode() + b"\n")
    return data, rows


def test_rows_give_the_cases_back(tmp_path: Path) -> None:
    cases = simulated(20, 1)
    data, rows = stored(tmp_path, cases)
    assert cases_of_predictions(rows, data) == cases


def test_rows_with_scores_alone_are_tuned_without_a_dial(tmp_path: Path) -> None:
    data, rows = stored(tmp_path, simulated(60, 1), proposals=False)
    wanted = Wanted(target_recall=0.7, propagate=False)
    tuned = tune_predictions(rows, data, wanted, Storing(tmp_path / "point.json"))
    assert tuned.point.decode == "free"
    assert read_operating_point(tmp_path / "point.json") == tuned.point
    assert tuned.point.promise is not None
    assert tuned.point.promise.measured.recall >= 0.7


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    data, rows = stored(tmp_path, simulated(5, 1))
    lines = rows.read_text().splitlines()
    rows.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(InputError, match="no prediction"):
        cases_of_predictions(rows, data)
    rows.write_text(
        "\n".join([*lines[:-1], lines[-1].replace('text_digest": "', 'text_digest": "x')])
    )
    with pytest.raises(InputError, match="another text"):
        cases_of_predictions(rows, data)
    rows.write_text("\n".join([*lines, lines[0]]))
    with pytest.raises(InputError, match="predicted twice"):
        cases_of_predictions(rows, data)
    bare = [json.dumps({**json.loads(line), "text_digest": ""}) for line in lines]
    rows.write_text("\n".join(bare))
    assert len(cases_of_predictions(rows, data)) == 5
    record = {"gold": "gone.jsonl", "gold_sha256": "0" * 64, "serving": {"target": "json"}}
    record_path(rows).write_text(json.dumps(record))
    with pytest.raises(InputError, match="not the file that was predicted"):
        cases_of_predictions(rows, data)
    rows.write_text("\n".join([*lines[:-1], "{"]))
    with pytest.raises(InputError, match="unreadable row"):
        cases_of_predictions(rows, data)
    rows.write_text(
        "\n".join(lines).replace('"end": 8', '"end": 800').replace('"end": 7', '"end": 700')
    )
    with pytest.raises(InputError, match="does not fit"):
        cases_of_predictions(rows, data)
    with pytest.raises(UsageError, match="--out"):
        tune_predictions(rows, data, Wanted(), Storing())


def test_stored_predictions_check_no_other_documents(pii_sft: Program, tmp_path: Path) -> None:
    data, rows = stored(tmp_path, simulated(5, 1))
    words = ("--pred", rows, "--data", data, "--check", data, "--out", "point.json")
    done = pii_sft("tune", *words)
    assert done.returncode == 2
    assert "--check FILE needs --run" in done.stderr
    assert not (tmp_path / "point.json").exists()


def test_the_test_split_beside_is_checked(tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    (tmp_path / "manifest.json").write_text("{}")
    for name in ("dev", "test"):
        (gold / f"{name}.jsonl").write_text("")
    assert _to_check(gold / "dev.jsonl", "auto") == gold / "test.jsonl"
    assert _to_check(gold / "test.jsonl", "auto") is None
    assert _to_check(gold / "dev.jsonl", "off") is None
    with pytest.raises(UsageError, match="nowhere"):
        _to_check(gold / "dev.jsonl", "nowhere.jsonl")


def test_the_program_tunes_prints_and_warns(pii_sft: Program, tmp_path: Path) -> None:
    data, rows = stored(tmp_path, simulated(60, 1))
    words = ("tune", "--pred", rows, "--data", data, "--rules", "off")
    done = pii_sft(*words, "--target-recall", "0.8", "--out", "a.json", "--html", "a.html")
    assert done.returncode == 0, done.stderr
    assert "promised" in done.stdout
    page = (tmp_path / "a.html").read_text()
    assert "Precision against recall" in page
    assert "http:" not in page
    assert "https:" not in page
    missed = pii_sft(*words, "--target-recall", "0.999", "--out", "b.json")
    assert missed.returncode == 1
    assert "recall-out-of-reach" in missed.stdout
    assert json.loads((tmp_path / "b.json").read_text())["promise"]["reached"] is False
    again = pii_sft(*words, "--out", "a.json")
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
