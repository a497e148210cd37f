"""Outputs: checked before the work, all together, never an input."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conftest import Program

ROW = {"id": "a", "text": "Ann Lee", "spans": [{"start": 0, "end": 3, "label": "P"}]}
"""A row that is gold and prediction alike."""

REPORTS = {
    "score": ("score", "--pred", "p.jsonl", "--gold", "g.jsonl", "--ci", "0"),
    "compare": ("compare", "p.jsonl", "p.jsonl", "--gold", "g.jsonl", "--ci", "0"),
    "audit": ("audit", "g.jsonl"),
    "diagnose": ("diagnose", "log.jsonl"),
    "runs": ("runs", "list", "runs"),
    "runs compare": ("runs", "compare", "runs/a", "runs/b"),
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    for name in ("p", "g"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(ROW) + "\n")
    steps = [{"step": step, "loss": 1.0 / step} for step in range(1, 9)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    for name in ("a", "b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "metrics.jsonl").write_text('{"step":1,"loss":1.0}\n')


@pytest.mark.parametrize("name", REPORTS)
def test_reports_appear_together(name: str, pii_sft: Program, tmp_path: Path) -> None:
    more = "--csv" if name.startswith("runs") else "--html"
    words = (*REPORTS[name], "--json", "out/j.json", more)
    failed = pii_sft(*words, "/proc/none/x")
    assert failed.returncode == 2, failed.stderr
    assert "bug" not in failed.stderr
    assert not (tmp_path / "out").exists()
    done = pii_sft(*words, "out/x")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["j.json", "x"]
    (tmp_path / "out" / "j.json").unlink()
    refused = pii_sft(*words, "out/x")
    assert "--overwrite" in refused.stderr
    assert not (tmp_path / "out" / "j.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "--data", "g.jsonl", "--out", "g.jsonl"),
        ("score", "--pred", "p.jsonl", "--gold", "g.jsonl", "--json", "p.jsonl"),
        ("compare", "p.jsonl", "p.jsonl", "--gold", "g.jsonl", "--html", "g.jsonl"),
        ("audit", "g.jsonl", "--json", "g.jsonl"),
        ("redact", "--data", "g.jsonl", "--out", "r.jsonl", "--mapping", "g.jsonl"),
        ("agree", "p.jsonl", "g.jsonl", "--json", "g.jsonl"),
        ("convert", "verify.jsonl", "--task", "verify", "--out", "."),
        ("convert", "g.jsonl", "--task", "verify", "--mined", "verify.jsonl", "--out", "."),
        ("tune", "--pred", "p.jsonl", "--data", "g.jsonl", "--out", "o", "--json", "p.jsonl"),
        ("tune", "--pred", "p.jsonl", "--data", "g.jsonl", "--out", "p.jsonl"),
        ("audit", "g.jsonl", "--predictions", "p.jsonl", "--json", "p.jsonl"),
        ("audit", "g.jsonl", "--predictions", "p.jsonl", "--html", "sub/../p.jsonl"),
        ("score", "--pred", "p.jsonl", "--gold", "g.jsonl", "--json", "p.meta.json"),
        ("redact", "--data", "g.jsonl", "--key-file", "p.jsonl", "--out", "p.jsonl"),
        ("rules", "my.yaml", "--data", "g.jsonl", "--json", "my.yaml"),
        ("recipes", "copy", "my.yaml", "my.yaml"),
        ("recipes", "check", "my.yaml", "--json", "my.yaml"),
        ("runs", "list", "runs", "--json", "runs/a/metrics.jsonl"),
        ("runs", "compare", "runs/a", "runs/b", "--csv", "runs/b/metrics.jsonl"),
        ("synth", "--labels", "my.yaml", "--out", "my.yaml"),
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_no_input_is_replaced(words: tuple[str, ...], pii_sft: Program, tmp_path: Path) -> None:
    (tmp_path / "verify.jsonl").write_text(json.dumps(ROW) + "\n")
    (tmp_path / "p.meta.json").write_text('{"gold":"g.jsonl","serving":{"target":"json"}}')
    (tmp_path / "my.yaml").write_text("labels:\n  EMAIL: {}\n")
    (tmp_path / "sub").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = pii_sft(*words, "--overwrite")
    assert done.returncode == 2, done.stderr
    assert "bug" not in done.stderr
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("writer", ["llamafactory", "documents", "conll", "presidio", "axolotl"])
def test_what_is_in_the_way_is_found_before_the_input_is_read(
    writer: str, pii_sft: Program, tmp_path: Path
) -> None:
    names = {"documents": "documents.jsonl", "conll": "train.conll", "presidio": "train.json"}
    foreign = tmp_path / "out" / names.get(writer, "train.jsonl")
    foreign.parent.mkdir()
    foreign.write_text("precious")
    (tmp_path / "bad.jsonl").write_text("no record at all\n")
    done = pii_sft("convert", "bad.jsonl", "--from", "documents", "--to", writer, "--out", "out")
    assert done.returncode == 2
    assert f"{foreign.name} is in the way" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [foreign.name]
    assert foreign.read_text() == "precious"


@pytest.mark.parametrize("kind", ["file", "link", "fifo", "device"])
def test_a_folder_that_can_not_be_is_named(kind: str, pii_sft: Program, tmp_path: Path) -> None:
    place = tmp_path / "x"
    if kind == "file":
        place.write_text("precious")
    elif kind == "link":
        place.symlink_to("nowhere")
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/null")
    for words in (
        ("convert", "g.jsonl", "--out", "x"),
        ("convert", "g.jsonl", "--out", "x/y/z"),
        ("redact", "--data", "g.jsonl", "--out", "x/r.jsonl"),
        ("agree", "g.jsonl", "p.jsonl", "--adjudicate", "x"),
    ):
        done = pii_sft(*words, "--overwrite")
        assert done.returncode == 2
        assert "Error: x is " in done.stderr
    assert place.is_symlink() or place.exists()
    assert not (tmp_path / "nowhere").exists()


def test_trouble_with_little_to_do_is_said(pii_sft: Program, tmp_path: Path) -> None:
    for name in ("e.jsonl", "f.jsonl"):
        (tmp_path / name).write_text("")
    again = {**ROW, "text": "Bob Ray"}
    (tmp_path / "two.jsonl").write_text(json.dumps(ROW) + "\n" + json.dumps(again) + "\n")
    long = "a" * 300
    for words, said in (
        (("score", "--pred", "e.jsonl", "--gold", "f.jsonl"), "holds no document"),
        (("redact", "--pred", "p.jsonl", "--data", "two.jsonl", "--out", "-"), "duplicate id"),
        (("redact", "--data", "g.jsonl", "--out", long), "File name too long"),
        (("convert", "g.jsonl", "--out", long), "File name too long"),
        (("score", "--pred", "p.jsonl", "--gold", "g.jsonl", "--json", long), "File name too long"),
    ):
        done = pii_sft(*words)
        assert done.returncode == 2
        assert done.stdout == ""
        assert said in done.stderr, done.stderr
        assert "bug" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("synth", "--count", "2", "--out"),
        ("redact", "--data", "g.jsonl", "--out"),
        ("agree", "g.jsonl", "p.jsonl", "--json"),
        ("score", "--pred", "p.jsonl", "--gold", "g.jsonl", "--ci", "0", "--json"),
        ("audit", "g.jsonl", "--html"),
    ],
)
@pytest.mark.parametrize("name", ["manifest.json", "gold/train.jsonl", "train.jsonl"])
def test_convert_alone_replaces_a_data_set(
    words: tuple[str, ...], name: str, pii_sft: Program, tmp_path: Path
) -> None:
    made = pii_sft("convert", "g.jsonl", "--split", "train=1", "--out", "set")
    assert made.returncode == 0, made.stderr
    before = (tmp_path / "set" / name).read_bytes()
    done = pii_sft(*words, f"set/{name}", "--overwrite")
    assert done.returncode == 2, done.stderr
    assert "belongs to the data set" in done.stderr
    assert (tmp_path / "set" / name).read_bytes() == before
