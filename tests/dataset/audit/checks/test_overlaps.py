"""Spans that overlap."""

from __future__ import annotations

from pathlib import Path

from pii_sft.spans import Document, Span
from tests.dataset.audit.planted import one, run


def test_spans_that_overlap(tmp_path: Path) -> None:
    text = "Ann Lee Ray of Rome"
    documents = [
        Document("cross", text, (Span(0, 7, "A"), Span(4, 11, "A"))),
        Document("nest", text, (Span(0, 11, "A"), Span(4, 7, "B"))),
        Document("twice", text, (Span(15, 19, "A"), Span(15, 19, "B"))),
    ]
    found = run(tmp_path, documents)
    assert [each.id for each in one(found, "crossing-spans").places] == ["cross"]
    assert [each.id for each in one(found, "nested-spans").places] == ["nest"]
    assert [each.id for each in one(found, "twice-labelled").places] == ["twice"]
