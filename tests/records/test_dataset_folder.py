"""What belongs to a data set, and what must not be taken for it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from pii_sft.files import write_documents
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document


@pytest.fixture
def folder(tmp_path: Path, people_file: Path) -> DatasetFolder:
    convert([people_file], out=tmp_path / "pii")
    return DatasetFolder(tmp_path / "pii")


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_folder_around_its_files(folder: DatasetFolder, tmp_path: Path) -> None:
    for path in (folder.rows("train"), folder.gold("test"), folder.path / "mine.jsonl"):
        around = DatasetFolder.around(path)
        assert around is not None
        assert around.path == folder.path
    for path in (
        tmp_path / "people.jsonl",
        folder.path / "runs" / "x.jsonl",
        tmp_path / "gold" / "test.jsonl",
    ):
        assert DatasetFolder.around(path) is None


def test_an_index_elsewhere_names_the_rows(folder: DatasetFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mix"
    elsewhere.mkdir()
    entries = {
        "judged": {"file_name": "verify.jsonl"},
        "pii_train": {"file_name": str(folder.rows("train"))},
    }
    (elsewhere / "dataset_info.json").write_text(json.dumps(entries))
    recipe = {"dataset_dir": str(elsewhere), "dataset": "judged, pii_train"}
    assert DatasetFolder.trained_on(recipe).path == folder.path
    assert DatasetFolder.trained_on({**recipe, "dataset": "judged"}).path == elsewhere
    assert DatasetFolder.trained_on({"dataset_dir": str(folder.path)}).path == folder.path


def test_the_manifest_accounts_for_all_files(folder: DatasetFolder) -> None:
    manifest = folder.check()
    assert sorted([*manifest.files, "manifest.json"]) == names(folder.path)
    assert str(folder.rows("train").relative_to(folder.path)) in manifest.files


@pytest.mark.parametrize("name", ["train.jsonl", "gold/dev.jsonl", "test.jsonl"])
def test_a_mixture_is_refused(name: str, folder: DatasetFolder) -> None:
    (folder.path / name).write_bytes((folder.path / name).read_bytes() + b"\n")
    with pytest.raises(InputError, match="is not what"):
        folder.check()
    (folder.path / name).unlink()
    with pytest.raises(InputError, match="is missing"):
        folder.check()


def test_what_is_no_data_may_be_edited(folder: DatasetFolder) -> None:
    folder.info_path.write_bytes(b"{}")
    folder.check()
    with pytest.raises(UsageError, match="changed since"):
        folder.written()


def test_a_manifest_from_elsewhere_reaches_nothing(folder: DatasetFolder, tmp_path: Path) -> None:
    for name in ("../people.jsonl", str(tmp_path / "people.jsonl")):
        changed = json.loads(folder.manifest_path.read_bytes())
        changed["files"][name] = "0"
        folder.manifest_path.write_text(json.dumps(changed))
        with pytest.raises(InputError, match="outside its folder"):
            DatasetFolder(folder.path).written()


def test_an_input_survives_its_conversion(tmp_path: Path, people: Sequence[Document]) -> None:
    data = tmp_path / "data"
    write_documents(data / "documents.jsonl", people)
    before = (data / "documents.jsonl").read_bytes()
    for overwrite in (False, True):
        convert([data / "documents.jsonl"], out=data, overwrite=overwrite)
    for source, to in ((data / "documents.jsonl", "documents"), (data / "train.jsonl", "trl")):
        before_this = source.read_bytes()
        with pytest.raises(UsageError, match="is an input"):
            convert([source], writers=[to], out=data, overwrite=True)
        assert source.read_bytes() == before_this
    assert (data / "documents.jsonl").read_bytes() == before
    DatasetFolder(data).check()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_others_made_stays(overwrite: bool, tmp_path: Path, people_file: Path) -> None:
    for name in ("test.jsonl", "gold/dev.jsonl"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(b"precious")
    convert([people_file], out=tmp_path / "d", split="train=1", overwrite=overwrite)
    with pytest.raises(UsageError, match="in the way"):
        convert([people_file], out=tmp_path / "d", overwrite=True)
    for name in ("test.jsonl", "gold/dev.jsonl"):
        assert (tmp_path / "d" / name).read_bytes() == b"precious"


def test_corrected_gold_is_not_replaced(folder: DatasetFolder, people_file: Path) -> None:
    folder.gold("test").write_bytes(b"corrected by hand")
    with pytest.raises(UsageError, match=r"gold/test\.jsonl changed since"):
        convert([people_file], out=folder.path, overwrite=True)
    assert folder.gold("test").read_bytes() == b"corrected by hand"


def test_another_format_leaves_nothing_of_the_earlier(tmp_path: Path, people_file: Path) -> None:
    out = tmp_path / "e"
    convert([people_file], writers=["conll", "presidio"], out=out)
    assert "conll/train.conll" in names(out)
    convert([people_file], writers=["documents"], out=out, overwrite=True)
    assert names(out) == ["documents.jsonl", "manifest.json"]


def test_several_formats_are_one_set(tmp_path: Path, people_file: Path) -> None:
    out = tmp_path / "e"
    with people_file.open("ab") as stream:
        stream.write(b"broken\n")
    convert([people_file], writers=["trl", "documents"], out=out, on_error="quarantine")
    whole = DatasetFolder(out)
    assert sorted([*whole.manifest.files, "manifest.json"]) == names(out)
    for each in ("trl", "documents"):
        DatasetFolder(out / each).check()
    with pytest.raises(UsageError, match="--overwrite"):
        convert([people_file], writers=["trl", "documents"], out=out)


def test_one_conversion_at_a_time(tmp_path: Path, people_file: Path) -> None:
    import fcntl

    (tmp_path / "out").mkdir()
    handle = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match="Another command is writing"):
        convert([people_file], out=tmp_path / "out")
    os.close(handle)
    convert([people_file], out=tmp_path / "out")
