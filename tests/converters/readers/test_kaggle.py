"""Kaggle PII: tokens that are white space, tokens that are not those of the text, test files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.readers.kaggle import READER
from tests.converters.reading import of_json, outcome

TOKENS = [("Hi", True), ("Ann", True), ("😀", True), ("Lee", False), ("\n\n", False), ("x", False)]


def essay(*labels: str, **changes: Any) -> dict[str, Any]:
    return {
        "document": 7,
        "full_text": "Hi Ann 😀 Lee\n\nx",
        "tokens": [token for token, _ in TOKENS],
        "trailing_whitespace": [follows for _, follows in TOKENS],
        "labels": [*labels, *["O"] * (len(TOKENS) - len(labels))],
        **changes,
    }


def test_white_space_tokens_count(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, essay("O", "B-A", "O", "B-A", "I-A", "I-A"))
    assert (made.ids, made.surfaces) == (["7"], [["Ann", "Lee\n\nx"]])
    assert made.notes == ["tags are IOB2 (2 entities)"]


@pytest.mark.parametrize(
    ("labels", "surfaces"),
    [
        (("B-A", "B-A", "I-A"), ["Hi", "Ann 😀"]),
        (("I-A", "I-A"), ["Hi Ann"]),
        (("B-A", "I-B"), ["Hi", "Ann"]),
        (("O", "O"), []),
    ],
)
def test_sequences(labels: tuple[str, ...], surfaces: list[str], tmp_path: Path) -> None:
    assert of_json(READER, tmp_path, essay(*labels)).surfaces == [surfaces]


def test_broken_sequences_are_counted(tmp_path: Path) -> None:
    good = [essay("B-A", "I-A", "O", "B-B")] * 9
    made = of_json(READER, tmp_path, *good, essay("O", "I-A"))
    assert made.documents[9].surface(made.documents[9].spans[0]) == "Ann"
    assert "1 break the scheme" in made.notes[0]


def test_data_sets_without_the_text(tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, essay("O", "B-A", full_text=None, document=None))
    assert made.documents[0].text == "Hi Ann 😀 Lee\n\nx"
    assert made.ids == ["rows-1"]


def test_white_space_behind_the_last_token(tmp_path: Path) -> None:
    spaced = [True] * 6
    for text in ("Hi Ann 😀 Lee \n\n x", "Hi Ann 😀 Lee \n\n x "):
        made = of_json(READER, tmp_path, essay(full_text=text, trailing_whitespace=spaced))
        assert made.documents[0].text == text


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (essay(labels=None), "not annotated"),
        ({key: value for key, value in essay().items() if key != "labels"}, "not annotated"),
        (essay(full_text="Hi Ann 😀 Lee\n\ny"), "text"),
        (essay(full_text="Hi Ann 😀 Lee\n\nx tail"), "text"),
        (essay(tokens=["Hi"]), "wrong shape"),
        (essay(labels=["O"]), "wrong shape"),
        (essay(labels="O"), "wrong shape"),
        (essay(trailing_whitespace=["yes"] * 6), "wrong shape"),
        (essay("B-"), "tag"),
        (essay("NAME"), "tag"),
        (essay(tokens=[], trailing_whitespace=[], labels=[]), "text"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    made = of_json(READER, tmp_path, record)
    assert made.kinds == [kind]
    assert made.problems[0].id == "7"
    assert not any(word in made.problems[0].reason for word in ("Ann", "Lee", "tail"))


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/kaggle_pii_train.json"
    made = outcome(READER, path)
    assert made.problems == []
    assert made.surfaces == [["Ann", "Lee", "a.lee@x.org"]]
    assert made.labels == [["NAME_STUDENT", "NAME_STUDENT", "EMAIL"]]
    assert made.documents[0].text == "Hi Ann 😀 Lee,\n\nmail a.lee@x.org."
    assert READER.sniff(read_head(path)) > 0.9
