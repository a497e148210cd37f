"""`pii-sft convert` as it is typed, and what it says."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from pii_sft.cli import cli
from pii_sft.dataset.reading import Progress
from pii_sft.files import read_documents, write_documents
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.report import conversion
from pii_sft.report.console import messages
from pii_sft.spans import Document
from tests.conftest import annotated
from tests.dataset.selection.test_select import corpus, long_documents


@pytest.fixture(autouse=True)
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--quiet` of one test is not that of the next."""
    monkeypatch.setattr(messages, "quiet", False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    write_documents(path, corpus())
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["convert", *map(str, words)])


def test_every_option_arrives_in_the_manifest(file: Path, tmp_path: Path) -> None:
    done = run(
        *(file, "--out", tmp_path / "o", "--split", "train=0.5,test=0.5", "--seed", "7"),
        *("--split-by", "source", "--deduplicate", "near", "--oversample", "0.5"),
        *("--negatives", "0.5", "--augment", "swap=0.2", "--max-chars", "50"),
        *("--window-overlap", "9", "--on-error", "quarantine", "--labels", "core"),
        *("--edges", "keep", "--unrecognised", "skip"),
    )
    assert done.exit_code == 0, done.output
    manifest = DatasetFolder(tmp_path / "o").manifest
    assert manifest.seed == 7
    assert manifest.options == {
        "target": "tags",
        "prompt": "short-1",
        "seed": 7,
        "max_chars": 50,
        "max_tokens": None,
        "tokenizer": None,
        "window_overlap": 9,
        "split": "train=0.5,test=0.5",
        "split_by": "source",
        "edges": "keep",
        "deduplicate": "near",
        "oversample": "0.5",
        "negatives": 0.5,
        "augment": "swap=0.2",
        "windows": {"longest": 50, "overlap": 9, "tokenizer": ""},
        "on_error": "quarantine",
        "unrecognised": "skip",
        "label_file": True,
        "reader": {},
    }
    assert {label.name for label in manifest.labels} == {"PERSON", "ID_NUMBER"}


def test_what_changed_in_the_training_split_is_shown(file: Path, tmp_path: Path) -> None:
    done = run(
        *(file, "--out", tmp_path / "o", "--oversample", "auto"),
        *("--negatives", "0.5", "--augment", "case=0.5"),
    )
    lines = " ".join(done.output.split())
    balance = DatasetFolder(tmp_path / "o").manifest.balance
    assert balance is not None
    assert f"added {balance.copies['repeated']} training rows: repeated" in lines
    assert f"added {balance.copies['case']} training rows: case" in lines
    assert f"kept {balance.negatives.after} of {balance.negatives.before} training rows" in lines
    rare = balance.labels["PASSPORT"]
    assert f"PASSPORT {rare.before} {rare.after}" in lines


def test_mostly_empty_training_rows_are_warned_about(tmp_path: Path) -> None:
    documents = [Document(f"e{n}", f"Empty {n}.") for n in range(50)] + corpus(20)
    write_documents(tmp_path / "in.jsonl", documents)
    done = run(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--split", "train=1")
    assert "learns to stay silent; --negatives" in done.output
    again = run(
        *(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--split", "train=1", "--overwrite"),
        *("--negatives", "0.1"),
    )
    assert "stay silent" not in again.output


def test_nothing_annotated_at_all_is_warned_about(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", [Document("a", "x")])
    done = run(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--split", "off")
    assert "not one span was read" in done.output


def test_windows_in_two_given_splits_are_warned_about(tmp_path: Path) -> None:
    page = "The same page in both, word by word.\n"
    for name in ("train", "test"):
        write_documents(
            tmp_path / "in" / f"{name}.jsonl", [Document(name, f"{name}.\n" * 6 + page)]
        )
    done = run(
        *(tmp_path / "in", "--out", tmp_path / "o", "--split", "keep"),
        *("--max-chars", "40", "--window-overlap", "0"),
    )
    assert "1 pairs of documents in different splits" in " ".join(done.output.split())


def test_windows_by_tokens_need_a_tokenizer(file: Path, tmp_path: Path) -> None:
    done = run(file, "--out", tmp_path / "o", "--max-tokens", "20")
    assert done.exit_code == 2
    assert "--max-tokens and --tokenizer go together" in done.output


def test_standard_input_and_output() -> None:
    rows = [{"id": str(n), "text": f"Ann {n}", "spans": []} for n in range(3)]
    text = "\n".join(map(json.dumps, rows))
    words = ["convert", "-", "--from", "documents", "--to", "documents", "--out", "-", "--quiet"]
    done = CliRunner().invoke(cli, words, input=text)
    assert done.exit_code == 0, done.output
    made = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["text"] for each in made] == ["Ann 0", "Ann 1", "Ann 2"]


def test_a_prompt_that_names_labels_asks_the_same_whenever_it_is_known(tmp_path: Path) -> None:
    """With a label file the rows are encoded as they are read, without one at the end."""
    (tmp_path / "labels.yaml").write_text("labels: {PASSPORT: {}, PERSON: {}}")
    write_documents(tmp_path / "in.jsonl", corpus())
    for name, more in (("a", []), ("b", ["--labels", tmp_path / "labels.yaml"])):
        done = run(
            *(tmp_path / "in.jsonl", "--out", tmp_path / name, "--prompt", "labels-1"),
            *("--oversample", "auto", "--augment", "swap=0.3", *more),
        )
        assert done.exit_code == 0, done.output
    for split in ("train", "dev", "test"):
        first, second = ((tmp_path / name / f"{split}.jsonl").read_bytes() for name in "ab")
        assert first == second
        assert b"PASSPORT\\nPERSON" in first


@pytest.mark.parametrize("prompt", ["short-1", "labels-1"])
def test_renamed_documents_are_written_under_their_names(prompt: str, tmp_path: Path) -> None:
    documents = [each.replaced(id="same") for each in corpus(40)]
    write_documents(tmp_path / "in.jsonl", documents)
    words = (tmp_path / "in.jsonl", "--out", tmp_path / "o", "--to", "llamafactory,documents")
    done = run(*words, "--prompt", prompt, "--split", "train=1")
    assert done.exit_code == 0, done.output
    assert "renamed 39 documents" in done.output
    gold = list(read_documents(tmp_path / "o/llamafactory/gold/train.jsonl"))
    assert gold == list(read_documents(tmp_path / "o/documents/train.jsonl"))
    assert [each.id for each in gold] == ["same", *(f"same~{n}" for n in range(2, 41))]
    rows = (tmp_path / "o/llamafactory/train.jsonl").read_text().splitlines()
    assert [json.loads(row)["messages"][1]["content"] for row in rows] == [
        each.text for each in documents
    ]


def test_windows_of_renamed_documents(tmp_path: Path) -> None:
    documents = [each.replaced(id="same") for each in long_documents()]
    write_documents(tmp_path / "in.jsonl", documents)
    done = run(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--max-chars", "120")
    assert done.exit_code == 0, done.output
    names = {
        window.meta["window"]["document"]
        for split in ("train", "dev", "test")
        for window in read_documents(tmp_path / f"o/gold/{split}.jsonl")
    }
    assert names == {"same", *(f"same~{n}" for n in range(2, 31))}


def test_rejected_records_are_kept_as_they_came(tmp_path: Path) -> None:
    bad = '{"id": "bad",  "text": "abc", "spans": [{"start": 9, "end": 3, "label": "P"}]}'
    write_documents(tmp_path / "in.jsonl", corpus(40))
    with (tmp_path / "in.jsonl").open("a") as stream:
        stream.write(bad + "\n")
    done = run(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--on-error", "quarantine")
    assert "set 1 record aside" in done.output
    (row,) = map(json.loads, (tmp_path / "o/rejected.jsonl").read_text().splitlines())
    assert (row["record"], row["line"], row["id"]) == (bad, 41, "bad")


def test_a_row_that_can_not_be_proved_is_named_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_sft.dataset.blocks import encode as encode_block
    from pii_sft.dataset.blocks import proved_answers as answers
    from pii_sft.targets import Proof

    def doubt(target: object, document: Document, answer: str) -> Proof:
        return Proof(document.spans[:1], ()) if document.id == "d4" else Proof((), ())

    monkeypatch.setattr(answers, "prove", doubt)
    encode_block._preparation.cache_clear()
    write_documents(tmp_path / "in.jsonl", corpus(40))
    done = run(tmp_path / "in.jsonl", "--out", tmp_path / "o", "--target", "lines")
    encode_block._preparation.cache_clear()
    assert done.exit_code == 2
    assert "in.jsonl:5 [d4] the lines target gives back" in done.output


def test_the_bar_shows_rate_and_share(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=160)
    monkeypatch.setattr(conversion, "messages", terminal)
    with conversion.reading_bar() as show:
        show(Progress(documents=1500, read=1000, size=2000))
        show(Progress(documents=1600, read=2000, size=2000))
    assert "1,600 documents" in shown.getvalue()
    assert "2.0/2.0 kB" in shown.getvalue()


def test_annotations_of_windows_are_never_cut(tmp_path: Path) -> None:
    documents = [annotated("d", "A " * 50 + "1 Long Lane, Rome", ("1 Long Lane, Rome", "ADDRESS"))]
    write_documents(tmp_path / "in.jsonl", documents)
    done = run(
        tmp_path / "in.jsonl", "--out", tmp_path / "o", "--max-chars", "10", "--split", "off"
    )
    assert done.exit_code == 0, done.output
    surfaces = [
        window.surface(span)
        for window in read_documents(tmp_path / "o/gold/train.jsonl")
        for span in window.spans
    ]
    assert surfaces == ["1 Long Lane, Rome"]


@pytest.mark.parametrize("prompt", ["short-1", "labels-1"])
def test_instructions_say_what_conversations_say(file: Path, tmp_path: Path, prompt: str) -> None:
    for writer in ("llamafactory", "alpaca"):
        done = run(file, "--to", writer, "--prompt", prompt, "--out", tmp_path / writer)
        assert done.exit_code == 0, done.output
    info = json.loads((tmp_path / "alpaca/dataset_info.json").read_text())
    assert {each["formatting"] for each in info.values()} == {"alpaca"}
    for split in ("train", "dev", "test"):
        turns, rows = (
            [json.loads(line) for line in (tmp_path / f"{writer}/{split}.jsonl").open("rb")]
            for writer in ("llamafactory", "alpaca")
        )
        told = [[message["content"] for message in row["messages"]] for row in turns]
        assert told == [[row["system"], row["instruction"], row["output"]] for row in rows]
        assert told


def test_predictions_for_correction(file: Path, tmp_path: Path) -> None:
    words = ("--to", "llamafactory,label_studio_predictions,conll")
    done = run(file, *words, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    [task, *_] = json.loads((tmp_path / "o/label_studio_predictions/train.json").read_text())
    assert "predictions" in task
    assert "annotations" not in task
    info = json.loads((tmp_path / "o/llamafactory/dataset_info.json").read_text())
    assert info["pii_train"]["formatting"] == "sharegpt"
