"""Plain annotation in every spelling, notes of robust-deid, and test cases of detectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader import CERTAIN, IF_NO_OTHER, LIKELY, POSSIBLE
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.char_spans import READER
from pii_sft.errors import InputError
from tests.converters.reading import of_json, outcome

TEXT = "Mira 😀 Quell of Oslo, Quell of Rome"
QUELL = {"start": 7, "end": 12, "text": "Quell", "label": "P"}


def record(entities: Any, text_key: str = "text", entity_key: str = "entities") -> dict[str, Any]:
    return {text_key: TEXT, entity_key: entities}


@pytest.mark.parametrize(
    "given",
    [
        record([QUELL]),
        record([QUELL], "content", "annotations"),
        record([QUELL], "sentence", "spans"),
        record([QUELL], "input", "NER"),
        record([{"start": "7", "end": "12", "type": "P"}]),
        record([{"start_offset": 7, "end_offset": 12, "entity_type": "P", "id": 4}]),
        record([{"startOffset": 7.0, "endOffset": 12, "displayName": "P"}]),
        record([{"offset": 7, "length": 5, "category": "P", "subcategory": None}]),
        record([{"position": {"begin": 7, "end": 12}, "class": "P"}]),
        record([[7, 12, "P"]]),
        record([["P", 7, 12]]),
        record({"P": [[7, 12]]}),
        record({"P": {"start": 7, "end": 12}}),
        record(json.dumps([QUELL])),
        record(repr([QUELL])),
        record("[" + repr(QUELL) + "\n " + repr(QUELL) + "]"),
    ],
)
def test_spellings(given: dict[str, Any], tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, given)
    assert made.problems == []
    assert (made.surfaces, made.labels) == ([["Quell"]], [["P"]])
    assert made.documents[0].spans[0].start == 7
    assert READER.sniff(read_head(tmp_path / "rows.json")) >= POSSIBLE


@pytest.mark.parametrize(
    ("entities", "occurrences", "starts"),
    [
        ([{"entity": "Quell", "label": "P"}], "all", [7, 22]),
        ([{"entity": "Quell", "label": "P"}], "first", [7]),
        ({"P": ["Quell", "Mira"]}, "all", [0, 7, 22]),
        ([QUELL, {"text": "Mira", "label": "P"}], "all", [0, 7]),
    ],
)
def test_strings_are_looked_up(
    entities: Any, occurrences: str, starts: list[int], tmp_path: Path
) -> None:
    reader = configured(READER, {"occurrences": occurrences})
    made = of_json(reader, tmp_path, record(entities))
    assert [span.start for span in made.documents[0].spans] == starts
    assert "without offsets were looked up" in made.notes[-1]


def test_offsets_and_strings_in_one_file(tmp_path: Path) -> None:
    utf16 = {**QUELL, "start": 8, "end": 13}
    made = of_json(READER, tmp_path, record([utf16]), record({"P": ["Oslo"]}), record([]))
    assert made.surfaces == [["Quell"], ["Oslo"], []]
    assert made.notes == [
        "offsets count UTF-16 units, ends excluded (verified on 1 span)",
        "1 strings without offsets were looked up and found",
    ]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"entities": [QUELL]}, "no text"),
        ({"text": "", "entities": []}, "no text"),
        ({"text": 5, "entities": []}, "no text"),
        ({"text": TEXT}, "not annotated"),
        (record(None), "not annotated"),
        (record(5), "not annotated"),
        (record("null"), "not annotated"),
        (record("Quell"), "wrong shape"),
        (record(["Quell"]), "wrong shape"),
        (record([{"text": "Quell"}]), "no label"),
        (record([{"text": "Zora", "label": "P"}]), "not in text"),
        (record([{**QUELL, "text": "Zora"}]), "offsets"),
        (record([{**QUELL, "end": 99}]), "offsets"),
        (record([{**QUELL, "start": -7}]), "offsets"),
        (record([{**QUELL, "start": None}]), "offsets"),
    ],
)
def test_refused(given: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, {"id": "d", **given})
    assert made.kinds == [kind]
    assert made.problems[0].id == "d"
    assert not any(word in made.problems[0].reason for word in ("Quell", "Zora", "Mira"))


def test_names_and_metadata(tmp_path: Path) -> None:
    given = {**record([]), "doc_id": 7, "lang": "en", "split": "dev", "meta": {"n": 1}, "score": 2}
    made = of_json(READER, tmp_path, given)
    assert made.ids == ["7"]
    assert made.documents[0].meta == {"n": 1, "split": "dev", "language": "en"}


NOTE = {"text": TEXT, "meta": {"note_id": "n1", "patient_id": 4}, "spans": []}
MARKED = {**NOTE, "spans": [{"start": "7", "end": "12", "label": "PATIENT"}]}


def test_notes_of_robust_deid(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, NOTE, MARKED)
    assert (made.ids, made.surfaces) == (["n1", "n1"], [[], ["Quell"]])
    assert made.documents[0].meta == {"group": "4", "note_id": "n1", "patient_id": 4}
    assert READER.sniff(read_head(tmp_path / "rows.json")) >= CERTAIN


def test_notes_without_any_span_are_not_gold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unmarked=keep"):
        of_json(READER, tmp_path, NOTE, NOTE)
    kept = of_json(configured(READER, {"unmarked": "keep"}), tmp_path, NOTE, NOTE)
    assert kept.surfaces == [[], []]
    assert kept.notes == ["no spans in 2 documents"]


def test_what_we_write_of_such_a_note_is_a_document_again(tmp_path: Path) -> None:
    of_json(READER, tmp_path, {"id": "n1", **MARKED})
    assert READER.sniff(read_head(tmp_path / "rows.json")) < CERTAIN


CASE = {"id": "c", "input": "客户张三的手机号", "type": "person", "should_match": True}


def test_cases_are_partial_gold(tmp_path: Path) -> None:
    case = {**CASE, "expected_text": "张三"}
    refused = of_json(READER, tmp_path, case)
    assert (refused.kinds, refused.documents) == (["partial gold"], [])
    assert READER.sniff(read_head(tmp_path / "rows.json")) >= CERTAIN
    reader = configured(READER, {"partial": "keep"})
    made = of_json(reader, tmp_path, case, {**CASE, "should_match": False})
    assert (made.surfaces, made.labels) == ([["张三"], []], [["person"], []])


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (CASE, "wrong shape"),
        ({**CASE, "expected_text": ""}, "wrong shape"),
        ({**CASE, "expected_text": "李四"}, "not in text"),
        ({**CASE, "should_match": None}, "wrong shape"),
        ({"id": "c", "input": "客户张三", "pii_values": ["张三"]}, "no label"),
        ({"id": "c", "input": "客户张三", "pii_values": None}, "no label"),
        ({"id": "c", "input": "", "pii_values": []}, "no text"),
    ],
)
def test_cases_refused(case: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(configured(READER, {"partial": "keep"}), tmp_path, case)
    assert made.kinds == [kind]
    assert not any(name in made.problems[0].reason for name in ("张三", "李四"))


@pytest.mark.parametrize(
    ("records", "least", "most"),
    [
        ([record([QUELL])], LIKELY, LIKELY),
        ([record([]), record([QUELL])], LIKELY, LIKELY),
        ([record([])], POSSIBLE, POSSIBLE),
        ([record([], entity_key="spans")], 0, 0),
        ([record([], entity_key="label")], 0, 0),
        ([record([[7, 12, "P"]])], POSSIBLE, POSSIBLE),
        ([record([{"text": "Quell", "label": "P"}])], POSSIBLE, POSSIBLE),
        ([{**record([QUELL]), "tokens": []}], IF_NO_OTHER, IF_NO_OTHER),
        ([{**record([QUELL]), "_input_hash": 1}], IF_NO_OTHER, IF_NO_OTHER),
        ([record("positive", entity_key="label")], 0, 0),
        ([record(["a", "b"], entity_key="labels")], 0, 0),
        ([record([{"=": "Quell"}]), record([QUELL]), record([QUELL])], LIKELY, LIKELY),
        ([record([{"=": "Quell"}]), record([7]), record([QUELL])], IF_NO_OTHER, IF_NO_OTHER),
        ([{"entities": []}], 0, 0),
        ([{"text": TEXT}], 0, 0),
    ],
)
def test_sniff(records: list[Any], least: float, most: float, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(records))
    assert least <= READER.sniff(read_head(path)) <= most


def test_published_chinese(shared_data: Path) -> None:
    path = shared_data / "pii_bench_zh/pii_bench_zh.jsonl"
    made = outcome(READER, path)
    assert made.problems == []
    assert (len(made.documents), sum(len(each.spans) for each in made.documents)) == (5000, 15662)
    assert len({label for labels in made.labels for label in labels}) == 8
    assert made.notes[0].startswith(
        "offsets count code points, ends excluded (verified on 15662 spans"
    )
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for document, row in zip(made.documents, rows, strict=True):
        wanted = {(each["start"], each["text"], each["type"]) for each in row["entities"]}
        found = {(each.start, document.surface(each), each.label) for each in document.spans}
        assert (document.id, document.text, found) == (row["id"], row["text"], wanted)
        assert document.meta == {"language": "zh"}


def test_published_notes(shared_data: Path) -> None:
    path = shared_data / "fixtures/robust_deid_jsonl/robust_deid_notes.jsonl"
    assert READER.sniff(read_head(path)) >= CERTAIN
    with pytest.raises(InputError):
        list(READER.read(path))
    made = outcome(configured(READER, {"unmarked": "keep"}), path)
    assert made.ids == ["note_1", "note_2", "note_3", "note_4"]
    assert made.surfaces == [[]] * 4


def test_published_strings(shared_data: Path) -> None:
    """Nannigalaxy: 43 of 354 strings are not in their text, one item has the key `=`."""
    path = shared_data / "fixtures/text_only_entities/pii_syn_nano_en.json"
    made = outcome(READER, path)
    assert (len(made.documents), len(made.problems)) == (121, 28)
    assert made.kinds.count("wrong shape") == 1
    assert set(made.kinds) == {"wrong shape", "not in text"}
    rows = json.loads(path.read_text("utf-8"))
    whole = [
        row for row in rows if all(each.get("entity", "\0") in row["text"] for each in row["NER"])
    ]
    assert [each.text for each in made.documents] == [row["text"] for row in whole]
    for document, row in zip(made.documents, whole, strict=True):
        wanted = {(each["entity"], each["label"]) for each in row["NER"]}
        assert {(document.surface(each), each.label) for each in document.spans} == wanted
    assert READER.sniff(read_head(path)) > 0.5


@pytest.mark.parametrize(
    ("name", "kinds", "documents"),
    [("mixed_lang.json", ["no label"] * 9, 1), ("zh_person.json", ["partial gold"] * 24, 0)],
)
def test_published_cases(name: str, kinds: list[str], documents: int, shared_data: Path) -> None:
    path = shared_data / "fixtures/argus_redact_value_lists_zh" / name
    made = outcome(READER, path)
    assert (made.kinds, len(made.documents)) == (kinds, documents)
    assert READER.sniff(read_head(path)) >= CERTAIN


def test_published_cases_taken_as_a_whole(shared_data: Path) -> None:
    path = shared_data / "fixtures/argus_redact_value_lists_zh/zh_person.json"
    made = outcome(configured(READER, {"partial": "keep"}), path)
    assert made.problems == []
    cases = json.loads(path.read_text("utf-8"))
    assert [set(each) for each in made.surfaces] == [
        {case["expected_text"]} if case["should_match"] else set() for case in cases
    ]
