"""Records about one text, read as one document."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pii_sft.converters import Note, Rejected
from pii_sft.converters.entities.group_by_text import (
    Gathered,
    gather,
    read_gathered,
    with_negatives,
)
from pii_sft.converters.entities.json_fields import text_of
from pii_sft.converters.entities.mentions import Mention
from pii_sft.converters.entities.string_search import Listed
from pii_sft.errors import RecordError
from pii_sft.files import STANDARD_STREAM
from pii_sft.spans import Document

ROWS = [
    {"text": "a b", "n": 1},
    {"text": "c", "n": 2},
    {"text": "a b", "n": 3},
    {"text": "d", "n": 4},
    {"text": "c", "n": 5},
]


def content(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def text_in(record: dict[str, Any]) -> str:
    return text_of(record, ("text",))


def numbers(made: Iterator[Gathered | Rejected]) -> list[tuple[str, list[int]]]:
    return [
        (each.name, [row["n"] for row in each.rows]) for each in made if isinstance(each, Gathered)
    ]


def test_each_text_comes_when_its_last_record_was_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content(*ROWS))
    made = gather(path, text_in)
    assert numbers(made) == [("rows-1", [1, 3]), ("rows-4", [4]), ("rows-2", [2, 5])]


def test_standard_input_waits_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = SimpleNamespace(buffer=io.BytesIO(content(*ROWS)))
    monkeypatch.setattr(sys, "stdin", stream)
    made = gather(STANDARD_STREAM, text_in)
    assert [each for _, each in numbers(made)] == [[1, 3], [2, 5], [4]]


def test_records_without_text_stay_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content(ROWS[0], {"x": 1}, 5) + b"{\n" + content(ROWS[2]))
    made = list(gather(path, text_in))
    assert [each.problem.line for each in made if isinstance(each, Rejected)] == [2, 3, 4]
    assert numbers(iter(made)) == [("rows-1", [1, 3])]


def listed(gathered: Gathered) -> list[Listed]:
    if any(row["n"] == 0 for row in gathered.rows):
        raise RecordError("no label", "a row is bad")
    if any(row["n"] < 0 for row in gathered.rows):
        return []
    mentions = [
        Mention("X", row["text"][:1], (0, 1) if row["n"] > 2 else None) for row in gathered.rows
    ]
    return [Listed(gathered.name, gathered.text, mentions)]


def test_documents_of_what_was_gathered(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    more = [
        {"text": "e", "n": -1},
        {"text": "f", "n": 9},
        {"text": "g", "n": 1},
        {"text": "g", "n": 0},
    ]
    path.write_bytes(content(*ROWS, *more))
    made = list(read_gathered(path, text_in, listed, "all"))
    documents = [each for each in made if isinstance(each, Document)]
    assert [each.text for each in documents] == ["a b", "d", "c", "f"]
    assert all(len(each.spans) == 1 for each in documents)
    (problem,) = [each for each in made if isinstance(each, Rejected)]
    assert (problem.problem.kind, problem.problem.line, problem.problem.id) == (
        "no label",
        8,
        "rows-8",
    )
    assert [json.loads(line)["n"] for line in problem.raw.split(b"\n")] == [1, 0]
    assert len([each for each in made if isinstance(each, Note)]) == 2


def test_offsets_that_do_not_fit_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content({"text": "Annie", "n": 1}, {"text": "Bob", "n": 2}))

    def wrong(gathered: Gathered) -> list[Listed]:
        place = (0, 2) if gathered.text == "Bob" else (0, 5)
        return [Listed(gathered.name, gathered.text, [Mention("X", gathered.text, place)])]

    document, problem, _ = read_gathered(path, text_in, wrong, "all")
    assert isinstance(document, Document)
    assert isinstance(problem, Rejected)
    assert (problem.problem.line, json.loads(problem.raw)["n"]) == (2, 2)


def test_repr_shows_no_text() -> None:
    assert "Ann" not in repr(Gathered("Ann", "rows-1", 1, [{"text": "Ann"}], [b"Ann"]))


def test_negative_labels() -> None:
    mentions = [Mention("a", "x")]
    assert with_negatives({"k": 1}, ["b", "a", "c", "b"], mentions) == {
        "k": 1,
        "negative_labels": ["b", "c"],
    }
    assert with_negatives({}, ["a"], mentions) == {}
