"""Strings without offsets: where they are in the text, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.entities.string_search import LocatingOptions
from pii_sft.converters.readers.gliner import READER, GlinerReader
from pii_sft.spans import Document
from tests.converters.entities.gliner_records import TEXT, marked, read, refused
from tests.converters.reading import of_json


@pytest.mark.parametrize(
    ("entities", "wanted"),
    [
        ({"P": ["Ann Lee", "Lee"]}, ["Ann Lee", "Ann Lee", "Lee"]),
        ({"P": ["Lee", "Ann Lee"]}, ["Ann Lee", "Ann Lee", "Lee"]),
        ({"P": ["Ann Lee"], "S": ["Ann"]}, ["Ann Lee", "Ann", "Ann Lee", "Ann"]),
        ({"P": ["Lee Chang", "Lee"]}, ["Lee", "Lee", "Lee Chang"]),
        ({"P": ["ANN  LEE"]}, ["Ann Lee", "Ann Lee"]),
        ({"P": ["Ro"]}, ["Ro", "Ro"]),
    ],
)
def test_all_occurrences(entities: dict[str, list[str]], wanted: list[str], tmp_path: Path) -> None:
    made = read({"input": TEXT, "output": {"entities": entities}}, tmp_path)
    assert [surface for surface, _ in marked(made)] == wanted


@pytest.mark.parametrize(
    ("entities", "wanted"),
    [
        ({"P": ["Ann Lee"]}, [0]),
        ({"P": ["Ann Lee", "Rome", "Ann Lee"]}, [0, 19, 25]),
        ({"P": ["Ann Lee", "Lee"]}, [0, 50]),
    ],
)
def test_first_occurrences(
    entities: dict[str, list[str]], wanted: list[int], tmp_path: Path
) -> None:
    reader = GlinerReader(LocatingOptions("first"))
    made = read({"input": TEXT, "output": {"entities": entities}}, tmp_path, reader)
    assert isinstance(made, Document)
    assert [span.start for span in made.spans] == wanted


def test_one_string_with_two_labels(tmp_path: Path) -> None:
    made = read({"input": TEXT, "output": {"entities": {"A": ["Bob"], "B": ["Bob"]}}}, tmp_path)
    assert marked(made) == [("Bob", "A"), ("Bob", "B")]


def test_given_offsets_hide_what_is_inside_them(tmp_path: Path) -> None:
    entities = [{"label": "full", "start": 0, "end": 7}, {"label": "name", "text": "Lee"}]
    made = read({"input": TEXT, "output": entities}, tmp_path)
    assert isinstance(made, Document)
    assert [(span.start, span.label) for span in made.spans] == [
        (0, "full"),
        (29, "name"),
        (50, "name"),
    ]


def test_what_was_looked_up_is_counted(tmp_path: Path) -> None:
    rows = [
        {
            "input": TEXT,
            "output": {"entities": {"P": ["Ann Lee", "BOB", "Lee Chang", "Lee Chang"]}},
        },
        {"input": "Nobody.", "output": {"entities": {}}},
    ]
    made = of_json(READER, tmp_path, *rows)
    assert made.notes == [
        "4 strings without offsets were looked up and found; 1 stand in their text more often than "
        "they are listed, all are marked (option occurrences=all); 1 were listed more often than "
        "they stand in their text; 1 stand there in another case or spacing"
    ]
    first = of_json(GlinerReader(LocatingOptions("first")), tmp_path, *rows)
    assert "the first ones are marked (option occurrences=first)" in first.notes[0]


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        ({"PER": ["Zoe Quell", "Bob", "Max Quell"], "LOC": ["Oslo"]}, "2 of PER, 1 of LOC"),
        ([{"label": "PER", "text": "Zoe Quell"}], "1 of PER"),
        ([["Zoe Quell", "PER"]], "neither string of entity 1"),
        ([["PER", "Bob"], ["Zoe Quell", "PER"]], "neither string of entity 2"),
        ({"Ann Lee": "PER"}, "1 of a label that is itself in the text"),
    ],
)
def test_strings_that_are_not_there(entities: Any, reason: str, tmp_path: Path) -> None:
    kind, given = refused(read({"input": TEXT, "output": {"entities": entities}}, tmp_path))
    assert kind == "not in text"
    assert reason in given
    assert not {"Quell", "Bob", "Ann Lee"} & set(given.replace(",", " ").split())
    assert "Ann Lee" not in given
