"""spaCy's formats, one after the other, and the published files."""

from __future__ import annotations

import gc
import json
import re
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.reader import CERTAIN, LIKELY, NO
from pii_sft.converters.readers.spacy import READER, SpacyOptions, SpacyReader
from pii_sft.converters.readers.spacy.python_literals import list_items
from pii_sft.errors import InputError, MissingExtraError
from pii_sft.spans import Span
from tests.conftest import Program
from tests.converters.reading import SAMPLE, SAMPLE_SURFACES, Outcome, of_json, outcome

TEXT = "Ann 😀 Lee"
ENTITIES = [[0, 3, "A"], [6, 9, "B"]]
PAIR = [TEXT, {"entities": ENTITIES, "cats": {}}]
BY_KEY = SpacyReader(SpacyOptions(spans="sc"))


def of_file(folder: Path, name: str, content: str | bytes, reader: Any = READER) -> Outcome:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return outcome(reader, path)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([PAIR, ["none", {"entities": []}]]),
        json.dumps([PAIR, ["none", {"entities": []}]], indent=1),
        "\ufeff" + json.dumps(PAIR) + "\r\n\r\n" + json.dumps(["none", {"entities": []}]) + "\r\n",
        json.dumps({"classes": ["A"], "annotations": [PAIR, ["none", {"entities": []}]]}),
        f"TRAIN = {[(TEXT, {'entities': [(0, 3, 'A'), (6, 9, 'B')]}), ('none', {'entities': []})]}",
    ],
    ids=["array", "pretty", "lines", "wrapped", "python"],
)
def test_texts_beside_entities(content: str, tmp_path: Path) -> None:
    found = of_file(tmp_path, "file", content)
    assert (found.surfaces, found.problems) == ([["Ann", "Lee"], []], [])
    assert found.labels == [["A", "B"], []]
    assert READER.sniff(read_head(tmp_path / "file")) >= LIKELY
    assert found.notes == [
        "offsets count code points, ends excluded (judged by 1 span that other units would cut)"
    ]


def test_other_spellings_of_entities(tmp_path: Path) -> None:
    entities = [{"start": 0, "end": 3, "label": "A"}, ["6", 9.0, "B", "Q1"]]
    assert of_json(READER, tmp_path, [TEXT, {"entities": entities}]).surfaces == [["Ann", "Lee"]]


def test_groups_of_spans(tmp_path: Path) -> None:
    groups = {"sc": [[0, 9, "C"], [0, 3, "A"]]}
    records = [[TEXT, {"entities": ENTITIES, "spans": groups}], [TEXT, {"spans": {"other": []}}]]
    found = of_json(BY_KEY, tmp_path, *records)
    assert (found.surfaces, found.kinds) == ([[TEXT, "Ann"]], ["not annotated"])


def test_nulls_are_left_out_and_counted(tmp_path: Path) -> None:
    found = of_file(tmp_path, "f.json", json.dumps({"classes": [], "annotations": [None, PAIR]}))
    assert (found.ids, found.notes[1:]) == (["f-2"], ["1 entries are null; left out"])


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (["Ann", {}], "not annotated"),
        (["Ann", {"cats": {"A": 1}}], "not annotated"),
        (["Ann", {"entities": "none"}], "not annotated"),
        (["", {"entities": []}], "no text"),
        (["Ann"], "wrong shape"),
        (["Ann", ["Bob"]], "wrong shape"),
        ([5, {"entities": []}], "wrong shape"),
        ({"text": "Ann"}, "wrong shape"),
        (["Ann", {"entities": [[0, 3]]}], "wrong shape"),
        (["Ann", {"entities": [[0, 3, 7]]}], "wrong shape"),
        (["Ann", {"entities": ["Ann"]}], "wrong shape"),
        (["Ann", {"entities": [["x", 3, "A"]]}], "offsets"),
        (["Ann", {"entities": [[0, 9, "A"]]}], "offsets"),
        (["Ann", {"entities": [[2, 2, "A"]]}], "offsets"),
        (["Ann", {"entities": [[0, 3, ""]]}], "no label"),
    ],
)
def test_refused(record: Any, kind: str, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, PAIR, record)
    assert (found.kinds, len(found.documents)) == ([kind], 1)
    assert "Ann" not in str(found.problems)


def test_a_broken_line_spoils_only_itself(tmp_path: Path) -> None:
    lines = [json.dumps(PAIR), '["Ann", {"entities"', json.dumps(PAIR)]
    found = of_file(tmp_path, "f.jsonl", "\n".join(lines))
    assert (found.ids, found.kinds) == (["f-1", "f-3"], ["broken line"])
    assert found.problems[0].line == 2


PYTHON = '''"""Entities of "people" (and others)."""
import plac
LABELS = ["A", "B"]  # don't count: [
TRAIN_DATA = [
    # (not this one: "entities")
    ("Ann 😀 Lee", {"entities": [(0, 3, "A"), (6, 9, "B")]}),
    ('It\\'s "Ann"', {'entities': []}),
    ("""three
lines "Ann" """, {"entities": []}),
    (f"{name}", {"entities": []}),
    ("call", {"entities": [(len("Ann"), 3, "A")]}),
    ["list", {"entities": []}],
]
def main(model=("a", "entities")):
    nlp.update([text for text in TRAIN_DATA])
'''


def test_python_is_read_and_not_run(tmp_path: Path) -> None:
    found = of_file(tmp_path, "train.py", PYTHON)
    assert [each.text for each in found.documents] == [
        TEXT,
        'It\'s "Ann"',
        'three\nlines "Ann" ',
        "list",
    ]
    assert found.surfaces[0] == ["Ann", "Lee"]
    assert [(each.kind, each.line) for each in found.problems] == [
        ("broken line", 10),
        ("broken line", 11),
    ]
    assert "names and calls are not evaluated" in found.problems[0].reason
    assert "Ann" not in str(found.problems)


@given(st.text("[](){}'\"#\\\n,a1 ", max_size=40))
def test_no_source_is_too_strange(source: str) -> None:
    for record in list_items(source, re.compile("")):
        assert record.line >= 1
        assert record.raw.decode() in source


def paragraph(*tokens: tuple[str, str], **more: Any) -> dict[str, Any]:
    sentence = {"tokens": [{"orth": word, "ner": tag} for word, tag in tokens]}
    return {"sentences": [sentence], **more}


TAGGED = (("Ann", "B-A"), ("Lee", "L-A"), ("``", "O"), ("😀", "O"), ("Rome", "U-B"), (".", "O"))


def test_paragraphs_with_their_text(tmp_path: Path) -> None:
    found = of_json(
        READER,
        tmp_path,
        {"id": 7, "paragraphs": [paragraph(*TAGGED, raw='Ann  Lee "😀 Rome.\n')]},
    )
    assert (found.surfaces, found.ids) == ([["Ann  Lee", "Rome"]], ["7"])
    assert found.documents[0].meta == {}
    assert found.notes[0] == "tags are BILUO (2 entities)"


def test_paragraphs_without_text_are_rebuilt(tmp_path: Path) -> None:
    two = [paragraph(*TAGGED), paragraph(("none", "O"))]
    found = of_json(READER, tmp_path, {"id": 7, "paragraphs": two}, {"paragraphs": two[1:]})
    assert found.documents[0].text.startswith("Ann Lee")
    assert found.ids == ["7-1", "7-2", "rows-2"]
    assert found.documents[0].meta == {"text": "rebuilt"}


def test_paragraphs_of_version_three(tmp_path: Path) -> None:
    tokens = [{"orth": "Ann"}, {"orth": "Lee"}]
    given = {"raw": "Ann Lee", "sentences": [{"tokens": tokens}], "entities": [[0, 3, "A"]]}
    found = of_json(READER, tmp_path, {"id": 0, "paragraphs": [given]})
    assert found.surfaces == [["Ann"]]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (paragraph(("Ann", "-"), ("Lee", "O")), "partial gold"),
        (paragraph(("Ann", "-")), "not annotated"),
        (paragraph(("Ann", "-"), raw="Ann"), "not annotated"),
        (paragraph(("Ann", "B-A"), raw="Bob"), "text"),
        (paragraph(("Ann", "nothing")), "tag"),
        (paragraph(), "no text"),
        ({"sentences": "Ann"}, "wrong shape"),
        ("Ann", "wrong shape"),
    ],
)
def test_paragraphs_refused(given: Any, kind: str, tmp_path: Path) -> None:
    good = {"id": 1, "paragraphs": [paragraph(*TAGGED)]}
    found = of_json(READER, tmp_path, good, {"id": 2, "paragraphs": [given]})
    assert (found.ids, found.kinds) == (["1"], [kind])
    assert found.problems[0].id == "2"
    assert "Ann" not in found.problems[0].reason


def test_records_without_paragraphs(tmp_path: Path) -> None:
    good = {"id": 1, "paragraphs": [paragraph(*TAGGED)]}
    found = of_json(READER, tmp_path, good, {"id": 2}, [1], {"id": 3, "paragraphs": {}})
    assert (found.ids, found.kinds) == (["1"], ["wrong shape"] * 3)


def test_a_sentence_a_line(tmp_path: Path) -> None:
    lines = "Ann|NNP|B-A Lee|NNP|I-A ||SYM|O\n\nRome|U-B .|O\nAnn|x\nAnn\n|O\n"
    found = of_file(tmp_path, "f.iob", lines.encode() + b"\xff|O\n")
    assert [each.text for each in found.documents] == ["Ann Lee |", "Rome ."]
    assert (found.surfaces, found.ids) == ([["Ann Lee"], ["Rome"]], ["f-1", "f-3"])
    assert found.kinds == ["tag", "broken line", "broken line", "broken line"]
    assert [each.line for each in found.problems] == [4, 5, 6, 7]


def docs(*given: tuple[str, list[Any], dict[str, Any]], **options: Any) -> bytes:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    made = []
    for text, entities, groups in given:
        doc = nlp.make_doc(text)
        if entities is not None:
            doc.ents = [doc.char_span(*entity) for entity in entities]
        for key, spans in groups.items():
            doc.spans[key] = [doc.char_span(*span) for span in spans]
        made.append(doc)
    binary: bytes = spacy.tokens.DocBin(docs=made, **options).to_bytes()
    return binary


def test_a_doc_bin(tmp_path: Path) -> None:
    content = docs(
        (TEXT, ENTITIES, {"sc": [[0, 9, "C"], [0, 3, "A"]]}), ("王芳 \n\n none", [], {"sc": []})
    )
    found = of_file(tmp_path, "d.spacy", content)
    assert (found.surfaces, found.labels) == ([["Ann", "Lee"], []], [["A", "B"], []])
    assert [each.text for each in found.documents] == [TEXT, "王芳 \n\n none"]
    assert found.notes == [
        "2 spans in 2 documents, by the offsets of spaCy itself",
        "span groups hold 1 spans that are no entities, not read; read a group with "
        "--option spans=KEY: sc (1)",
    ]

    assert of_file(tmp_path, "d", content, BY_KEY).surfaces == [[TEXT, "Ann"], []]
    assert READER.sniff(read_head(tmp_path / "d")) == CERTAIN


def test_a_doc_bin_with_spans_in_groups_only(tmp_path: Path) -> None:
    content = docs((TEXT, [], {"sc": [[0, 9, "C"]]}), (TEXT, [], {}))
    with pytest.raises(InputError, match=r"spans=KEY: sc \(1\)"):
        of_file(tmp_path, "d.spacy", content)


def test_docs_that_are_not_annotated(tmp_path: Path) -> None:
    content = docs((TEXT, None, {"sc": [], "b c": []}), ("", [], {}), (TEXT, ENTITIES, {}))
    found = of_file(tmp_path, "d.spacy", content)
    assert (found.ids, found.kinds) == (["d-3"], ["not annotated", "no text"])
    assert "name one with --option spans=KEY: sc" in found.problems[0].reason
    assert of_file(tmp_path, "d.spacy", content, BY_KEY).ids == ["d-1"]


def test_docs_that_are_partly_annotated(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    doc = spacy.blank("en").make_doc("Ann met Bob")
    doc.set_ents([doc.char_span(0, 3, "A")], default="missing")
    found = of_file(tmp_path, "d.spacy", spacy.tokens.DocBin(docs=[doc]).to_bytes())
    assert found.kinds == ["partial gold"]


def test_docs_without_spaces(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    doc = spacy.tokens.Doc(spacy.blank("en").vocab, words=["Ann", "met"], ents=["B-A", "O"])
    assert doc.has_unknown_spaces
    found = of_file(tmp_path, "d.spacy", spacy.tokens.DocBin(docs=[doc]).to_bytes())
    assert (found.surfaces, found.documents[0].meta) == ([["Ann"]], {"text": "rebuilt"})
    assert found.notes[1].startswith("1 texts are rebuilt from words")


def test_a_damaged_doc_bin(tmp_path: Path) -> None:
    content = docs((TEXT, ENTITIES, {}), (TEXT, [], {}))
    path = tmp_path / "d.spacy"
    inside = zlib.decompress(content)
    variants = [content[:at] for at in range(2, len(content), 25)]
    variants += [zlib.compress(inside[:at]) for at in range(8, len(inside), 40)]
    variants += [
        zlib.compress(inside[:at] + b"\xc1" + inside[at + 1 :]) for at in range(0, len(inside), 60)
    ]
    messages: list[str] = []
    for variant in variants:
        path.write_bytes(variant)
        assert gc.isenabled()
        try:
            list(READER.read(path))
        except InputError as error:
            messages.append(str(error))
    assert gc.isenabled()
    assert len(messages) > len(variants) / 2
    assert all("is no DocBin" in message and "Ann" not in message for message in messages)


def test_spacy_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = docs((TEXT, ENTITIES, {}))
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pii-sft\[spacy\]'"):
        of_file(tmp_path, "d.spacy", content)


@pytest.mark.parametrize(
    "content",
    [
        b"x\x9c\x03\x00\x00\x00\x00\x01",
        b"x plain",
        b'[["a", {"cats": {}}]]',
        b'{"paragraphs": [{"context": "a", "qas": []}]}',
        b'{"annotations": [["a", {}]]}',
        b'["a", "b"]',
        b"a | b\n",
        b"Ann|NNP Lee|NNP\n",
        b"x = [1, 2]\n",
        b"( " + b"#" * 200 + b"\n\n" * 50 + b"{ 49, ('a",
        b"a|b|c|O " * 50 + b"x\n",
    ],
)
def test_what_is_not_claimed(content: bytes) -> None:
    assert READER.sniff(Head(Path("x"), content)) == NO


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.text("[]{}()|\"',:aO1\n😀", max_size=40)
    | st.binary(max_size=40).map(lambda b: b"x" + b)
)
def test_no_file_is_too_strange(content: str | bytes, tmp_path: Path) -> None:
    try:
        found = of_file(tmp_path, "f", content)
    except InputError:
        return
    assert all(each.kind for each in found.problems)


def test_shape_of_ner_annotator(shared_data: Path) -> None:
    path = shared_data / "fixtures/shapes_from_docs/spacy_v2_ner_annotator.json"
    found = outcome(READER, path)
    assert found.documents[0].text == SAMPLE + "\r"
    assert (found.surfaces, found.problems) == ([SAMPLE_SURFACES, []], [])
    assert "offsets count code points, ends excluded" in found.notes[0]


SENTENCES = [
    [("Sebastian Thrun", "PERSON"), ("Google", "ORG"), ("2007", "DATE")],
    [("American", "NORP"), ("Thrun", "PERSON"), ("Recode", "ORG"), ("earlier this week", "DATE")],
]


def test_published_files_of_version_two(shared_data: Path) -> None:
    """The same two sentences, in JSON and one a line."""
    folder = shared_data / "fixtures/spacy_v2_convert"
    found = outcome(READER, folder / "ner-sent-per-line.iob")
    assert found.problems == []
    assert [
        list(zip(surfaces, labels, strict=True))
        for surfaces, labels in zip(found.surfaces, found.labels, strict=True)
    ] == SENTENCES
    found = outcome(READER, folder / "ner-token-per-line.json")
    assert found.problems == []
    both = [entity for sentence in SENTENCES for entity in sentence]
    assert list(zip(found.surfaces[0], found.labels[0], strict=True)) == both


def test_published_doc_bins(shared_data: Path) -> None:
    folder = shared_data / "fixtures/spacy_docbin"
    found = outcome(READER, folder / "demo.spacy")
    assert (found.labels, len(found.documents)) == ([["PERSON"]], 1)
    made = folder / "made_overlapping_spans.spacy"
    found = outcome(READER, made)
    assert (found.documents[0].text, found.surfaces) == (SAMPLE, [SAMPLE_SURFACES, []])
    assert outcome(BY_KEY, made).documents[0].spans == (
        Span(3, 12, "PERSON"),
        Span(3, 6, "GIVENNAME"),
        Span(9, 12, "SURNAME"),
    )


def test_a_doc_bin_is_converted_by_a_process_of_its_own(tmp_path: Path, pii_sft: Program) -> None:
    """A read of as much as a file may have took all the memory that such a process may have."""
    spacy = pytest.importorskip("spacy")
    doc = spacy.blank("en")("Ann Lee lives here")
    doc.ents = [spacy.tokens.Span(doc, 0, 2, "PERSON")]
    (tmp_path / "d.spacy").write_bytes(spacy.tokens.DocBin(docs=[doc]).to_bytes())
    done = pii_sft("convert", "d.spacy", "--to", "documents", "--split", "off", "--out", "o")
    assert done.returncode == 0, done.stderr
    assert "Ann Lee" in (tmp_path / "o/documents.jsonl").read_text()
