"""Rows of rare labels are repeated beside a data set, as converting again would."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from pii_sft.dataset.repeat_rare import repeat_rare
from pii_sft.errors import InputError, UsageError
from pii_sft.files import write_documents, write_json
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document
from tests.conftest import Program, annotated


@pytest.fixture
def uneven() -> list[Document]:
    """Eight documents with one label, two with another, two with none."""
    return [
        *(
            annotated(f"a{n}", f"Ann{n} and Bo{n}", (f"Ann{n}", "A"), (f"Bo{n}", "A"))
            for n in range(8)
        ),
        *(annotated(f"b{n}", f"\u2028Rome {n} 😀", (f"Rome {n}", "B")) for n in range(2)),
        *(annotated(f"c{n}", f"nothing {n}") for n in range(2)),
    ]


@pytest.fixture
def data(tmp_path: Path, uneven: Sequence[Document], pii_sft: Program) -> Path:
    write_documents(tmp_path / "in.jsonl", uneven)
    for folder, *more in (("data",), ("wanted", "--oversample", "1.0")):
        done = pii_sft("convert", "in.jsonl", "--out", folder, "--split", "off", *more)
        assert done.returncode == 0, done.stderr
    return tmp_path / "data"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]


def test_as_many_as_conversion_makes(tmp_path: Path, data: Path) -> None:
    out = repeat_rare(data, tmp_path / "out/deep", "1.0")
    wanted = DatasetFolder(tmp_path / "wanted").manifest
    made = DatasetFolder(out).manifest
    assert made.splits == wanted.splits
    assert made.balance == wanted.balance
    assert made.options == wanted.options
    before, after = lines(data / "train.jsonl"), lines(out / "train.jsonl")
    assert len(after) == 18
    assert {row: after.count(row) for row in before} == {
        row: 4 if b"Rome" in row else 1 for row in before
    }
    gold = [json.loads(row)["text"] for row in lines(out / "gold/train.jsonl")]
    asked = [json.loads(row)["messages"][-2]["content"] for row in after]
    assert all(text.strip() in content for text, content in zip(gold, asked, strict=True))


def test_files_are_private_and_what_stays_is_linked(tmp_path: Path, data: Path) -> None:
    (data / "more.txt").write_text("x")
    out = repeat_rare(data, tmp_path / "out", "auto")
    for name in ("train.jsonl", "gold/train.jsonl", "manifest.json"):
        assert not (out / name).is_symlink()
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600
    for name in ("dataset_info.json", "more.txt"):
        assert (out / name).resolve() == (data / name).resolve()


def test_a_complete_folder_is_left_alone(tmp_path: Path, data: Path) -> None:
    out = repeat_rare(data, tmp_path / "out", "1.0")
    before = (out / "train.jsonl").stat().st_mtime_ns
    assert repeat_rare(data, out, "1.0") == out
    assert (out / "train.jsonl").stat().st_mtime_ns == before


def test_values_and_folders_that_cannot_be(tmp_path: Path, data: Path) -> None:
    for value in ("2", "0", "often"):
        with pytest.raises(UsageError, match="--oversample"):
            repeat_rare(data, tmp_path / "out", value)
    with pytest.raises(UsageError, match="training split"):
        repeat_rare(tmp_path, tmp_path / "out", "auto")
    with (data / "train.jsonl").open("ab") as stream:
        stream.write(b"{}\n")
    with pytest.raises(InputError, match="not one data set"):
        repeat_rare(data, tmp_path / "out", "auto")
    folder = DatasetFolder(data)
    older = msgspec.structs.replace(folder.manifest, files={})
    write_json(folder.manifest_path, older, overwrite=True)
    with pytest.raises(UsageError, match="each of the gold"):
        repeat_rare(data, tmp_path / "out", "auto")
    assert not (tmp_path / "out").exists()


def test_foreign_files_are_not_replaced_by_links(tmp_path: Path, data: Path) -> None:
    foreign = tmp_path / "out" / "dataset_info.json"
    foreign.parent.mkdir()
    foreign.write_text("precious")
    with pytest.raises(UsageError, match="in the way"):
        repeat_rare(data, tmp_path / "out", "1.0")
    assert foreign.read_text() == "precious"
    assert not DatasetFolder(tmp_path / "out").exists
