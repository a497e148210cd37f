"""DeepKE records, and the instructions of InstructKGC and IEPile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.deepke import READER
from pii_sft.spans import Document


def instruction(text: str, schema: Any, output: Any, **more: Any) -> dict[str, Any]:
    asked = {"instruction": "抽取实体。", "schema": schema, "input": text}
    row = {"task": "NER", "source": "invented", "instruction": json.dumps(asked)}
    return {**row, "output": json.dumps(output), **more}


def record(text: str, *entities: tuple[str, str], **more: Any) -> dict[str, Any]:
    listed = [{"entity": entity, "entity_type": kind} for entity, kind in entities]
    return {"text": text, "entity": listed, **more}


def read(folder: Path, *rows: Any, **options: str) -> list[Any]:
    path = folder / "rows.json"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return list(configured(READER, options).read(path))


def found(document: Any) -> list[tuple[str, int, str]]:
    assert isinstance(document, Document)
    return [(document.surface(span), span.start, span.label) for span in document.spans]


def test_records(tmp_path: Path) -> None:
    one, two, three, _ = read(
        tmp_path,
        record("😀 Ann met Ann", ("Ann", "PER"), id="x"),
        record("Nobody"),
        record("Bob", ("Bob", "PER")),
    )
    assert (one.id, found(one)) == ("x", [("Ann", 2, "PER"), ("Ann", 10, "PER")])
    assert found(two) == []
    assert found(three) == [("Bob", 0, "PER")]
    first = read(tmp_path, record("Ann met Ann", ("Ann", "PER")), occurrences="first")[0]
    assert found(first) == [("Ann", 0, "PER")]


def test_a_record_that_comes_twice_is_not_merged(tmp_path: Path) -> None:
    one, two, _ = read(tmp_path, record("Ann Lee", ("Ann", "A")), record("Ann Lee", ("Lee", "B")))
    assert (found(one), found(two)) == ([("Ann", 0, "A")], [("Lee", 4, "B")])
    assert one.id != two.id


def test_a_schema_in_parts_is_one_document(tmp_path: Path) -> None:
    other, one, _ = read(
        tmp_path,
        instruction("😀 Ann in Rome", ["人", "组织"], {"人": ["Ann"], "组织": []}),
        instruction("Nobody", ["人"], {"人": []}),
        instruction("😀 Ann in Rome", {"地": "a place"}, {"地": ["Rome"]}),
    )
    assert found(one) == [("Ann", 2, "人"), ("Rome", 9, "地")]
    assert one.meta == {"source": "invented", "negative_labels": ["组织"]}
    assert other.meta["negative_labels"] == ["人"]


def test_decoded_instructions(tmp_path: Path) -> None:
    row = instruction("Ann", ["人"], {})
    row["instruction"], row["output"] = json.loads(row["instruction"]), {"人": ["Ann"]}
    assert found(read(tmp_path, row)[0]) == [("Ann", 0, "人")]


def test_other_tasks_are_left_out(tmp_path: Path) -> None:
    relation = instruction(
        "Ann in Rome", ["lives in"], {"lives in": [{"subject": "Ann"}]}, task="RE"
    )
    document, *notes = read(
        tmp_path,
        relation,
        instruction("Ann in Rome", ["人"], {"人": ["Ann"]}),
        {**relation, "task": "EE"},
    )
    assert found(document) == [("Ann", 0, "人")]
    assert notes[-1] == Note("2 records are of other tasks than NER and were left out")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (record("Annie", ("Bobby", "PER")), "not in text"),
        (record("", ("Annie", "PER")), "no text"),
        ({"text": "Annie"}, "not annotated"),
        ({"text": "Annie", "entity": None}, "not annotated"),
        ({"text": "Annie", "entity": [{"entity_type": "PER"}]}, "wrong shape"),
        (instruction("Annie", ["人"], {"人": ["Bobby"]}), "not in text"),
        (instruction("Annie", ["人"], ["Annie"]), "wrong shape"),
        (instruction("Annie", ["人"], "Annie"), "wrong shape"),
        (instruction("", ["人"], {}), "no text"),
        ({**instruction("Annie", ["人"], {}), "output": "Annie"}, "wrong shape"),
        ({**instruction("Annie", ["人"], {}), "output": None}, "not annotated"),
        ({**instruction("Annie", ["人"], {}), "instruction": "find Annie"}, "wrong shape"),
        ({**instruction("Annie", ["人"], {}), "instruction": "[]"}, "wrong shape"),
        ([], "wrong shape"),
    ],
)
def test_refused(row: Any, kind: str, tmp_path: Path) -> None:
    made = read(tmp_path, record("Cy", ("Cy", "PER")), row)
    (problem,) = (each for each in made if isinstance(each, Rejected))
    assert (problem.problem.kind, problem.problem.line) == (kind, 2)
    assert "Annie" not in problem.problem.reason
    assert "Bobby" not in problem.problem.reason


@pytest.mark.parametrize(
    ("rows", "certainty"),
    [
        ([record("Ann", ("Ann", "PER"))], CERTAIN),
        ([record("x"), record("Ann", ("Ann", "PER"))], CERTAIN),
        ([record("x")], POSSIBLE),
        ([{"text": "x", "entity": [{"entity": "x"}]}], 0),
        ([{"text": "x", "entity": ["x"]}], 0),
        ([instruction("Ann", ["人"], {})], CERTAIN),
        ([{"instruction": "find", "input": "Ann", "output": "{}"}], 0),
        ([{"instruction": "{}", "output": "{}"}], 0),
        ([{"text": "x"}], 0),
        ([], 0),
    ],
)
def test_sniff(rows: list[Any], certainty: float) -> None:
    content = "".join(json.dumps(row) + "\n" for row in rows)
    assert READER.sniff(Head(Path("rows"), content.encode())) == certainty


def test_published(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "deepke_instructkgc" / "NER_sample.json"
    documents = [each for each in READER.read(path) if not isinstance(each, Note)]
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(documents) == len(rows) == 6
    for document, row in zip(documents, rows, strict=True):
        assert document.text == row["text"]
        expected = sorted(
            (row["text"].index(each["entity"]), each["entity_type"]) for each in row["entity"]
        )
        assert [(span.start, span.label) for span in document.spans] == expected
        assert {document.surface(span) for span in document.spans} == {
            each["entity"] for each in row["entity"]
        }
    assert READER.sniff(Head(path, path.read_bytes())) > 0.9
    schema = shared_data / "fixtures" / "deepke_instructkgc" / "NER_schema.json"
    assert READER.sniff(Head(schema, schema.read_bytes())) == 0
    assert all(isinstance(each, Rejected) for each in READER.read(schema))
