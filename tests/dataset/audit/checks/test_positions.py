"""Spans whose bounds cannot be meant."""

from __future__ import annotations

from pathlib import Path

from pii_sft.spans import Document, Span
from tests.dataset.audit.planted import one, run


def test_spans_that_cannot_be_meant(tmp_path: Path) -> None:
    documents = [
        Document("white", "to Ann now", (Span(3, 7, "A"),)),
        Document("blank", "to  Ann", (Span(2, 4, "A"),)),
        Document("sign", "to Ann, Bob", (Span(6, 7, "A"),)),
        Document("word", "to Annabel", (Span(3, 6, "A"),)),
        Document("accent", "to Zoe\u0308 now", (Span(3, 6, "A"),)),
        Document("emoji", "hi 👩\u200d🚒 you", (Span(3, 4, "A"),)),
        Document("camel", "#AnnLee", (Span(1, 4, "A"), Span(4, 7, "A"))),
        Document("money", "EUR500", (Span(3, 6, "A"),)),
        Document("zh", "王小明住在北京", (Span(0, 3, "A"), Span(5, 7, "A"))),
        Document("long", "x " * 400, (Span(0, 799, "A"),)),
    ]
    found = run(tmp_path, documents)
    assert [each.id for each in one(found, "white-space-edges").places] == ["white"]
    assert [each.id for each in one(found, "empty-spans").places] == ["blank", "sign"]
    assert [each.id for each in one(found, "half-words").places] == ["word"]
    assert [each.id for each in one(found, "half-characters").places] == ["accent", "emoji"]
    assert [each.id for each in one(found, "long-spans").places] == ["long"]
