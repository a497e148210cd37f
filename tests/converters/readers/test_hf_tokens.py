"""Rows of tokens and tags in JSON, Parquet, Arrow, folders of `save_to_disk`, and by name."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.detect import detect, find_sources
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.hf_tokens import READER
from pii_sft.errors import InputError, MissingExtraError
from pii_sft.files import STANDARD_STREAM
from pii_sft.spans import Document

NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
ROWS = [
    {"id": "a", "tokens": ["Hi", "😀", "Ann", "Lee"], "ner_tags": [0, 0, 1, 2]},
    {"id": "b", "tokens": ["Nobody", "."], "ner_tags": [0, 0]},
    {"id": "c", "tokens": ["Ann", "Rome"], "ner_tags": [1, 3]},
]
FOUND = [
    ("a", "Hi 😀 Ann Lee", [("Ann Lee", "PER")]),
    ("b", "Nobody .", []),
    ("c", "Ann Rome", [("Ann", "PER"), ("Rome", "LOC")]),
]


def parts(made: Sequence[Any]) -> tuple[list[Document], list[Rejected], list[str]]:
    return (
        [each for each in made if isinstance(each, Document)],
        [each for each in made if isinstance(each, Rejected)],
        [each.text for each in made if isinstance(each, Note)],
    )


def read(path: Path, **options: str) -> tuple[list[Document], list[Rejected], list[str]]:
    return parts(list(configured(READER, options).read(path)))


def found(documents: Sequence[Document]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (each.id, each.text, [(each.surface(span), span.label) for span in each.spans])
        for each in documents
    ]


def lines(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "ner_tags": [NAMES[tag] for tag in row["ner_tags"]]}


def dataset(rows: Sequence[dict[str, Any]] = ROWS) -> Any:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "tokens": datasets.Sequence(datasets.Value("string")),
            "ner_tags": datasets.Sequence(datasets.ClassLabel(names=NAMES)),
        }
    )
    return datasets.Dataset.from_list(list(rows), features=features)


def test_strings(tmp_path: Path) -> None:
    documents, problems, notes = read(lines(tmp_path, *map(named, ROWS)))
    assert not problems
    assert found(documents) == FOUND
    assert notes[:2] == ["tags in `ner_tags`", "tags are IOB2 (3 entities)"]
    assert all(each.meta == {"text": "rebuilt"} for each in documents)


@pytest.mark.parametrize(
    ("tokens", "tags"),
    [
        ("words", "labels"),
        ("tokens", "tags"),
        ("tokens", "ner"),
        ("words", "ner_labels"),
        ("tokens", "entities"),
    ],
)
def test_other_names_of_columns(tokens: str, tags: str, tmp_path: Path) -> None:
    rows = [{tokens: named(row)["tokens"], tags: named(row)["ner_tags"]} for row in ROWS]
    path = lines(tmp_path, *rows)
    assert [each.text for each in read(path)[0]] == [text for _, text, _ in FOUND]
    assert detect(path) == "hf_tokens"


def test_column_by_option(tmp_path: Path) -> None:
    row = {"tokens": ["Ann"], "ner_tags": ["O"], "fine": ["person-actor"]}
    documents, _, _ = read(lines(tmp_path, row), tags="fine")
    assert found(documents) == [("rows-1", "Ann", [("Ann", "person-actor")])]


def test_text_of_the_row(tmp_path: Path) -> None:
    row = {"tokens": ["Zoë", "'s"], "tags": ["S-PER", "O"], "text": " Zoë's", "language": "en"}
    path = lines(tmp_path, row, {**row, "text": "Bobby"})
    documents, (problem,), _ = read(path)
    assert found(documents) == [("rows-1", " Zoë's", [("Zoë", "PER")])]
    assert documents[0].meta == {"language": "en"}
    assert (problem.problem.kind, problem.problem.line) == ("text", 2)
    documents, _, _ = read(path, text="tokens")
    assert [each.text for each in documents] == ["Zoë 's"] * 2


def test_chinese_characters_are_joined(tmp_path: Path) -> None:
    tokens = [*"王小明用iP4。"]
    rows = [{"tokens": tokens, "tags": ["B-P", "I-P", "I-P", *["O"] * 5]}]
    documents, _, notes = read(lines(tmp_path, *rows))
    assert found(documents) == [("rows-1", "王小明用iP4。", [("王小明", "P")])]
    assert notes[-1].startswith("1 texts rebuilt from characters")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"tokens": ["Annie"]}, "not annotated"),
        ({"tokens": ["Annie"], "ner_tags": None}, "not annotated"),
        ({"tokens": ["Annie"], "ner_tags": [None]}, "not annotated"),
        ({"tokens": ["Annie"], "ner_tags": []}, "tag"),
        ({"tokens": ["Annie"], "ner_tags": ["Annie"]}, "tag"),
        ({"tokens": ["Annie"], "ner_tags": [{}]}, "tag"),
        ({"tokens": ["Annie"], "ner_tags": [[]]}, "tag"),
        ({"tokens": [], "ner_tags": []}, "no text"),
        ({"tokens": ["Annie", 5], "ner_tags": ["O", "O"]}, "no text"),
        ({"tokens": "Annie", "ner_tags": ["O"]}, "no text"),
        ({"ner_tags": ["O"]}, "no text"),
        ({"tokens": [""], "ner_tags": ["B-PER"]}, "empty token"),
        ({"tokens": ["\ud83d"], "ner_tags": ["B-PER"]}, "broken line"),
        (5, "wrong shape"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    documents, (problem,), _ = read(lines(tmp_path, named(ROWS[0]), row))
    assert len(documents) == 1
    assert (problem.problem.kind, problem.problem.line) == (kind, 2)
    assert "Annie" not in str(problem)


@pytest.mark.parametrize("row", [{"tokens": ["Ann"]}, {"x": 1}, [1], "x"])
def test_no_row_has_tags(row: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tags=NAME"):
        read(lines(tmp_path, row))


def test_numbers_need_names(tmp_path: Path) -> None:
    path = lines(tmp_path, *ROWS)
    with pytest.raises(InputError, match="labels=O,B-PERSON"):
        read(path)
    documents, _, notes = read(path, labels=",".join(NAMES))
    assert found(documents) == FOUND
    assert notes[0] == "4 tags were named by their numbers"
    documents, (problem,), _ = read(path, labels="O,B-PER,I-PER")
    assert found(documents) == FOUND[:2]
    assert problem.problem.kind == "tag"


def test_names_without_prefix(tmp_path: Path) -> None:
    documents, _, _ = read(lines(tmp_path, *ROWS), labels="O,PER,PER,LOC")
    assert found(documents) == FOUND


def test_names_beside_the_file(tmp_path: Path) -> None:
    feature = {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "Sequence"}
    info = tmp_path / "dataset_info.json"
    info.write_text(json.dumps({"features": {"ner_tags": feature}}))
    assert found(read(lines(tmp_path, *ROWS))[0]) == FOUND
    info.write_text(json.dumps({"features": {"ner_tags": [{"names": NAMES}]}}))
    assert found(read(lines(tmp_path, *ROWS))[0]) == FOUND
    info.write_text(json.dumps({"pii_train": {"file_name": "train.jsonl"}}))
    with pytest.raises(InputError, match="labels="):
        read(lines(tmp_path, *ROWS))


@pytest.mark.parametrize("kind", ["parquet", "stream", "file", "folder", "folders"])
def test_tables(kind: str, tmp_path: Path) -> None:
    table = dataset()
    path = tmp_path / f"rows.{kind}"
    splits = [""]
    if kind == "parquet":
        table.to_parquet(path)
    elif kind == "folder":
        table.save_to_disk(path)
    elif kind == "folders":
        datasets = pytest.importorskip("datasets")
        both = datasets.DatasetDict({"train": table, "validation": table})
        both.save_to_disk(path)
        splits = ["train", "validation"]
    else:
        pa = pytest.importorskip("pyarrow")
        opened = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
        with opened(str(path), table.data.schema) as writer:
            writer.write_table(table.data.table)
    documents, problems, notes = read(path)
    assert not problems
    assert found(documents) == FOUND * len(splits)
    assert "4 tags were named by their numbers" in notes
    assert {each.meta.get("split", "") for each in documents} == set(splits)
    if path.is_dir():
        assert READER.sniff(Head(path, b"")) >= LIKELY
    else:
        assert detect(path) == "hf_tokens"


def test_rejected_rows_of_a_table_keep_their_content(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    bad = {"id": "x", "tokens": ["Annie"], "ner_tags": [0, 0]}
    dataset([*ROWS, bad]).to_parquet(path)
    documents, (problem,), _ = read(path)
    assert len(documents) == 3
    assert (problem.problem.line, problem.problem.id) == (0, "x")
    assert json.loads(problem.raw) == bad


def test_folders_are_one_input(tmp_path: Path) -> None:
    dataset().save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "README.md").write_text("about")
    ((path, reader),) = find_sources([tmp_path / "saved"], "auto")
    assert (path, reader.name) == (tmp_path / "saved", "hf_tokens")
    datasets = pytest.importorskip("datasets")
    datasets.DatasetDict({"train": dataset(), "test": dataset()}).save_to_disk(tmp_path / "both")
    ((path, reader),) = find_sources([tmp_path / "both"], "auto")
    assert (path, reader.name) == (tmp_path / "both", "hf_tokens")
    assert READER.claims(tmp_path) == []
    assert READER.sniff(Head(tmp_path, b"")) == 0


@pytest.mark.parametrize("name", ["..", ".", "", "../saved", "missing", "link"])
def test_splits_are_in_the_folder_that_names_them(name: str, tmp_path: Path) -> None:
    dataset().save_to_disk(tmp_path / "saved")
    folder = tmp_path / "saved" / "in"
    (folder / "train").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "saved")
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["train", name]}))
    with pytest.raises(InputError, match="names the split"):
        find_sources([folder], "auto")


def test_damaged_tables(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    dataset().to_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="no readable Parquet"):
        read(path)
    folder = tmp_path / "saved"
    dataset().save_to_disk(folder)
    for arrow in folder.glob("*.arrow"):
        arrow.unlink()
    with pytest.raises(InputError, match="no Arrow file"):
        read(folder)


def test_missing_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    dataset().to_parquet(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "datasets", None)
    for place, package in ((path, "pyarrow"), (Path("hf://some/thing"), "datasets")):
        with pytest.raises(MissingExtraError, match=package) as caught:
            list(READER.read(place))
        assert "pii-sft[data]" in str(caught.value)


def test_data_set_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named like a data set is loaded by the same call, without the network."""
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for split in ("train", "test"):
        dataset().to_parquet(tmp_path / "mine" / f"{split}.parquet")
    place = Path("hf://mine")
    assert READER.sniff(Head(place, b"")) >= LIKELY
    documents, _, _ = read(place)
    assert found(documents) == FOUND * 2
    assert [each.meta["split"] for each in documents] == ["train"] * 3 + ["test"] * 3
    documents, _, _ = read(place, split="test")
    assert found(documents) == FOUND
    with pytest.raises(InputError, match="could not be loaded"):
        read(place, split="nowhere")


@pytest.mark.parametrize(
    "record",
    [
        {"tokens": ["a"], "ner_tags": [{}]},
        {"tokens": [{"text": "a"}], "ner_tags": ["O"]},
        {"tokens": ["a"], "labels": ["O"], "trailing_whitespace": [True]},
        {"tokens": ["a"]},
        {"ner_tags": ["O"]},
    ],
)
def test_sniff_leaves_other_formats(record: Any) -> None:
    assert READER.sniff(Head(Path("rows"), json.dumps(record).encode())) <= IF_NO_OTHER


@pytest.mark.parametrize("name", ["wnut17_test.parquet", "wnut17_test_save_to_disk"])
def test_published(name: str, shared_data: Path) -> None:
    """The same texts and spans as the column file that it was made from."""
    path = shared_data / "fixtures" / "hf_tokens_ner_tags" / name
    documents, problems, _ = read(path)
    assert not problems
    assert len(documents) == 1287
    columns = shared_data / "wnut17_en" / "emerging.test.annotated"
    blocks = columns.read_text("utf-8").replace("\t\n", "\n").strip().split("\n\n")
    rows = [[line.split("\t") for line in block.split("\n") if line] for block in blocks]
    rows = [row for row in rows if row]
    texts = [" ".join(token for token, _ in row) for row in rows]
    assert [each.text for each in documents] == texts
    labels = [[tag[2:] for _, tag in row if tag.startswith("B-")] for row in rows]
    assert [[span.label for span in each.spans] for each in documents] == labels
    assert sum(map(len, labels)) == 1079


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = "".join(json.dumps(named(row)) + "\n" for row in ROWS).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert found(read(STANDARD_STREAM)[0]) == FOUND
