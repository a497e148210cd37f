"""Entity spellings on published files that have no reader of their own here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pii_sft.converters.entities import Mention, find_spans, read_mentions
from pii_sft.errors import RecordError
from pii_sft.spans import Span


def test_no_text_in_a_mention_s_repr() -> None:
    assert "Ann" not in repr(Mention("PERSON", "Ann"))


def test_order_and_repetition_in_the_file_do_not_matter() -> None:
    text = "Ann Lee and Ann"
    mentions = read_mentions({"P": ["Ann", "Ann Lee", "Ann"]}, text)
    assert set(find_spans(text, mentions, "all")) == {Span(0, 7, "P"), Span(12, 15, "P")}
    assert set(find_spans(text, mentions[::-1], "all")) == {Span(0, 7, "P"), Span(12, 15, "P")}


def test_published_value_lists(shared_data: Path) -> None:
    """Nannigalaxy: 43 of 354 strings are not in their text, one item has the key `=`."""
    path = shared_data / "fixtures/text_only_entities/pii_syn_nano_en.json"
    found, kinds = 0, []
    for record in json.loads(path.read_text("utf-8")):
        try:
            mentions = read_mentions(record["NER"], record["text"])
            found += len(find_spans(record["text"], mentions, "first"))
        except RecordError as error:
            kinds.append(error.kind)
    assert kinds.count("wrong shape") == 1
    assert set(kinds) == {"wrong shape", "not in text"}
    assert (len(kinds), found) == (28, 271)


@pytest.mark.parametrize("value", ["x", 5, True, 1.5])
def test_entities_of_another_type(value: object) -> None:
    with pytest.raises(RecordError) as caught:
        read_mentions(value, "x")
    assert caught.value.kind == "wrong shape"
