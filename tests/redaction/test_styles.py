"""Masks, pseudonyms and hashes: when two strings get the same one."""

from __future__ import annotations

import base64
import hmac
import re
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.redaction.named_styles import style_named
from pii_sft.redaction.redact import redact
from pii_sft.redaction.styles import (
    BLOCK,
    Hash,
    Key,
    Mask,
    Pseudonym,
)
from pii_sft.spans import Document, Span
from tests.redaction.redacted import KEY, redacted


def test_a_mask_keeps_every_span_where_it_was() -> None:
    spans = (Span(0, 12, "ORG"), Span(8, 12, "CITY"))
    done = redact(Document("d", "Bank\nof Rome."), spans, Mask())
    assert done.document == Document("d", f"{BLOCK * 12}.", spans)


@pytest.mark.parametrize(
    "same",
    ["ann lee", "ANN  LEE", "Ａｎｎ Ｌｅｅ", "Ann\nLee", "Ann\u00a0Lee", "Änn Lée"],
)
def test_pseudonyms_are_those_of_the_same_string(same: str) -> None:
    text = f"Ann Lee; Bob; {same}"
    spans = ((0, 7, "P"), (9, 12, "P"), (14, len(text), "P"))
    assert redacted(text, *spans, style=Pseudonym()) == "P_1; P_2; P_1"


def test_pseudonyms_begin_anew_in_each_document() -> None:
    style = Pseudonym()
    for _ in range(2):
        assert redacted("Ann", (0, 3, "P"), style=style) == "P_1"


def test_pseudonyms_count_by_label() -> None:
    spans = ((0, 4, "CITY"), (5, 9, "PERSON"))
    assert redacted("Rome Rome", *spans, style=Pseudonym()) == "CITY_1 PERSON_1"


def test_pseudonyms_that_the_text_holds_are_passed_over() -> None:
    assert redacted("Ann is not P_1", (0, 3, "P"), style=Pseudonym()) == "P_2 is not P_1"


def test_hashes_need_the_key() -> None:
    one, other = Hash(KEY), Hash(KEY[::-1])
    first = redacted("Ann", (0, 3, "P"), style=one)
    assert redacted("ann", (0, 3, "P"), style=Hash(KEY)) == first
    assert redacted("Ann", (0, 3, "P"), style=other) != first
    assert redacted("Bob", (0, 3, "P"), style=one) != first


def test_hashes_link_a_string_under_two_labels() -> None:
    done = redacted("Rome Rome", (0, 4, "CITY"), (5, 9, "ORG"), style=Hash(KEY))
    city, org = done.split()
    assert city.removeprefix("CITY") == org.removeprefix("ORG")


@pytest.mark.parametrize("key", [b"a" * 32, b"abcdefg" * 9, b"\0" * 16])
def test_keys_that_repeat_are_refused(key: bytes) -> None:
    for make in (Hash, Key):
        with pytest.raises(UsageError, match="could be guessed"):
            make(key)


def test_pseudonyms_with_a_key_are_the_same_in_every_document(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    style = style_named("pseudonym", file)
    first = redacted("Ann Lee", (0, 7, "P"), style=style)
    assert re.fullmatch(r"P_[A-Z2-7]{10}", first)
    assert redacted("Hi ANN LEE", (3, 10, "P"), style=Pseudonym(Key(KEY))) == f"Hi {first}"
    assert redacted("Ann Lee", (0, 7, "P"), style=Pseudonym(Key(KEY[::-1]))) != first
    assert redacted("Ann Lea", (0, 7, "P"), style=style) != first


def test_codes_are_hmac() -> None:
    digest = hmac.new(KEY, b"code\0annlee", "sha256").digest()
    assert Key(KEY).code("Ann Lee") == base64.b32encode(digest).decode()[:10]


def test_long_keys_count_as_a_whole() -> None:
    long = KEY * 8
    texts = {redacted("Ann", (0, 3, "P"), style=Hash(long + end)) for end in (b"", b"0", b"1")}
    assert len(texts) == 3


def test_short_keys_are_refused() -> None:
    with pytest.raises(UsageError, match="15 bytes"):
        Hash(KEY[1:])
