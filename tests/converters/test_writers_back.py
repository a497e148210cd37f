"""What other tools read: the files we write for them, read by those tools or by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings

from pii_sft.converters import READERS, WRITERS, Row, Writer
from pii_sft.converters.reader_options import configured
from pii_sft.files import Staging
from pii_sft.spans import Document, Span
from tests.conftest import annotated
from tests.contracts.test_writers import DOCUMENTS, manifest
from tests.properties.texts import documents

UNSPLIT = ("",)


def written(writer: Writer, folder: Path, texts: Sequence[Document]) -> Path:
    rows = [Row("", document, [], "") for document in texts]
    with Staging(overwrite=True) as staging:
        writer.write(rows, folder, manifest(*UNSPLIT), staging)
    return folder


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


@pytest.mark.parametrize(
    ("writer", "role"),
    [("label_studio", "annotations"), ("label_studio_predictions", "predictions")],
)
def test_label_studio_counts_utf_16_units(writer: str, role: str, tmp_path: Path) -> None:
    folder = written(WRITERS.get(writer), tmp_path, DOCUMENTS)
    tasks = json.loads((folder / "documents.json").read_text("utf-8"))
    assert [task["data"]["id"] for task in tasks] == [each.id for each in DOCUMENTS]
    for task, document in zip(tasks, DOCUMENTS, strict=True):
        text = task["data"]["text"]
        assert text == document.text
        units = text.encode("utf-16-le")
        (entry,) = task[role]
        assert len(entry["result"]) == len(document.spans)
        for result, span in zip(entry["result"], document.spans, strict=True):
            value = result["value"]
            surface = units[2 * value["start"] : 2 * value["end"]].decode("utf-16-le")
            assert surface == value["text"] == document.surface(span)
            assert value["labels"] == [span.label]
    config = ET.fromstring((folder / "label_config.xml").read_text("utf-8"))
    assert [each.get("value") for each in config.iter("Label")] == [
        each.name for each in manifest().labels
    ]


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


def test_presidio_spans_hold_their_values(tmp_path: Path) -> None:
    folder = written(WRITERS.get("presidio"), tmp_path, DOCUMENTS)
    samples = json.loads((folder / "documents.json").read_text("utf-8"))
    assert [sample["metadata"]["id"] for sample in samples] == [each.id for each in DOCUMENTS]
    for sample, document in zip(samples, DOCUMENTS, strict=True):
        assert sample["full_text"] == document.text
        assert sample["template_id"] == document.meta.get("group")
        assert [
            (each["start_position"], each["end_position"], each["entity_type"])
            for each in sample["spans"]
        ] == [(span.start, span.end, span.label) for span in document.spans]
        for each in sample["spans"]:
            place = slice(each["start_position"], each["end_position"])
            assert document.text[place] == each["entity_value"]
    assert samples[0]["masked"] == "{{PERSON}} 😀 met Ann Lee."
    assert samples[-1]["masked"] == "{{PERSON}}"


@pytest.mark.parametrize("name", ["label_studio", "presidio"])
def test_no_document_is_an_empty_array(name: str, tmp_path: Path) -> None:
    folder = written(WRITERS.get(name), tmp_path, [])
    assert json.loads((folder / "documents.json").read_text("utf-8")) == []


def test_axolotl_is_told_what_it_would_get_wrong(tmp_path: Path) -> None:
    with Staging() as staging:
        WRITERS.get("axolotl").write([], tmp_path / "pii", manifest("train", "dev"), staging)
    config = yaml.safe_load((tmp_path / "pii/axolotl.yaml").read_text("utf-8"))
    (train,), (dev,) = config["datasets"], config["test_datasets"]
    assert Path(train["path"]) == tmp_path / "pii/train.jsonl"
    assert Path(dev["path"]) == tmp_path / "pii/dev.jsonl"
    assert train["type"] == "chat_template"
    assert train["roles_to_train"] == ["assistant"]
    assert config["sequence_len"] > 512
    assert config["excess_length_strategy"] == "raise"


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
