"""Options of readers and folders as inputs, from the command line to the data set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from pii_sft.files import read_documents
from pii_sft.records.dataset_folder import DatasetFolder
from tests.conftest import ROOT

FOLDER = ROOT / "tests/golden/brat/input"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["convert", *map(str, words)])


def surfaces(path: Path) -> list[str]:
    return [each.surface(span) for each in read_documents(path) for span in each.spans]


@pytest.mark.parametrize(
    ("policy", "marked"),
    [("fragments", "Klein-Bauer"), ("hull", "Zoe\u0301 🏠 and Tim Klein-Bauer"), ("drop", "")],
)
def test_a_policy_reaches_the_reader(policy: str, marked: str, tmp_path: Path) -> None:
    done = run(
        *(FOLDER, "--to", "documents", "--out", tmp_path / "o"),
        *("--option", f"discontinuous={policy}"),
    )
    assert done.exit_code == 0, done.output
    found = surfaces(tmp_path / "o/documents.jsonl")
    assert (marked in found) == bool(marked)
    assert DatasetFolder(tmp_path / "o").manifest.options["reader"] == {"discontinuous": policy}


def test_a_folder_that_is_one_input_has_a_digest_and_notes(tmp_path: Path) -> None:
    for out in ("one", "two"):
        convert([FOLDER], writers=["documents"], out=tmp_path / out)
    (source,) = DatasetFolder(tmp_path / "one").manifest.inputs
    assert (source.path, source.reader, len(source.sha256)) == (str(FOLDER), "brat", 64)
    assert source.notes[0].startswith("offsets count code points")
    assert (tmp_path / "one/manifest.json").read_bytes() == (
        tmp_path / "two/manifest.json"
    ).read_bytes()


def test_the_digest_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    digests = set()
    for text in ("Ann", "Bob"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in/a.txt").write_text(text)
        (tmp_path / "in/a.ann").write_text("")
        convert([tmp_path / "in"], writers=["documents"], out=tmp_path / "o", overwrite=True)
        digests.add(DatasetFolder(tmp_path / "o").manifest.inputs[0].sha256)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("discontinuous", "write NAME=VALUE"),
        ("=hull", "write NAME=VALUE"),
        ("discontinous=hull", "Did you mean discontinuous?"),
        ("discontinuous=all", "takes fragments or hull or drop"),
    ],
)
def test_a_wrong_option_is_explained(option: str, message: str, tmp_path: Path) -> None:
    done = run(FOLDER, "--out", tmp_path / "o", "--option", option)
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)
    assert not (tmp_path / "o").exists()


def test_an_option_nobody_has(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps([{"full_text": "a", "spans": []}]))
    with pytest.raises(UsageError, match="The presidio reader has no options"):
        convert([path], settings={"track": "x"}, out=tmp_path / "o")


def test_nothing_left_says_why(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps([{"id": 1, "data": {"text": "a"}, "annotations": []}]))
    with pytest.raises(InputError, match="1 tasks are not annotated; left out"):
        convert([path], out=tmp_path / "o")
