"""Ids and meta tell nothing of what was replaced in their text."""

from __future__ import annotations

from typing import Any

import pytest

from pii_sft.redaction.outside_text import Strings, id_tells, kept_meta
from pii_sft.spans import Document

STRINGS = Strings(["Ann Lee", "王伟", "12", "555-1234", "José"])


@pytest.mark.parametrize(
    "id",
    [
        "Ann_Lee_1970",
        "letters/ann-lee.txt",
        "AnnLee2",
        "lee.txt",
        "jose",
        "JOSÉ-3",
        "call-5551234",
        "病历王伟",
        "bob@x.org",
        "mail from bob.ray@x.org",
    ],
)
def test_ids_that_tell(id: str) -> None:
    assert id_tells(id, STRINGS)


@pytest.mark.parametrize("id", ["d1", "test-12", "12", "sleeper-7", "annual", "a@b", "", "病历3"])
def test_ids_that_do_not(id: str) -> None:
    assert not id_tells(id, STRINGS)


@pytest.mark.parametrize(
    ("key", "value", "stays"),
    [
        ("language", "en", True),
        ("language", "zh-Hans-CN", True),
        ("language", "English", True),
        ("language", "Ann Lee", False),
        ("language", "Ann", False),
        ("language", "Bob Ray of Rome", False),
        ("language", ["en"], False),
        ("split", "train", True),
        ("split", "test-2", True),
        ("split", "Ann Lee", False),
        ("split", "letters to Bob", False),
        ("source", "news", True),
        ("source", "ann_lee.txt", False),
        ("source", {"by": ["x", {"Lee": 1}]}, False),
        ("source", {"by": ["x", {"y": 1}]}, True),
        ("source", 5551234, False),
        ("other", "news", False),
    ],
)
def test_meta_that_stays(key: str, value: Any, stays: bool) -> None:
    document = Document("d", "x", meta={key: value})
    kept = kept_meta(document, ("language", "split", "source"), STRINGS)
    assert kept == ({key: value} if stays else {})


def test_nothing_replaced_tells_nothing() -> None:
    assert not id_tells("ann", Strings([]))
