"""The loop of corrections as the page has it, with an export as Label Studio writes it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from pii_sft.cli import cli
from pii_sft.files import read_documents
from tests.conftest import ROOT
from tests.inference.known_backend import known_run

LETTERS = {
    "right": "Ann wrote.",
    "missed": "\U0001f600 Ann met Zoe.",
    "wrong": "Annual report by Ann.",
    "moved": "Dear Ann Lee",
    "nothing": "Order 12 was shipped.",
    "skipped": "Ann again.",
    "unseen": "Bob and Ann.",
}
CORRECTED = {
    "right": ["Ann"],
    "missed": ["Ann", "Zoe"],
    "wrong": ["Ann"],
    "moved": ["Ann Lee"],
    "nothing": [],
}
PAGE = (ROOT / "docs/correcting.md").read_text("utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def run_command(words: list[str]) -> None:
    """A line of the page, in this process."""
    assert words.pop(0) == "pii-sft"
    out = Path(words[words.index(">") + 1]) if ">" in words else None
    if out is not None:
        del words[words.index(">") :]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    if out is not None:
        out.write_text(done.stdout)


def units(text: str, at: int) -> int:
    return len(text[:at].encode("utf-16-le")) // 2


def region(task: dict[str, Any], surface: str, **more: Any) -> dict[str, Any]:
    text = task["data"]["text"]
    start = text.rindex(surface)
    value = {
        "start": units(text, start),
        "end": units(text, start + len(surface)),
        "text": surface,
        "labels": ["PERSON"],
    }
    made = {"from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}
    return {"id": f"r{start}", "value": value, **made, **more}


def annotated(task: dict[str, Any]) -> dict[str, Any]:
    """The task as Label Studio exports it after a person has gone over its prediction."""
    id = task["data"]["id"]
    [prediction] = task["predictions"]
    result = [{**each, "origin": "prediction"} for each in prediction["result"]]
    if id == "missed":
        result.append(region(task, "Zoe"))
    elif id == "wrong":
        result = [each for each in result if each["value"]["start"]]
    elif id == "moved":
        result = [region(task, "Ann Lee", origin="prediction-changed")]
    annotation = {
        "id": 7,
        "completed_by": 1,
        "result": result,
        "was_cancelled": id == "skipped",
        "ground_truth": False,
        "lead_time": 3.2,
        "prediction": prediction,
        "result_count": len(result),
        "task": 7,
    }
    return {
        **task,
        "id": 7,
        "annotations": [] if id == "unseen" else [annotation],
        "file_upload": "train.json",
        "drafts": [],
        "project": 1,
    }


@pytest.fixture
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known_run(tmp_path / "made", monkeypatch).rename(tmp_path / "run")
    (tmp_path / "runs").mkdir()
    (tmp_path / "run").rename(tmp_path / "runs/qwen1_5b")
    monkeypatch.chdir(tmp_path)
    rows = (json.dumps({"id": id, "text": text}) + "\n" for id, text in LETTERS.items())
    Path("letters.jsonl").write_text("".join(rows))
    Path("old.jsonl").write_text('{"id":"o","text":"Bo Ek","spans":[]}\n')
    run_command(shlex.split("pii-sft convert old.jsonl --split train=1"))


@pytest.mark.usefixtures("_project")
def test_the_loop() -> None:
    detect, to_tasks, convert, audit, together, train = commands()
    run_command(detect)
    run_command(to_tasks)

    tasks = json.loads(Path("tasks/train.json").read_text())
    proposed = {task["data"]["id"]: task["predictions"][0]["result"] for task in tasks}
    assert [each["value"]["text"] for each in proposed["missed"]] == ["Ann"]
    assert [each["value"]["start"] for each in proposed["missed"]] == [3]  # in UTF-16
    labels = ET.parse("tasks/label_config.xml").findall(".//Label")
    assert [each.get("value") for each in labels] == ["PERSON"]
    Path("export.json").write_text(json.dumps([annotated(task) for task in tasks]))

    run_command(convert)
    documents = [
        document
        for file in Path("data/corrected/gold").glob("*.jsonl")
        for document in read_documents(file)
    ]
    found = {each.text: [each.surface(span) for span in each.spans] for each in documents}
    assert found == {LETTERS[id]: surfaces for id, surfaces in CORRECTED.items()}
    rows = [
        json.loads(line) for line in Path("data/corrected/train.jsonl").read_text().splitlines()
    ]
    answers = {row["messages"][1]["content"]: row["messages"][-1]["content"] for row in rows}
    assert rows
    for text, answer in answers.items():
        assert re.sub(r"</?PERSON>", "", answer) == text
        assert answer.count("<PERSON>") == len(found[text])
    run_command(audit)

    run_command(together)
    assert train[:3] == ["pii-sft", "train", "qwen1_5b"]
    assert "dataset_dir=data/next" in train
    manifest = json.loads(Path("data/next/manifest.json").read_text())
    assert sum(each["documents"] for each in manifest["splits"].values()) == 1 + len(CORRECTED)
