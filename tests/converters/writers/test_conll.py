"""Columns of words and tags."""

from __future__ import annotations

from pathlib import Path

from pii_sft.converters import READERS, WRITERS, Row
from pii_sft.converters.reader_options import configured
from pii_sft.files import Staging
from pii_sft.spans import Document
from tests.conftest import annotated
from tests.contracts.test_writers import DOCUMENTS, manifest
from tests.converters.writers.writing import written


def lines_of(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def test_conll_reads_its_own_columns(tmp_path: Path) -> None:
    reader = configured(READERS.get("conll"), {"document": "newdoc"})
    folder = written(WRITERS.get("conll"), tmp_path, DOCUMENTS)
    found = [each for each in reader.read(folder / "documents.conll") if isinstance(each, Document)]
    assert [lines_of(each.text) for each in found] == [lines_of(each.text) for each in DOCUMENTS]
    for ours, document in zip(found, DOCUMENTS, strict=True):
        outer = [span for span in document.spans if span.label != "nested"]
        kept = [document.surface(span) for span in outer][: len(ours.spans)]
        assert [ours.surface(span) for span in ours.spans] == kept


def test_conll_says_what_it_cannot_hold(tmp_path: Path) -> None:
    document = annotated(
        "d",
        "Ann Lee \n Rome and Oslo",
        ("Ann Lee", "A"),
        ("Lee", "B"),
        ("Lee \n Rome", "C"),
        (" and ", "D"),
    )
    of_run = manifest("")
    with Staging() as staging:
        WRITERS.get("conll").write([Row("", document, [], "")], tmp_path / "o", of_run, staging)
    assert of_run.left_out == {
        "conll: spans that overlap another": 1,
        "conll: spans over a line break": 1,
        "conll: white space at the edges of spans": 1,
    }
    text = (tmp_path / "o/documents.conll").read_text("utf-8")
    assert "1\tAnn\tB-A\t_\n2\tLee\tI-A\t_\n" in text
    assert "2\tand\tB-D\t_\n" in text
