"""Prodigy: what is gold and what is not, and the published files."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import Head
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.readers.prodigy import READER, ProdigyOptions, ProdigyReader
from pii_sft.errors import UsageError
from tests.converters.reading import of_json, outcome

TEXT = "Ann Lee 😀 lives"
TOKENS = [
    {"text": "Ann", "start": 0, "end": 3, "id": 0, "ws": True},
    {"text": "Lee", "start": 4, "end": 7, "id": 1, "ws": True},
    {"text": "😀", "start": 8, "end": 9, "id": 2, "ws": True},
    {"text": "lives", "start": 10, "end": 15, "id": 3, "ws": False},
]
NAME = {"start": 0, "end": 7, "label": "NAME", "token_start": 0, "token_end": 1}
VERB = {"start": 10, "end": 15, "label": "VERB", "token_start": 3, "token_end": 3}


def row(*spans: Any, **more: Any) -> dict[str, Any]:
    record = {"text": TEXT, "_input_hash": 1, "tokens": TOKENS, "spans": [*spans]}
    return {**record, "answer": "accept", "_view_id": "ner_manual", **more}


def reader(**options: Any) -> ProdigyReader:
    return ProdigyReader(ProdigyOptions(**options))


def test_tokens_verify_the_offsets(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, row(NAME, VERB))
    assert found.surfaces == [["Ann Lee", "lives"]]
    assert found.notes[0].startswith(
        "offsets count code points, ends excluded (verified on 2 spans"
    )


def test_offsets_in_another_unit_are_found_out(tmp_path: Path) -> None:
    tokens = [*TOKENS[:3], TOKENS[3] | {"start": 11, "end": 16}]
    verb = VERB | {"start": 11, "end": 16}
    found = of_json(READER, tmp_path, row(NAME, verb, tokens=tokens))
    assert found.surfaces == [["Ann Lee", "lives"]]
    assert found.notes == ["offsets count UTF-16 units, ends excluded (verified on 2 spans)"]


def test_own_text_of_a_span_comes_first(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, row(NAME | {"text": "Bob Lee"}))
    assert found.kinds == ["offsets"]


def test_spans_without_tokens(tmp_path: Path) -> None:
    bare = {"start": 0, "end": 3, "label": "NAME"}
    found = of_json(READER, tmp_path, row(bare, tokens=None), row(bare, text="Ann", tokens=[]))
    assert found.surfaces == [["Ann"], ["Ann"]]
    assert "not tested" in found.notes[0]


def test_only_accepted_rows_are_gold(tmp_path: Path) -> None:
    rows = [
        row(NAME, answer=answer, _input_hash=at)
        for at, answer in enumerate(["accept", "reject", "ignore", "reject", None])
    ]
    del rows[-1]["answer"]
    found = of_json(READER, tmp_path, *rows)
    assert (found.ids, found.problems) == (["rows-1"], [])
    assert found.notes[1:] == [
        "2 rows are rejected; left out",
        "1 rows are ignored; left out",
        "1 rows are not answered; left out",
    ]


def test_an_accepted_row_without_spans_holds_none(tmp_path: Path) -> None:
    without = row()
    del without["spans"]
    found = of_json(READER, tmp_path, without, row(_input_hash=2), row(_input_hash=3, spans=None))
    assert found.surfaces == [[], [], []]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"text": None}, "no text"),
        ({"text": ""}, "no text"),
        ({"text": 5, "answer": "reject"}, "no text"),
        ({"text": ["Ann"]}, "no text"),
        ({"_input_hash": [1], "spans": "all"}, "wrong shape"),
        ({"answer": "maybe"}, "wrong shape"),
        ({"answer": ["accept"]}, "wrong shape"),
        ({"spans": "all"}, "wrong shape"),
        ({"spans": ["x"]}, "wrong shape"),
        ({"tokens": {"a": 1}}, "wrong shape"),
        ({"spans": [NAME | {"label": None}]}, "no label"),
        ({"spans": [NAME | {"label": ""}]}, "no label"),
        ({"spans": [NAME | {"start": None}]}, "offsets"),
        ({"spans": [NAME | {"start": 1}]}, "offsets"),
        ({"spans": [NAME | {"token_end": 2}]}, "offsets"),
        ({"spans": [NAME | {"token_end": 9}]}, "offsets"),
        ({"spans": [NAME | {"token_start": -2}]}, "offsets"),
        ({"spans": [NAME | {"token_start": 1, "token_end": 0}]}, "offsets"),
        ({"spans": [NAME | {"token_end": "x"}]}, "offsets"),
        ({"tokens": ["Ann", "Lee"]}, "wrong shape"),
        ({"_view_id": "choice", "accept": ["Q1"], "options": []}, "not entities"),
        ({"_view_id": "classification"}, "not entities"),
        ({"options": [{"id": "Q1"}], "accept": ["Q1"]}, "not entities"),
        ({"_is_binary": True}, "partial gold"),
        ({"_view_id": "ner"}, "partial gold"),
    ],
)
def test_refused(changes: dict[str, Any], kind: str, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, row(NAME) | changes)
    assert (found.kinds, found.documents) == ([kind], [])
    assert "Ann" not in str(found.problems)


def test_a_category_of_a_text_is_refused(tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, {"text": "a", "label": "MAIL", "answer": "accept"})
    assert found.kinds == ["not entities"]


def test_binary_answers_are_merged_when_asked_for(tmp_path: Path) -> None:
    rows = [
        row(NAME, _is_binary=True),
        row(text="Bob", _input_hash=2, tokens=[], spans=[]),
        row(VERB, _is_binary=True),
        row(VERB | {"label": "WRONG"}, _is_binary=True, answer="reject"),
    ]
    assert of_json(READER, tmp_path, *rows).kinds == ["partial gold", "partial gold"]
    found = of_json(reader(binary="merge"), tmp_path, *rows)
    assert found.surfaces == [[], ["Ann Lee", "lives"]]
    assert "2 binary answers were merged: the annotation is partial" in found.notes


def test_a_whole_annotation_outweighs_binary_answers(tmp_path: Path) -> None:
    rows = [row(VERB, _is_binary=True), row(NAME, _is_binary=False)]
    assert of_json(reader(binary="merge"), tmp_path, *rows).surfaces == [["Ann Lee"]]


@pytest.mark.parametrize(
    ("policy", "surfaces"),
    [
        ("first", [["Ann Lee"], []]),
        ("latest", [["Ann Lee", "lives"], []]),
        ("union", [["Ann Lee", "lives"], []]),
        ("majority", [["Ann Lee"], []]),
        ("each", [["Ann Lee"], ["Ann Lee", "lives"], []]),
        ("bob", [["Ann Lee", "lives"]]),
    ],
)
def test_several_annotators(policy: str, surfaces: list[list[str]], tmp_path: Path) -> None:
    rows = [
        row(NAME, _annotator_id="ann", _timestamp=1),
        row(NAME, VERB, _annotator_id="bob", _timestamp=2),
        row(_input_hash=2, _annotator_id="ann", _timestamp=3),
    ]
    found = of_json(reader(annotators=policy), tmp_path, *rows, array=False)
    assert found.surfaces == surfaces
    assert any("annotat" in note for note in found.notes[1:])


def test_an_annotation_whose_twin_is_bad_is_not_lost(tmp_path: Path) -> None:
    bad = row(NAME | {"start": 1})
    found = of_json(READER, tmp_path, bad, row(NAME))
    assert (found.surfaces, found.kinds) == ([["Ann Lee"]], ["offsets"])


def test_options_need_a_file() -> None:
    with pytest.raises(UsageError, match="need a file, not standard input"):
        list(reader(annotators="union").read(Path("-")))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once, so annotations of one text are not brought together."""
    lines = "".join(json.dumps(each) + "\n" for each in (row(NAME), row(VERB)))
    stream = io.TextIOWrapper(io.BytesIO(lines.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert outcome(READER, Path("-")).surfaces == [["Ann Lee"], ["lives"]]


def test_review_gives_the_outer_spans(tmp_path: Path) -> None:
    versions = [{"text": TEXT, "spans": [VERB], "sessions": ["a"]}]
    found = of_json(READER, tmp_path, row(NAME, versions=versions, _view_id="review"))
    assert found.surfaces == [["Ann Lee"]]


@pytest.mark.parametrize(
    ("record", "certainty"),
    [
        (row(), CERTAIN),
        ({"text": "a", "answer": "accept"}, POSSIBLE),
        ({"text": "a", "_input_hash": 1}, POSSIBLE),
        ({"text": "a", "spans": []}, 0.0),
        ({"image": "a", "answer": "accept"}, 0.0),
    ],
)
def test_certainty(record: dict[str, Any], certainty: float) -> None:
    assert READER.sniff(Head(Path("x"), json.dumps(record).encode())) == certainty


PUBLISHED = [
    ("fixtures/prodigy_jsonl/annotated_news_headlines-ORG-PERSON-LOCATION-ner.jsonl", 372, 303),
    ("prodigy_reddit_tweets_en/drugs_eval.jsonl", 500, None),
    ("prodigy_reddit_tweets_en/drugs_training_first_300.jsonl", 300, None),
    ("prodigy_reddit_tweets_en/tweets_test_annotated.jsonl", 508, None),
]


@pytest.mark.parametrize(("name", "documents", "spans"), PUBLISHED)
def test_published_files(name: str, documents: int, spans: int | None, shared_data: Path) -> None:
    """Against a plain reading: accepted rows, one a text, offsets as they stand."""
    path = shared_data / name
    wanted: dict[tuple[int, str], set[tuple[int, int, str]]] = {}
    for line in path.read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["answer"] == "accept":
            marked = {
                (span["start"], span["end"], span["label"]) for span in record.get("spans", [])
            }
            wanted.setdefault((record["_input_hash"], record["text"]), marked)
    found = outcome(READER, path)
    assert found.problems == []
    assert len(found.documents) == len(wanted) == documents
    assert Counter(
        (each.text, frozenset((span.start, span.end, span.label) for span in each.spans))
        for each in found.documents
    ) == Counter((text, frozenset(marked)) for (_, text), marked in wanted.items())
    total = sum(len(each.spans) for each in found.documents)
    assert total == (sum(map(len, wanted.values())) if spans is None else spans)
    assert f"offsets count code points, ends excluded (verified on {total} spans" in found.notes[0]


def test_published_input_is_not_annotated(shared_data: Path) -> None:
    path = shared_data / "fixtures/prodigy_jsonl/span_and_textcat_examples.jsonl"
    found = outcome(READER, path)
    assert (found.documents, found.problems) == ([], [])
    assert found.notes == ["3 rows are not answered; left out"]


@pytest.mark.parametrize("marked", [True, False])
def test_a_choice_beside_the_spans_of_blocks(marked: bool, tmp_path: Path) -> None:
    given = row(*([NAME] if marked else []), _view_id="blocks", options=[{"id": "A"}], accept=["A"])
    assert of_json(READER, tmp_path, given).surfaces == [["Ann Lee"] if marked else []]
