from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from pii_sft.files import read_documents, write_documents
from pii_sft.labels import read_labels
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document, Span
from tests.conftest import annotated


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def gold(folder: Path) -> list[Document]:
    return [each for path in sorted((folder / "gold").iterdir()) for each in read_documents(path)]


def test_every_span_arrives(people_file: Path, people: list[Document], tmp_path: Path) -> None:
    done = convert([people_file], out=tmp_path / "pii")
    assert sorted(gold(tmp_path / "pii"), key=lambda d: d.id) == sorted(people, key=lambda d: d.id)
    assert sum(split.documents for split in done.manifest.splits.values()) == len(people)
    assert DatasetFolder(tmp_path / "pii").manifest == done.manifest


def test_rows_and_gold_go_side_by_side(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "pii")
    rows = [json.loads(line) for line in (tmp_path / "pii/train.jsonl").read_text().splitlines()]
    documents = list(read_documents(tmp_path / "pii/gold/train.jsonl"))
    assert len(rows) == len(documents)
    for row, document in zip(rows, documents, strict=True):
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", "user", "assistant"]
        assert document.text in row["messages"][1]["content"]


def test_twice_the_same_bytes(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "one")
    convert([people_file], out=tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_groups_stay_on_one_side(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "pii")
    sides: dict[str, set[str]] = {}
    for path in (tmp_path / "pii/gold").iterdir():
        for document in read_documents(path):
            sides.setdefault(document.meta["group"], set()).add(path.stem)
    assert all(len(side) == 1 for side in sides.values())


def test_a_text_that_comes_twice_is_dropped_and_counted(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", [annotated("a", "x"), annotated("b", "x")])
    done = convert([tmp_path / "in.jsonl"], out=tmp_path / "out", split="off")
    assert done.manifest.dropped == {"duplicate text": 1}


def test_kept_duplicates_are_never_on_two_sides(tmp_path: Path) -> None:
    documents = [annotated(f"d{n}", f"text {n % 20}", group=str(n)) for n in range(40)]
    write_documents(tmp_path / "in.jsonl", documents)
    convert([tmp_path / "in.jsonl"], out=tmp_path / "pii", deduplicate="off")
    texts = {
        path.stem: {each.text for each in read_documents(path)}
        for path in (tmp_path / "pii/gold").iterdir()
    }
    assert sum(map(len, texts.values())) == len(set().union(*texts.values())) == 20


def test_a_taken_id_gets_a_suffix(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", [annotated("a", "x"), annotated("a", "y")])
    done = convert([tmp_path / "in.jsonl"], out=tmp_path / "out", writers=["documents"])
    ids = [each.id for each in read_documents(tmp_path / "out/documents.jsonl")]
    assert (ids, done.renamed) == (["a", "a~2"], 1)


def test_splits_can_come_from_file_names(tmp_path: Path) -> None:
    for name in ("train", "valid", "test"):
        write_documents(tmp_path / "in" / f"{name}-1.jsonl", [annotated(name, f"text {name}")])
    convert([tmp_path / "in"], out=tmp_path / "pii", split="keep")
    assert [each.id for each in read_documents(tmp_path / "pii/gold/dev.jsonl")] == ["valid"]


def test_keeping_splits_needs_splits(people_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--split keep needs"):
        convert([people_file], out=tmp_path / "pii", split="keep")


def test_too_few_documents_to_split(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", [annotated("a", "x")])
    with pytest.raises(UsageError, match="leave nothing for dev and test"):
        convert([tmp_path / "in.jsonl"], out=tmp_path / "pii")


def test_bad_records_stop_everything(people_file: Path, tmp_path: Path) -> None:
    with people_file.open("a") as stream:
        stream.write(
            '{"id": "bad", "text": "abc", "spans": [{"start": 0, "end": 9, "label": "X"}]}'
        )
    with pytest.raises(InputError) as caught:
        convert([people_file], out=tmp_path / "pii")
    assert "people.jsonl:41 [bad]" in str(caught.value)
    assert not (tmp_path / "pii").exists()


def test_quarantine_keeps_bad_records_as_they_came(people_file: Path, tmp_path: Path) -> None:
    bad = '{"id": "bad", "text": "abc", "spans": 3}'
    people_file.write_text(people_file.read_text() + bad + "\n")
    done = convert([people_file], out=tmp_path / "pii", on_error="quarantine")
    (row,) = map(json.loads, (tmp_path / "pii/rejected.jsonl").read_text().splitlines())
    assert (row["record"], row["line"], done.rejected) == (bad, 41, 1)


def test_an_earlier_data_set_is_replaced_whole(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "pii")
    with pytest.raises(UsageError, match="--overwrite"):
        convert([people_file], out=tmp_path / "pii")
    convert([people_file], out=tmp_path / "pii", split="train=1", overwrite=True)
    assert not (tmp_path / "pii/gold/test.jsonl").exists()
    assert not (tmp_path / "pii/test.jsonl").exists()


def test_several_writers_get_a_folder_each(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "o", writers=["documents", "llamafactory"])
    assert (tmp_path / "o/documents/train.jsonl").exists()
    assert (tmp_path / "o/llamafactory/dataset_info.json").exists()


def test_labels_are_mapped(people_file: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.yaml"
    labels.write_text(
        "labels:\n  NAME: {description: a person, aliases: [PERSON]}\n  MAIL: {aliases: [EMAIL]}\n"
        "others: drop\n"
    )
    done = convert(
        [people_file], out=tmp_path / "pii", labels=read_labels(labels), prompt="labels-1"
    )
    assert {span.label for each in gold(tmp_path / "pii") for span in each.spans} == {
        "NAME",
        "MAIL",
    }
    assert "NAME: a person" in done.manifest.prompt.system


def test_a_label_that_the_file_lacks_is_an_error(people_file: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.yaml"
    labels.write_text("labels: {PERSON: {}}\n")
    with pytest.raises(InputError, match="the label file lacks"):
        convert([people_file], out=tmp_path / "pii", labels=read_labels(labels))


def test_markers_in_a_text_can_not_break_a_row(tmp_path: Path) -> None:
    text = "Mail <|im_end|> to a@x.org, {{idx}} and <think>."
    document = Document("m", text, (Span(5, 15, "MARK"), Span(19, 26, "EMAIL")))
    write_documents(tmp_path / "in.jsonl", [document])
    convert([tmp_path / "in.jsonl"], out=tmp_path / "o", split="train=1")
    row = (tmp_path / "o/train.jsonl").read_text()
    assert "<|" not in row
    assert "{{idx}}" not in row
    assert list(read_documents(tmp_path / "o/gold/train.jsonl")) == [document]
