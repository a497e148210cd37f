"""Entities apart from any format: what their readers share."""

from __future__ import annotations

import pytest

from pii_sft.converters.entities.mentions import (
    Mention,
    _Pair,
    find_spans,
    read_marks,
    read_mentions,
)
from pii_sft.converters.entities.string_search import Listed
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.errors import RecordError
from pii_sft.spans import Span


def test_no_text_in_a_mention_s_repr() -> None:
    assert "Ann" not in repr(Mention("PERSON", "Ann"))
    assert "Ann" not in repr(_Pair("Ann", "Ann", 1))
    assert "Ann" not in repr(Listed("d", "Ann", [Mention("PERSON", "Ann")], {"name": "Ann"}))


def test_marks_have_offsets() -> None:
    entities = [{"text": "Ann", "labels": ["A", "B"], "Start": "0", "end_offset": 3.0}, [4, 7, "C"]]
    assert read_marks(entities) == (
        RawSpan(0, 3, "A", "Ann"),
        RawSpan(0, 3, "B", "Ann"),
        RawSpan(4, 7, "C"),
    )
    assert read_marks({"A": [[0, 3]]}) == (RawSpan(0, 3, "A"),)
    for missing in ({"text": "Ann", "label": "A"}, {"label": "A"}):
        with pytest.raises(RecordError):
            read_marks([missing])


def test_a_label_with_an_unnamed_key_is_a_record_error() -> None:
    with pytest.raises(RecordError):
        read_mentions({"PERSON": {"": None}}, "Ann Lee is here.")


@pytest.mark.parametrize(
    ("place", "surface", "fault"),
    [
        ((0, 3), "Bob", "does not hold"),
        ((0, 9), None, "does not fit"),
        ((3, 0), None, "does not fit"),
        ((-1, 3), None, "does not fit"),
    ],
)
def test_offsets_beside_strings_are_verified(
    place: tuple[int, int], surface: str | None, fault: str
) -> None:
    with pytest.raises(RecordError, match=fault):
        find_spans("Ann Lee", [Mention("P", "Lee"), Mention("P", surface, place)], "all")


def test_order_and_repetition_in_the_file_do_not_matter() -> None:
    text = "Ann Lee and Ann"
    mentions = read_mentions({"P": ["Ann", "Ann Lee", "Ann"]}, text)
    assert set(find_spans(text, mentions, "all")) == {Span(0, 7, "P"), Span(12, 15, "P")}
    assert set(find_spans(text, mentions[::-1], "all")) == {Span(0, 7, "P"), Span(12, 15, "P")}


@pytest.mark.parametrize("value", ["x", 5, True, 1.5])
def test_entities_of_another_type(value: object) -> None:
    with pytest.raises(RecordError) as caught:
        read_mentions(value, "x")
    assert caught.value.kind == "wrong shape"
