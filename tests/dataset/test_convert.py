from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from pii_sft.files import read_documents, write_documents
from pii_sft.labels import read_labels
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document, Span, checked, nesting
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
    assert done.manifest.nesting == max(nesting(each.spans) for each in people)


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


def test_templates_that_documents_do_not_name_stay_on_one_side(tmp_path: Path) -> None:
    names = [f"Mr {chr(65 + n % 26)}{'o' * (1 + n // 26)}" for n in range(80)]
    documents = [
        annotated(f"d{n}", f"Tell {name}, desk {n % 8}.", (name, "PERSON"))
        for n, name in enumerate(names)
    ]
    write_documents(tmp_path / "in.jsonl", documents)
    convert([tmp_path / "in.jsonl"], out=tmp_path / "pii", split_by="template")
    sides: dict[str | None, set[str]] = {}
    for path in (tmp_path / "pii/gold").iterdir():
        for document in read_documents(path):
            sides.setdefault(document.template, set()).add(path.stem)
    assert len(sides) == 8
    assert all(len(side) == 1 for side in sides.values())
    assert set().union(*sides.values()) == {"train", "dev", "test"}


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


def test_white_space_at_span_edges(tmp_path: Path) -> None:
    spans = [Span(0, 4, "P"), Span(3, 4, "P")]
    write_documents(tmp_path / "in.jsonl", [checked("a", "Ann Lee", spans)])
    for edges, end in (("trim", 3), ("keep", 4)):
        out = tmp_path / edges
        done = convert([tmp_path / "in.jsonl"], out=out, writers=["documents"], edges=edges)
        (document,) = read_documents(out / "documents.jsonl")
        assert document.spans == (Span(0, end, "P"),)
        assert "1 spans of white space alone were left out" in done.manifest.inputs[0].notes


def test_every_side_gets_something_if_there_are_as_many_documents(tmp_path: Path) -> None:
    for number in (3, 4, 9, 10):
        source = tmp_path / f"{number}.jsonl"
        write_documents(source, [annotated(f"d{each}", f"x{each}") for each in range(number)])
        done = convert([source], out=tmp_path / str(number))
        counts = [split.documents for split in done.manifest.splits.values()]
        assert len(counts) == 3
        assert min(counts) == 1
        assert sum(counts) == number
        assert max(counts) == counts[0]


def test_one_entity_a_row_is_refused(tmp_path: Path) -> None:
    text = "Ann Lee met Bob Roe"
    rows = [annotated("a", text, ("Ann Lee", "P")), annotated("b", text, ("Bob Roe", "P"))]
    source = tmp_path / "in.jsonl"
    write_documents(source, rows)
    with pytest.raises(UsageError, match="one entity"):
        convert([source], out=tmp_path / "pii", split="train=1")
    convert([source], out=tmp_path / "off", split="train=1", deduplicate="off")
    others = [annotated(f"o{number}", f"Cy{number}", (f"Cy{number}", "P")) for number in range(9)]
    write_documents(source, [*rows, *others], overwrite=True)
    done = convert([source], out=tmp_path / "many")
    assert done.manifest.dropped == {"duplicate text with another annotation": 1}


def test_nothing_left_after_quarantine(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    row = '{"id": "d", "text": "Ann", "spans": [{"start": 0, "end": %d, "label": "P"}]}\n'
    source.write_text("".join(row % (number + 10) for number in range(50)))
    with pytest.raises(InputError) as caught:
        convert([source], out=tmp_path / "pii", on_error="quarantine")
    shown = str(caught.value)
    assert "does not fit" in shown
    assert "and 47 more like these" in shown
    assert "All 50 records were set aside" in shown
    assert len((tmp_path / "pii/rejected.jsonl").read_text().splitlines()) == 50
    assert not (tmp_path / "pii/manifest.json").exists()


def test_nothing_left_does_not_touch_an_earlier_data_set(people_file: Path, tmp_path: Path) -> None:
    convert([people_file], out=tmp_path / "pii")
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "pii").rglob("*"))
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "d", "text": "Ann"}\n')
    with pytest.raises(InputError):
        convert(
            [source],
            source="documents",
            out=tmp_path / "pii",
            on_error="quarantine",
            overwrite=True,
        )
    after = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "pii").rglob("*"))
    files = [each for each in after if each[0].is_file()]
    assert files == [each for each in before if each[0].is_file()]


def test_files_of_folders_that_are_not_read_are_in_the_manifest(
    people_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    people_file.rename(folder / "a.jsonl")
    (folder / "notes.xyz").write_text("x")
    (folder / "LICENSE").write_text("x")
    with pytest.raises(UsageError, match=r"notes\.xyz"):
        convert([folder], out=tmp_path / "pii")
    done = convert([folder], out=tmp_path / "pii", unrecognised="skip")
    names = [Path(path).name for path in done.manifest.passed_over]
    assert sorted(names) == ["LICENSE", "notes.xyz"]


def test_what_tags_can_not_hold_is_refused_only_where_answers_are_written(tmp_path: Path) -> None:
    crossing = [Span(0, 7, "P"), Span(4, 11, "P")]
    write_documents(tmp_path / "in.jsonl", [checked("a", "Ann Lee Roe", crossing)])
    with pytest.raises(InputError, match="--target json"):
        convert([tmp_path / "in.jsonl"], out=tmp_path / "rows", split="train=1")
    done = convert([tmp_path / "in.jsonl"], out=tmp_path / "annotation", writers=["documents"])
    (document,) = read_documents(tmp_path / "annotation/documents.jsonl")
    assert list(document.spans) == crossing
    assert done.manifest.target == "json"
