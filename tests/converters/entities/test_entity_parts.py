"""The parts of an entity under keys of any name."""

from __future__ import annotations

from typing import Any

import pytest

from pii_sft.converters.entities.mentions import Mention, find_spans, read_mentions
from pii_sft.errors import RecordError
from pii_sft.spans import Span

TEXT = "Rome is not Rome, said 😀 Nora."


@pytest.mark.parametrize(
    "offsets",
    [
        {"start_idx": 12, "end_idx": 16},
        {"start_idx": 12, "end_idx": 15},
        {"span_start": 12, "span_end": 16},
        {"characterOffsetBegin": "12", "characterOffsetEnd": "16"},
        {"beg": 12, "stop": 16},
        {"offset": 12, "length": 4},
        {"offset": 12},
        {"start": 12.0, "end": 16.0},
        {"entity_index": {"begin": 12, "end": 16}},
        {"span": [12, 16]},
        {"offsets": [[12, 16]]},
        {"position": {"from": 12, "to": 16}},
        {"range": "12-16"},
        {"from": 12, "to": 16},
        {"s": 12, "e": 16},
        {"b": 12, "e": 15},
        {"x": "12", "y": "16"},
        {"place": [12, 16]},
        {"place": {"one": 12, "two": 16}},
        {"at": 12},
        {"from": 12, "to": 16, "id": 7, "score": 1.0, "token_start": 3, "page": 2},
    ],
)
def test_offsets_under_any_key(offsets: dict[str, Any]) -> None:
    (mention,) = read_mentions([{"text": "Rome", "label": "CITY", **offsets}], TEXT)
    assert mention.place in ((12, 16), (12, 15))


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ({"from": 1, "to": 5}, "`from`, `to`"),
        ({"at": 3}, "`at`"),
        ({"place": [2, 9]}, "`place`"),
        ({"at": 400, "to": 404}, "`at`, `to`"),
    ],
)
def test_numbers_that_do_not_hold_the_string_are_named(numbers: dict[str, Any], named: str) -> None:
    with pytest.raises(RecordError, match=named) as caught:
        read_mentions([{"text": "Rome", "label": "CITY", **numbers}], TEXT)
    assert caught.value.kind == "offsets"


@pytest.mark.parametrize(
    "others",
    [
        {"id": 3, "entity_id": 12, "score": 0.98, "confidence": 1},
        {"rank": 1, "count": 2, "page": 12, "sentence_id": 0, "line": 4},
        {"valid": True, "p": 0.5, "w": 1.0},
    ],
)
def test_numbers_that_say_something_else(others: dict[str, Any]) -> None:
    (mention,) = read_mentions([{"text": "Rome", "label": "CITY", **others}], TEXT)
    assert mention == Mention("CITY", "Rome")


def test_places_in_words_matter_where_the_string_stands_more_than_once() -> None:
    places = {"token_start": 3, "token_end": 4}
    (mention,) = read_mentions([{"text": "Nora", "label": "P", **places}], TEXT)
    assert mention == Mention("P", "Nora")
    with pytest.raises(RecordError, match="`token_start`, `token_end`"):
        read_mentions([{"text": "Rome", "label": "CITY", **places}], TEXT)


def test_units_other_than_code_points_are_offsets_too() -> None:
    (mention,) = read_mentions([{"text": "Nora", "label": "P", "from": 26, "to": 30}], TEXT)
    assert mention.place == (26, 30)


@pytest.mark.parametrize(
    "entities",
    [
        {"start": [0, 25], "end": [4, 29], "label": ["C", "P"]},
        {"text": ["Rome", "Nora"], "start": [0, 25], "end": [4, 29], "type": ["C", "P"]},
        [["Rome", "C", 0, 4], [25, 29, "P", "Nora"]],
        {"C": [["Rome", 0, 4]], "P": [[25, 29, "Nora"]]},
    ],
)
def test_columns_and_lists_of_four(entities: Any) -> None:
    spans = find_spans(TEXT, read_mentions(entities, TEXT), "all")
    assert sorted(spans) == [Span(0, 4, "C"), Span(25, 29, "P")]


@pytest.mark.parametrize(
    ("occurrence", "start"), [({"occurrence": 1}, 0), ({"occurrence_index": 2}, 12)]
)
def test_an_entity_may_say_which_occurrence_it_is(occurrence: dict[str, int], start: int) -> None:
    mentions = read_mentions([{"text": "Rome", "label": "C", **occurrence}], TEXT)
    assert find_spans(TEXT, mentions, "all") == [Span(start, start + 4, "C")]
    third = read_mentions([{"text": "Rome", "label": "C", "occurrence": 3}], TEXT)
    with pytest.raises(RecordError, match="occurrence 3"):
        find_spans(TEXT, third, "all")


@pytest.mark.parametrize(
    ("entity", "kind"),
    [
        ({"text": "Rome", "label": "C", "offsets": [[0, 4], [12, 16]]}, "discontinuous"),
        ({"label": "C", "x1": 12, "x2": 16}, "offsets"),
        (["Rome", 12, 16], "no label"),
        (["Rome", "C", 12, "16"], "wrong shape"),
    ],
)
def test_refused(entity: Any, kind: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_mentions([entity], TEXT)
    assert caught.value.kind == kind
