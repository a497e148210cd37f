"""spaCy reads the files that are written for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from pii_sft.converters import READERS, WRITERS
from pii_sft.spans import Document, Span, checked
from tests.converters.writers.writing import written
from tests.properties.texts import documents


def test_what_spacy_itself_would_write(tmp_path: Path) -> None:
    """Spans and user data are packed byte for byte as spaCy packs them."""
    pytest.importorskip("spacy")
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    nested = [Span(0, 7, "PERSON"), Span(0, 3, "GIVEN"), Span(17, 21, "CITY")]
    given = [
        checked("n1", "Ann Lee lives in Rome.", nested, {"group": "a", "rank": 1}),
        checked("n2", "Nobody.", []),
    ]
    folder = written(WRITERS.get("spacy"), tmp_path, given)
    ours = DocBin().from_disk(folder / "documents.spacy")
    theirs = DocBin(store_user_data=True)
    for doc in ours.get_docs(Vocab()):
        doc.spans.setdefault("sc", [])
        theirs.add(doc)
    assert (ours.span_groups, ours.user_data) == (theirs.span_groups, theirs.user_data)
    assert ours.strings == theirs.strings


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
