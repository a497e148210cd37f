"""spaCy reads the files that are written for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pii_sft.converters import READERS, WRITERS
from pii_sft.spans import Document, Span
from tests.converters.writers.writing import written
from tests.properties.texts import documents


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents())
def test_spacy_reads_the_same_spans(document: Document, tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    folder = written(WRITERS.get("spacy"), tmp_path, [document])
    (doc,) = DocBin().from_disk(folder / "documents.spacy").get_docs(Vocab())
    assert doc.text == document.text
    group = [Span(each.start_char, each.end_char, each.label_) for each in doc.spans["sc"]]
    assert sorted(group) == sorted(document.spans)
    back = [
        each
        for each in READERS.get("spacy").read(folder / "documents.spacy")
        if isinstance(each, Document)
    ]
    assert back == [document]
    assert {(each.start_char, each.end_char) for each in doc.ents} <= {
        (span.start, span.end) for span in document.spans
    }
    assert doc.user_data == {"id": document.id, "meta": document.meta}
