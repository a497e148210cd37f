"""Documents whose answer failed are not handed on, and no id or file gives names away."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pii_sft.evaluators import Prediction
from pii_sft.files import read_documents, write_documents
from pii_sft.redaction.redact_files import Annotated, failure_of, redact_files
from pii_sft.redaction.styles import Label
from pii_sft.spans import Document, Span
from tests.conftest import Program

TEXT = "Ann Lee lives in Rome."
GOOD = '[["PERSON","Ann Lee"],["CITY","Rome"]]'
FAILED = {
    "refused": "I'm sorry, I can't help with that.",
    "empty": "",
    "truncated": '[["PERSON","An',
    "failed": "Nothing to see here, move on.",
    "not_in_text": '[["PERSON","Zoe Kowalski"]]',
    "malformed_entity": '[["PERSON","Ann Lee"],["CITY"]]',
}


def written(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    labelled = (Span(0, 7, "PERSON"), Span(17, 21, "CITY"))
    documents = [Document("good", TEXT, labelled)]
    documents += [Document(f"d-{name}", TEXT) for name in FAILED]
    gold = tmp_path / "gold.jsonl"
    write_documents(gold, documents)
    rows: list[Any] = [{"id": "good", "output": GOOD}]
    rows += [{"id": f"d-{name}", "output": output} for name, output in FAILED.items()]
    return {"gold": gold, "pred": written(tmp_path / "pred.jsonl", rows)}


def redacted(files: dict[str, Path], pii_sft: Program, *words: str) -> tuple[Any, dict[str, str]]:
    done = pii_sft(
        *("redact", "--pred", files["pred"], "--data", files["gold"], "--out", "out.jsonl", *words)
    )
    out = files["gold"].with_name("out.jsonl")
    return done, {each.id: each.text for each in read_documents(out)}


def test_by_default_they_are_withheld(files: dict[str, Path], pii_sft: Program) -> None:
    done, texts = redacted(files, pii_sft, "--quiet")
    assert done.returncode == 1
    assert texts == {"good": "[PERSON] lives in [CITY]."}
    assert "6 documents were withheld" in done.stderr
    for name in FAILED:
        assert f"1 {name}" in done.stderr
        assert f"d-{name}" in done.stderr
    assert "Ann" not in done.stderr


def test_they_may_be_kept(files: dict[str, Path], pii_sft: Program) -> None:
    done, texts = redacted(files, pii_sft, "--on-failed", "keep")
    assert done.returncode == 0
    assert texts["d-refused"] == TEXT
    assert texts["d-malformed_entity"] == "[PERSON] lives in Rome."
    assert "6 documents were written whose answer may miss entities" in done.stderr


def test_their_text_may_be_masked(files: dict[str, Path], pii_sft: Program) -> None:
    done, texts = redacted(files, pii_sft, "--on-failed", "mask-all")
    assert done.returncode == 0
    masked = set(texts.values()) - {"[PERSON] lives in [CITY]."}
    assert masked == {"█" * len(TEXT)}
    assert len(texts) == 7


@pytest.mark.parametrize(
    ("prediction", "failure"),
    [
        (Prediction(), ""),
        (Prediction(issues=("repaired", "duplicate", "unknown_label"), finish_reason="stop"), ""),
        (Prediction(finish_reason="eos_token"), ""),
        (Prediction(issues=("failed",), finish_reason="error"), "failed"),
        (Prediction(issues=("repaired", "truncated")), "truncated"),
        (Prediction(issues=("looped",)), "looped"),
        (Prediction(issues=("unreadable",)), "unreadable"),
        (Prediction(issues=("of a later version",)), "of a later version"),
        (Prediction(unplaced=("PERSON",)), "not_in_text"),
        (Prediction(finish_reason="content_filter"), "not ended"),
        (Prediction(finish_reason="length"), "not ended"),
    ],
)
def test_which_answers_failed(prediction: Prediction, failure: str) -> None:
    assert failure_of(prediction) == failure


def test_requests_that_failed_are_withheld(files: dict[str, Path], pii_sft: Program) -> None:
    names = ["good", *(f"d-{name}" for name in FAILED)]
    error = {"code": "server_error"}
    written(
        files["pred"], [{"custom_id": name, "response": None, "error": error} for name in names]
    )
    done, texts = redacted(files, pii_sft)
    assert (done.returncode, texts) == (1, {})


@pytest.mark.parametrize("label", ["AnnLee", "Ann Lee", "HIV patient", "\x1b[2J", "person"])
def test_labels_that_nobody_knows_reach_no_file_and_no_terminal(
    files: dict[str, Path], pii_sft: Program, label: str
) -> None:
    written(
        files["pred"],
        [
            {"id": each.id, "spans": [{"start": 0, "end": 7, "label": label}]}
            for each in read_documents(files["gold"])
        ],
    )
    done, texts = redacted(files, pii_sft, "--mapping", "map.jsonl")
    assert done.returncode == 0
    assert set(texts.values()) == {"[UNKNOWN] lives in Rome."}
    assert label not in done.stderr
    for row in files["gold"].with_name("map.jsonl").read_text().splitlines():
        assert json.loads(row)["replacements"][0]["label"] == "UNKNOWN"
    labels = files["gold"].with_name("labels.yaml")
    labels.write_text(json.dumps({"labels": {label: {}}}))
    _, texts = redacted(files, pii_sft, "--labels", str(labels), "--overwrite")
    assert set(texts.values()) == {f"[{label}] lives in Rome."}


def test_of_texts_without_annotation_the_usual_labels_are_known(
    files: dict[str, Path], pii_sft: Program
) -> None:
    write_documents(files["gold"], [Document("good", TEXT)], overwrite=True)
    written(files["pred"], [{"id": "good", "output": '[["PERSON","Ann Lee"],["ROMA","Rome"]]'}])
    _, texts = redacted(files, pii_sft)
    assert texts == {"good": "[PERSON] lives in [UNKNOWN]."}


def test_an_id_that_tells_becomes_a_number_that_nobody_else_has(tmp_path: Path) -> None:
    ids = ["Ann_Lee_1970", "redacted-1", "b", "redacted-5", "ann"]
    documents = [Annotated(Document(id, TEXT), (Span(0, 7, "PERSON"),)) for id in ids]
    out, mapping = tmp_path / "out.jsonl", tmp_path / "mapping.jsonl"
    done = redact_files(documents, out, Label(), mapping=mapping)
    new = [each.id for each in read_documents(out)]
    assert new == ["redacted-1", "redacted-2", "b", "redacted-5", "redacted-5-"]
    assert done.renamed == 3
    rows = [json.loads(line) for line in mapping.read_text().splitlines()]
    assert [(row["id"], row["new_id"]) for row in rows] == list(zip(ids, new, strict=True))


@pytest.mark.parametrize("place", ["sub/../out.jsonl", "link.jsonl", "gold.jsonl", "pred.jsonl"])
def test_the_mapping_never_lands_in_another_file(
    files: dict[str, Path], tmp_path: Path, pii_sft: Program, place: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jsonl").symlink_to("out.jsonl")
    (tmp_path / "out.jsonl").write_text("")
    before = {each: each.read_bytes() for each in tmp_path.glob("*.jsonl")}
    words = ["--overwrite", "--on-failed", "keep", "--mapping", place]
    done = pii_sft(
        *("redact", "--pred", files["pred"], "--data", files["gold"], "--out", "out.jsonl", *words)
    )
    assert done.returncode == 2
    assert {each: each.read_bytes() for each in tmp_path.glob("*.jsonl")} == before


def test_the_mapping_may_go_to_standard_output_alone(
    files: dict[str, Path], tmp_path: Path, pii_sft: Program
) -> None:
    words = ("redact", "--data", files["gold"], "--mapping", "-", "--out")
    done = pii_sft(*words, "out.jsonl")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["id"] == "good"
    assert not (tmp_path / "-").exists()
    assert pii_sft(*words, "-").returncode == 2


def test_nothing_is_printed_before_all_is_well(
    files: dict[str, Path], tmp_path: Path, pii_sft: Program
) -> None:
    written(files["pred"], [{"id": "good", "spans": []}])
    done = pii_sft("redact", "--pred", files["pred"], "--data", files["gold"], "--out", "-")
    assert (done.returncode, done.stdout) == (2, "")


def test_predictions_and_documents_may_come_through_pipes(
    files: dict[str, Path], tmp_path: Path, pii_sft: Program
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feed = f"cat {files['gold']} > {pipe} &"
    import subprocess

    with subprocess.Popen(["sh", "-c", feed]):
        done = pii_sft(
            *("redact", "--pred", "-", "--data", pipe, "--out", "out.jsonl"),
            input=files["pred"].read_text(),
            timeout=60,
        )
    assert done.returncode == 1, done.stderr
    (document,) = read_documents(tmp_path / "out.jsonl")
    assert document.text == "[PERSON] lives in [CITY]."
