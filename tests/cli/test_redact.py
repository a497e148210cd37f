"""`pii-sft redact`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.files import read_documents
from tests.conftest import Program


def test_the_command_redacts_gold(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    done = pii_sft("redact", "--data", people_file, "--out", "out.jsonl", "--style", "pseudonym")
    assert done.returncode == 0, done.stderr
    texts = [document.text for document in read_documents(tmp_path / "out.jsonl")]
    assert texts[0] == "PERSON_1 lives in CITY_1 and writes from EMAIL_1."
    assert texts[4] == "Order 4 was shipped."
    assert not any("Ann" in text for text in texts)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.jsonl", "people.jsonl"]
    assert "40 documents, 96 replacements" in done.stderr
    assert "Ann" not in done.stderr


def test_the_command_reads_any_format(tmp_path: Path, pii_sft: Program) -> None:
    row = {"input": "Ann in Rome", "output": {"entities": {"PERSON": ["Ann"]}}}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    for words in ([], ["--from", "gliner"]):
        done = pii_sft("redact", "--data", "rows.jsonl", *words, "--out", "-")
        assert json.loads(done.stdout)["text"] == "[PERSON] in Rome", done.stderr


def test_the_command_redacts_predictions(
    people_file: Path, tmp_path: Path, pii_sft: Program
) -> None:
    rows = [
        json.dumps({"id": row["id"], "spans": row["spans"][:1]})
        for row in map(json.loads, people_file.read_text().splitlines())
    ]
    (tmp_path / "pred.jsonl").write_text("\n".join(rows))
    done = pii_sft(
        "redact", "--pred", "pred.jsonl", "--data", people_file, "--out", "-", "--everywhere"
    )
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout.splitlines()[0])
    assert first["text"] == "[PERSON] lives in Rome and writes from ann0@x.org."
    assert first["spans"] == [{"start": 0, "end": 8, "label": "PERSON"}]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--data", "people.jsonl", "--style", "stars"],
        ["--data", "people.jsonl", "--invent", "en_US"],
        ["--data", "none.jsonl"],
        ["--data", "people.jsonl", "--mapping", "out.jsonl"],
    ],
)
def test_wrong_use_writes_nothing(
    words: list[str], people_file: Path, tmp_path: Path, pii_sft: Program
) -> None:
    done = pii_sft("redact", *words, "--out", "out.jsonl")
    assert done.returncode == 2, done.stderr
    assert [each.name for each in tmp_path.iterdir()] == [people_file.name]
