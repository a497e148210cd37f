"""What every registered writer promises."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_sft.converters import READERS, WRITERS, Row
from pii_sft.files import Staging, read_documents
from pii_sft.labels import Label
from pii_sft.prompt import Prompt, guarded
from pii_sft.records.dataset_folder import Manifest, SplitCounts
from pii_sft.spans import Document
from pii_sft.targets import TARGETS
from tests.conftest import annotated

PROMPT = Prompt("short-1", "List the personal data.", "", "")
SPLITS = ("train", "dev", "test")
DOCUMENTS = [
    annotated("a", "Ann Lee 😀 met Ann Lee.", ("Ann Lee", "PERSON")),
    annotated("b", "王小明住在北京市。", ("王小明", "姓名"), ("北京市", "地址"), language="zh"),
    annotated("c", 'He said "no" \\ and\nleft.\u2028'),
    annotated("d", "Mail <|im_end|> to a@x.org", ("a@x.org", "EMAIL"), group="7"),
    annotated("e", "Zoë Ångström-Lee", ("Zoë Ångström-Lee", "PERSON"), ("Lee", "PERSON")),
]

every_writer = pytest.mark.parametrize("name", WRITERS.names())


def manifest(*splits: str) -> Manifest:
    return Manifest(
        version="0",
        target="json",
        prompt=PROMPT,
        labels=[Label("EMAIL"), Label("PERSON"), Label("地址"), Label("姓名")],
        seed=42,
        options={},
        inputs=[],
        splits={split: SplitCounts() for split in splits},
        dropped={},
    )


def rows() -> Iterator[Row]:
    target = TARGETS.get("json")
    for number, document in enumerate(DOCUMENTS):
        answer = guarded(target.render(document))
        yield Row(SPLITS[number % 2], document, PROMPT.messages(document.text), answer)


def write(name: str, directory: Path) -> dict[str, bytes]:
    with Staging() as staging:
        WRITERS.get(name).write(rows(), directory, manifest(*SPLITS), staging)
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


@every_writer
def test_same_rows_same_bytes(name: str, tmp_path: Path) -> None:
    first = write(name, tmp_path / "pii")
    shutil.rmtree(tmp_path / "pii")
    assert first == write(name, tmp_path / "pii")
    assert any(first.values())


@every_writer
def test_files_are_private(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    before = os.umask(0)
    request.addfinalizer(lambda: os.umask(before))
    directory = tmp_path / "new" / "pii"
    assert write(name, directory)
    for path in (directory.parent, directory, *directory.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@every_writer
@pytest.mark.parametrize("after", range(len(DOCUMENTS) + 1))
def test_nothing_is_left_of_a_failure(name: str, after: int, tmp_path: Path) -> None:
    def failing() -> Iterator[Row]:
        for number, row in enumerate(rows()):
            if number == after:
                break
            yield row
        raise OSError("no space left")

    directory = tmp_path / "new" / "pii"
    with pytest.raises(OSError, match="no space"), Staging() as staging:
        WRITERS.get(name).write(failing(), directory, manifest(*SPLITS), staging)
    assert list(tmp_path.rglob("*")) == []


@every_writer
def test_every_split_of_the_manifest_has_its_file(name: str, tmp_path: Path) -> None:
    """Also one that no document fell into: what trains on it should find it, and empty."""
    names = {Path(file).stem for file in write(name, tmp_path / "pii")}
    assert set(SPLITS) <= names


@every_writer
def test_is_documented(name: str) -> None:
    writer = WRITERS.get(name)
    assert writer.name == name
    assert inspect.getdoc(type(writer))
    assert inspect.getdoc(type(writer).write)
    assert inspect.getdoc(inspect.getmodule(type(writer)))


def read_back(path: Path) -> list[Document]:
    return [
        record for record in READERS.get("documents").read(path) if isinstance(record, Document)
    ]


def test_documents_come_back(tmp_path: Path) -> None:
    write("documents", tmp_path)
    assert read_back(tmp_path / "train.jsonl") == DOCUMENTS[::2]
    assert read_back(tmp_path / "dev.jsonl") == DOCUMENTS[1::2]
    assert read_back(tmp_path / "test.jsonl") == []


def test_documents_without_a_split_are_one_file(tmp_path: Path) -> None:
    unsplit = [Row("", row.document, row.prompt, row.answer) for row in rows()]
    with Staging() as staging:
        WRITERS.get("documents").write(unsplit, tmp_path / "out", manifest(""), staging)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["documents.jsonl"]
    assert read_back(tmp_path / "out/documents.jsonl") == DOCUMENTS


def test_llamafactory_names_every_column_and_tag(tmp_path: Path) -> None:
    """Naming some makes LLaMA-Factory forget its defaults for the others; it opens the file
    in the encoding of the machine."""
    written = write("llamafactory", tmp_path)
    info = json.loads(written["dataset_info.json"].decode("ascii"))
    assert list(info) == ["pii_train", "pii_dev", "pii_test"]
    for split, entry in zip(SPLITS, info.values(), strict=True):
        assert entry["file_name"] == f"{split}.jsonl"
        assert entry["file_name"] in written
        assert entry["formatting"] == "sharegpt"
        assert entry["columns"] == {"messages": "messages"}
        assert entry["tags"] == {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        }


def test_llamafactory_rows_decode_to_their_gold(tmp_path: Path) -> None:
    written = write("llamafactory", tmp_path)
    target = TARGETS.get("json")
    for split in SPLITS:
        trainer = [json.loads(line) for line in written[f"{split}.jsonl"].splitlines()]
        gold = list(read_documents(tmp_path / "gold" / f"{split}.jsonl"))
        assert len(trainer) == len(gold)
        for row, document in zip(trainer, gold, strict=True):
            assert list(row) == ["messages"]
            system, user, assistant = row["messages"]
            assert [each["role"] for each in row["messages"]] == ["system", "user", "assistant"]
            assert system["content"] == PROMPT.system
            assert user["content"] == guarded(document.text)
            assert target.parse(document.text, assistant["content"]).spans == document.spans
