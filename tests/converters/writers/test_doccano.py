"""Documents of doccano, which come back."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings

from pii_sft.converters import READERS, WRITERS
from pii_sft.spans import Document
from tests.conftest import annotated
from tests.contracts.test_writers import DOCUMENTS
from tests.converters.writers.writing import written
from tests.properties.texts import documents


def test_doccano_counts_utf_16_units(tmp_path: Path) -> None:
    folder = written(WRITERS.get("doccano"), tmp_path, DOCUMENTS)
    lines = (folder / "documents.jsonl").read_bytes().splitlines()
    assert len(lines) == len(DOCUMENTS)
    for line, document in zip(lines, DOCUMENTS, strict=True):
        record = json.loads(line)
        assert (record["id"], record["text"]) == (document.id, document.text)
        units = document.text.encode("utf-16-le")
        for (start, end, label), span in zip(record["label"], document.spans, strict=True):
            assert units[2 * start : 2 * end].decode("utf-16-le") == document.surface(span)
            assert label == span.label


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents())
def test_doccano_comes_back(document: Document, tmp_path: Path) -> None:
    assume("\r\n" not in document.text)  # whether it counts once, nothing else here can tell
    # Texts without words, as they are drawn, may speak for another unit: these outvote them.
    astral = [annotated(f"astral-{n}", "😀 Ann 😀", ("Ann", "PERSON")) for n in range(20)]
    folder = written(WRITERS.get("doccano"), tmp_path, [document, *astral])
    read = READERS.get("doccano").read(folder / "documents.jsonl")
    assert [each for each in read if isinstance(each, Document)] == [document, *astral]
