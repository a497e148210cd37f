"""The starting format, in every variant that public files use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters import Head, Rejected
from pii_sft.converters.reader import IF_NO_OTHER
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.gliner import READER
from pii_sft.spans import Document
from tests.converters.entities.gliner_records import TEXT, marked, read, refused
from tests.converters.reading import of_json, outcome

PEOPLE = [("Ann Lee", "person"), ("Bob", "person"), ("Ann Lee", "person")]


ENTITIES = {"person": ["Ann Lee", "Bob"]}
SAME = [
    {"input": TEXT, "output": {"entities": ENTITIES}},
    {"text": TEXT, "output": {"entities": ENTITIES}},
    {"input": {"text": TEXT}, "output": {"entities": ENTITIES}},
    {"input": {"text": TEXT, "schema": {"entities": ["person"]}}, "output": {"entities": ENTITIES}},
    {"input": {"text": TEXT, "schema": {"entities": ENTITIES}}},
    {"input": TEXT, "schema": {"entities": ENTITIES}},
    {"text": TEXT, "schema": {"entities": ENTITIES}, "output": None},
    {"input": "", "text": TEXT, "output": {"entities": ENTITIES}},
    {"instruction": "Find.", "input": TEXT, "output": json.dumps({"entities": ENTITIES})},
    {"input": TEXT, "output": json.dumps(ENTITIES)},
    {"input": TEXT, "output": {"entities": json.dumps(ENTITIES)}},
    {"input": TEXT, "output": ENTITIES},
    {"input": TEXT, "output": {**ENTITIES, "classifications": [{"task": "x"}], "relations": []}},
    {"input": TEXT, "output": {"entities": {**ENTITIES, "city": None}, "classifications": []}},
    {"input": TEXT, "output": {"entities": {"person": ["Ann Lee", None, "Bob"]}}},
    {"input": TEXT, "output": {"entities": {"person": [{"text": "Ann Lee"}, {"value": "Bob"}]}}},
    {"input": TEXT, "output": [{"label": "person", "text": t} for t in ("Ann Lee", "Bob")]},
    {"input": TEXT, "output": [["person", "Ann Lee"], ["person", "Bob"]]},
    {"input": TEXT, "output": [["Ann Lee", "person"], ["Bob", "person"], None]},
    {"input": TEXT, "output": [[0, 7, "person"], ["12", "15", "person"], [25.0, 32, "person"]]},
    {"input": TEXT, "output": [["person", 0, 7], ["person", 12, 15], ["person", 25, 32]]},
    {"input": TEXT, "output": {"entities": {"person": [[0, 7], ["12", 15], [25, 32]]}}},
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_every_shape(number: int, tmp_path: Path) -> None:
    assert marked(read(SAME[number], tmp_path)) == PEOPLE


OBJECTS = [
    *(
        {surface: "Bob", label: "P"}
        for surface in ("text", "value", "entity", "name", "span", "word", "mention")
        for label in ("label", "type", "entity_type", "category", "tag", "class", "entity_group")
    ),
    {"text": "Bob", "label": "P", "start": 12, "end": 15},
    {"text": "Bob", "label": "P", "start": "12", "end": "15"},
    {"text": "Bob", "label": "P", "start": None, "end": None},
    {"label": "P", "start_offset": 12, "end_offset": 15},
    {"label": "P", "begin": 12, "end": 15},
    {"label": "P", "offset": 12, "length": 3, "text": "Bob"},
    {"label": "P", "text": "Bob", "position": {"start": 12, "end": 15}},
    {"label": "P", "span": [12, 15], "value": "Bob"},
    {"label": "P", "indices": [12, 15]},
    {"entity": "P", "text": "Bob", "confidence": 0.9},
    {"entity": "P", "word": "Bob", "start": 12, "end": 15},
    {"entity": "Bob", "value": "P"},
    {"entity": "P", "start": 12, "end": 15},
    {"entity_group": "P", "word": "bob", "score": 0.5},
    {"displayName": "P", "startOffset": 12, "endOffset": 15},
    {"Type": "P", "BeginOffset": 12, "EndOffset": 15, "Score": 0.5},
    {"entity_type": "P", "start_position": 12, "end_position": 15, "entity_value": "Bob"},
    {"labels": ["P"], "text": "Bob", "start": 12, "end": 15},
    {"entity": "Bob", "types": ["P"]},
    {"entity": "Bob", "types": "P"},
    {"label": "P", "span": {"begin": 12, "end": 15}},
    {"label": "P", "offset": [12, 15]},
    {"label": "P", "location": {"start": 12, "stop": 15}, "Span-Text": "Bob"},
]


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_every_spelling_of_an_object(number: int, tmp_path: Path) -> None:
    made = read({"input": TEXT, "output": {"entities": [OBJECTS[number]]}}, tmp_path)
    assert marked(made) == [("Bob", "P")]


def test_one_string_or_object_instead_of_a_list(tmp_path: Path) -> None:
    entities = {"person": "Bob", "city": {"text": "Rome", "start": 38, "end": 42}}
    made = read({"input": TEXT, "output": {"entities": entities}}, tmp_path)
    assert marked(made) == [("Bob", "person"), ("Rome", "city")]
    assert isinstance(made, Document)
    assert made.spans[1].start == 38


@pytest.mark.parametrize(
    "output",
    [
        {},
        [],
        "{}",
        "[]",
        {"entities": {}},
        {"entities": []},
        {"entities": None},
        {"entities": "null"},
        {"entities": {"person": None}},
        {"classifications": [{"task": "mood", "labels": ["a", "b"], "true_label": ["a"]}]},
        {"entity_descriptions": {"person": "Names"}, "relations": []},
    ],
)
def test_reviewed_and_empty(output: Any, tmp_path: Path) -> None:
    made = read({"input": TEXT, "output": output}, tmp_path)
    assert marked(made) == []
    assert isinstance(made, Document)
    assert made.meta == {}


@pytest.mark.parametrize(
    "record",
    [{"input": TEXT}, {"text": TEXT, "output": None}, {"text": TEXT, "output": "null"}],
)
def test_not_annotated_is_not_empty(record: Any, tmp_path: Path) -> None:
    assert refused(read(record, tmp_path))[0] == "not annotated"


def test_labels_asked_for_in_vain_are_kept(tmp_path: Path) -> None:
    entities = {"city": ["Rome"], "phone": [], "e-mail": None, "date": []}
    made = read({"input": TEXT, "output": {"entities": entities}}, tmp_path)
    assert isinstance(made, Document)
    assert made.meta == {"negative_labels": ["phone", "date"]}


def test_an_entity_of_several_types_is_marked_with_each(tmp_path: Path) -> None:
    entity = {"text": "Bob", "labels": ["A", "B"], "start": 12, "end": 15}
    made = read({"input": TEXT, "output": [entity]}, tmp_path)
    assert marked(made) == [("Bob", "A"), ("Bob", "B")]


def test_offsets_of_a_whole_file_are_settled(tmp_path: Path) -> None:
    after_emoji = {"label": "P", "text": "Lee Chang", "start": 51, "end": 60}
    made = of_json(READER, tmp_path, {"input": TEXT, "output": [after_emoji]})
    assert made.surfaces == [["Lee Chang"]]
    assert made.notes == ["offsets count UTF-16 units, ends excluded (verified on 1 span)"]


def test_a_file_without_any_entity_says_so(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, *[{"input": TEXT, "output": {}}] * 3)
    assert made.notes == ["no spans in 3 documents"]


def test_options_from_the_command_line(tmp_path: Path) -> None:
    reader = configured(READER, {"occurrences": "first"})
    made = of_json(reader, tmp_path, {"input": TEXT, "output": {"entities": {"P": ["Rome"]}}})
    assert made.surfaces == [["Rome"]]


PAIR_TEXT = "The person called Ann reached a city."


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([["name", "Ann"]], [("Ann", "name")]),
        ([["Ann", "name"]], [("Ann", "name")]),
        ([["ANN", "name"]], [("Ann", "name")]),
        ([["person", "Ann"]], [("Ann", "person")]),
        ([["Ann", "name"], ["Ann", "person"]], [("Ann", "name"), ("Ann", "person")]),
        ([["Ann", "PERSON"]], [("Ann", "PERSON")]),
        ([["city", "called"], ["x", "Ann"]], [("called", "city"), ("Ann", "x")]),
    ],
)
def test_which_of_a_pair_is_the_label(
    pairs: list[list[str]], wanted: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert marked(read({"input": PAIR_TEXT, "output": pairs}, tmp_path)) == wanted


def test_a_key_that_names_the_label_is_believed(tmp_path: Path) -> None:
    """Even though `city` is in the text and the string is not."""
    made = read({"input": PAIR_TEXT, "output": [{"entity": "Ana", "label": "city"}]}, tmp_path)
    assert refused(made)[0] == "not in text"


@pytest.mark.parametrize(
    "item",
    [
        {"label": "PER", "text": "Bob", "start": 11, "end": 14},
        {"label": "PER", "text": "bob", "start": 12, "end": 15},
        {"label": "PER", "text": "Bob", "start": 12, "end": 999},
        {"label": "PER", "start": 12, "end": 12},
        {"label": "PER", "start": 15, "end": 12},
        {"label": "PER", "start": -3, "end": -1},
        {"label": "PER", "text": "Bob", "offset": 12, "length": 4},
        [12, 999, "PER"],
    ],
)
def test_offsets_that_do_not_match_are_not_repaired(item: Any, tmp_path: Path) -> None:
    kind, reason = refused(read({"input": TEXT, "output": [item]}, tmp_path))
    assert kind == "offsets"
    assert "PER" in reason
    assert any(character.isdigit() for character in reason)
    assert "ob" not in reason.lower()


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"label": "PER", "start": 12}, "offsets"),
        ({"label": "PER", "text": "Bob", "start": 11}, "offsets"),
        ({"label": "PER", "text": "Bob", "end": 15}, "offsets"),
        ({"label": "PER", "start": "x", "end": 15}, "offsets"),
        ({"label": "PER", "start": True, "end": 15}, "offsets"),
        ({"label": "PER", "start": 12.5, "end": 15}, "offsets"),
        ({"label": "PER", "start": "9" * 5000, "end": 15}, "offsets"),
        ({"text": "Bob"}, "no label"),
        ({"entity": "Bob"}, "no label"),
        ({"entity": "PER"}, "wrong shape"),
        ({}, "no label"),
        ({"label": 3, "text": "Bob"}, "wrong shape"),
        ({"label": "PER"}, "wrong shape"),
        ({"label": "PER", "text": 7}, "wrong shape"),
        ({"label": "PER", "text": ""}, "wrong shape"),
        ({"label": "", "text": "Bob"}, "wrong shape"),
        ("Bob", "wrong shape"),
        (7, "wrong shape"),
        ([], "wrong shape"),
        (["Bob"], "wrong shape"),
        (["PER", ""], "wrong shape"),
        (["PER", 3], "wrong shape"),
        ([12, 15, None], "wrong shape"),
        ([12, 15, "PER", 7], "wrong shape"),
        ([12, 15, "Bob"], "no label"),
    ],
)
def test_broken_items(item: Any, kind: str, tmp_path: Path) -> None:
    assert refused(read({"input": TEXT, "output": [item]}, tmp_path))[0] == kind


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"output": {"entities": {}}}, "no text"),
        ({"input": 5, "output": {}}, "no text"),
        ({"input": "", "output": {}}, "no text"),
        ({"input": ["a"], "output": {}}, "no text"),
        ({"input": {"schema": {}}, "output": {}}, "no text"),
        ({"input": TEXT, "output": 5}, "wrong shape"),
        ({"input": TEXT, "output": ""}, "wrong shape"),
        ({"input": TEXT, "output": "person: Bob"}, "wrong shape"),
        ({"input": TEXT, "output": "[" * 5000}, "wrong shape"),
        ({"input": TEXT, "output": "7"}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": 5}}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": "Bob"}}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": {"person": [5]}}}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": {"person": [["Bob"]]}}}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": {"person": [""]}}}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": {"person": [{}]}}}, "wrong shape"),
        ({"input": TEXT, "output": {"ner": [{"text": "Bob", "label": "PER"}]}}, "wrong shape"),
        ({"input": TEXT, "output": {}, "group": ["a"]}, "wrong shape"),
        ({"input": TEXT, "output": {"entities": {"": ["Bob"]}}}, "no label"),
    ],
)
def test_broken_records(record: Any, kind: str, tmp_path: Path) -> None:
    assert refused(read(record, tmp_path))[0] == kind


@pytest.mark.parametrize(
    ("fields", "id"),
    [
        ({}, "rows-1"),
        ({"id": "a"}, "a"),
        ({"uid": 0}, "0"),
        ({"doc_id": "x", "id": None}, "x"),
        ({"id": ""}, "rows-1"),
        ({"id": ["a"], "uid": "u"}, "u"),
        ({"id": True}, "rows-1"),
    ],
)
def test_id(fields: dict[str, Any], id: str, tmp_path: Path) -> None:
    made = read({"input": TEXT, "output": {}, **fields}, tmp_path)
    assert isinstance(made, Document)
    assert made.id == id
    bad = read({"input": TEXT, "output": 5, **fields}, tmp_path)
    assert isinstance(bad, Rejected)
    assert bad.problem.id == id


def test_meta(tmp_path: Path) -> None:
    record = {
        "input": TEXT,
        "output": {},
        "language": "en",
        "group": 17,
        "source": "letters",
        "split": "dev",
        "meta": {"language": "de", "note": 1},
        "other": "left out",
    }
    made = read(record, tmp_path)
    assert isinstance(made, Document)
    assert made.meta == {
        "language": "en",
        "group": "17",
        "source": "letters",
        "split": "dev",
        "note": 1,
    }


@pytest.mark.parametrize(
    ("record", "least", "most"),
    [
        ({"input": "a", "output": {"entities": {}}}, 0.9, 1),
        ({"text": "a", "schema": {"entities": {}}}, 0.9, 1),
        ({"input": "a", "output": '{"entities": {}}'}, 0.9, 1),
        ({"input": "a", "output": {"classifications": []}}, 0.5, 0.8),
        ({"input": "a", "output": []}, IF_NO_OTHER, IF_NO_OTHER),
        ({"instruction": "a", "input": "b", "output": "free text"}, 0, 0),
        ({"text": "a", "spans": []}, 0, 0),
        ({"text": "a", "spans": [], "output": {}}, 0, 0),
        ({"full_text": "a", "spans": []}, 0, 0),
        ({"text": "a", "entities": []}, 0, 0),
        ({"id": "a", "output": "[]", "spans": []}, 0, 0),
        ({}, 0, 0),
    ],
)
def test_sniff(record: Any, least: float, most: float) -> None:
    certainty = READER.sniff(Head(Path("rows.jsonl"), json.dumps(record).encode()))
    assert least <= certainty <= most


words = st.sampled_from(["Ann", "Lee", "person", "x", "", "3", "label", "text", "start", "entity"])
anything = st.recursive(
    words | st.none() | st.booleans() | st.integers(-2, 9) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    output=anything,
    entities=anything,
    fields=st.dictionaries(st.sampled_from(["id", "meta", "group", "schema"]), anything),
)
def test_no_record_is_too_strange(
    output: Any, entities: Any, fields: dict[str, Any], tmp_path: Path
) -> None:
    for shape in (output, {"entities": entities}, json.dumps(entities)):
        made = read({"input": "Ann Lee is a person", "output": shape, **fields}, tmp_path)
        if isinstance(made, Document):
            assert all(0 <= span.start < span.end <= len(made.text) for span in made.spans)


def test_published_examples(shared_data: Path) -> None:
    path = shared_data / "fixtures/input_output_entities_jsonl/gliner2_docs_examples.jsonl"
    read = outcome(READER, path)
    made = read.documents
    assert (len(made), read.problems) == (30, [])
    assert read.notes == [
        "59 strings without offsets were looked up and found; 2 stand in their text more often "
        "than they are listed, all are marked (option occurrences=all)"
    ]
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for document, row in zip(made, rows, strict=True):
        asked = {
            (surface, label)
            for label, surfaces in row["output"]["entities"].items()
            for surface in surfaces
        }
        assert set(marked(document)) == asked
    assert sum(len(each.spans) for each in made) == 61
    assert sum(not each.spans for each in made) == 5
