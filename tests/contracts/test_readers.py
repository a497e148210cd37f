"""What every registered reader promises; a new one needs a folder in tests/golden, no more."""

from __future__ import annotations

import inspect
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_sft.converters import READERS, Head, Note, Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.errors import InputError
from pii_sft.files import read_documents
from pii_sft.spans import Document
from tests.conftest import ROOT, THOROUGH

GOLDEN = ROOT / "tests" / "golden"
HEAD_BYTES = 1 << 16
PLACES_OF_DAMAGE = 25 if THOROUGH else 6
DAMAGE = (b"\xff\xfe", b'"', b"}", b"[", b"99999", b"\\ud83d", b"null")

every_reader = pytest.mark.parametrize("name", READERS.names())


def fixture_of(name: str) -> Path:
    """The golden input of a reader: a file or a folder called `input`, with any suffix."""
    found = sorted((GOLDEN / name).glob("input*"))
    assert len(found) == 1, f"tests/golden/{name} needs one input file, and expected.jsonl"
    return found[0]


def expected_of(name: str) -> list[Document]:
    return list(read_documents(GOLDEN / name / "expected.jsonl"))


def head_of(path: Path) -> Head:
    return Head(path, path.read_bytes()[:HEAD_BYTES] if path.is_file() else b"")


def documents_of(name: str, path: Path) -> list[Document]:
    """What a reader makes of an input without bad records."""
    made = [each for each in READERS.get(name).read(path) if not isinstance(each, Note)]
    documents = [each for each in made if isinstance(each, Document)]
    assert made == documents
    return documents


def copied(source: Path, folder: Path) -> Path:
    copy = folder / source.name
    shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    return copy


def files_of(path: Path) -> list[Path]:
    return sorted(each for each in (path, *path.rglob("*")) if each.is_file())


def read_damaged(name: str, path: Path, secrets: set[str]) -> None:
    """Read a file that may be broken, and look for secrets in all that can be shown of it."""
    seen = []
    try:
        for record in READERS.get(name).read(path):
            if isinstance(record, Rejected):
                seen += [str(record.problem), repr(record)]
            elif isinstance(record, Note):
                seen.append(record.text)
            else:
                seen.append(repr(record))
                assert all(0 <= span.start < span.end <= len(record.text) for span in record.spans)
    except InputError as error:
        seen += [str(error), repr(error)]
    for secret in secrets:
        assert not any(secret in message for message in seen), name


def damaged(content: bytes) -> Iterator[bytes]:
    for place in range(0, len(content), max(1, len(content) // PLACES_OF_DAMAGE)):
        yield content[:place]
        for damage in DAMAGE:
            yield content[:place] + damage + content[place + 1 :]


@every_reader
def test_reads_its_fixture(name: str) -> None:
    assert documents_of(name, fixture_of(name)) == expected_of(name)


@every_reader
def test_fixture_is_worth_reading(name: str) -> None:
    """Labels, an empty document, an offset behind a character of two UTF-16 units."""
    documents = expected_of(name)
    assert any(not document.spans for document in documents)
    assert any(
        ord(character) > 0xFFFF and document.text.index(character) < document.spans[-1].start
        for document in documents
        if document.spans
        for character in document.text
    )


@every_reader
def test_spans_are_sorted_and_inside_their_text(name: str) -> None:
    for document in documents_of(name, fixture_of(name)):
        assert list(document.spans) == sorted(
            set(document.spans), key=lambda span: (span.start, -span.end, span.label)
        )
        assert all(0 <= span.start < span.end <= len(document.text) for span in document.spans)


@every_reader
def test_ids_are_unique(name: str) -> None:
    ids = [document.id for document in expected_of(name)]
    assert len(set(ids)) == len(ids)


@every_reader
def test_knows_its_own_best(name: str) -> None:
    head = head_of(fixture_of(name))
    certainty = {other: READERS.get(other).sniff(head) for other in READERS.names()}
    own = certainty.pop(name)
    assert 0.5 < own <= 1
    assert all(0 <= each < own for each in certainty.values()), certainty


@every_reader
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\xff\xfe", b"plain text", b"[]", b'{"a"'])
def test_does_not_claim_what_it_cannot_know(name: str, content: bytes) -> None:
    assert READERS.get(name).sniff(Head(Path("unknown"), content)) < 0.5


@every_reader
def test_missing_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(READERS.get(name).read(tmp_path / "missing.json"))


@every_reader
@pytest.mark.parametrize("content", [b"\x00\x01\xff\xfe" * 50, b"]" * 50, b'{"x":1}\n7\n"s"\n'])
def test_foreign_file_is_rejected(name: str, content: bytes, tmp_path: Path) -> None:
    path = copied(fixture_of(name), tmp_path)
    for file in files_of(path):
        file.write_bytes(content)
    try:
        records = [each for each in READERS.get(name).read(path) if not isinstance(each, Note)]
    except InputError:
        return
    assert records
    assert all(isinstance(record, Rejected) for record in records)


@every_reader
def test_damage_is_a_problem_without_text(name: str, tmp_path: Path) -> None:
    secrets = {
        document.surface(span)
        for document in expected_of(name)
        for span in document.spans
        if span.end - span.start > 3
    }
    copy = copied(fixture_of(name), tmp_path)
    for path in files_of(copy):
        content = path.read_bytes()
        for variant in damaged(content):
            path.write_bytes(variant)
            read_damaged(name, copy, secrets)
        path.write_bytes(content)


@every_reader
def test_damage_spoils_no_other_line(name: str, tmp_path: Path) -> None:
    source = fixture_of(name)
    if source.suffix != ".jsonl":
        pytest.skip("not a format of one record a line")
    lines = source.read_bytes().splitlines(keepends=True)
    path = tmp_path / source.name
    path.write_bytes(b"".join([lines[0], b'{"id": \n', *lines[1:]]))
    records = list(READERS.get(name).read(path))
    problems = [record.problem for record in records if isinstance(record, Rejected)]
    assert [problem.line for problem in problems] == [2]
    texts = [record.text for record in records if isinstance(record, Document)]
    assert texts == [document.text for document in expected_of(name)]


@every_reader
def test_rejected_records_keep_their_bytes(name: str, tmp_path: Path) -> None:
    source = fixture_of(name)
    if source.suffix != ".jsonl":
        pytest.skip("not a format of one record a line")
    broken = b'{"id": 1, "text": 5, "input": 5}'
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes().rstrip() + b"\n" + broken + b"\n")
    (last,) = (each for each in READERS.get(name).read(path) if isinstance(each, Rejected))
    assert json.loads(last.raw) == json.loads(broken)


@every_reader
def test_is_documented(name: str) -> None:
    reader = READERS.get(name)
    assert reader.name == name
    for what in (type(reader), type(reader).read, type(reader).sniff):
        assert inspect.getdoc(what), what
    assert inspect.getdoc(inspect.getmodule(type(reader)))


@every_reader
def test_every_option_is_documented(name: str) -> None:
    reader = READERS.get(name)
    options = getattr(reader, "options", None)
    if options is None:
        pytest.skip("has no options")
    assert configured(reader, {}) == reader
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    page = text.partition("## Writers")[0].splitlines()
    row = "".join(line for line in page if line.startswith(f"| `{name}` |"))
    explained = inspect.getdoc(type(options)) or ""
    for option in options.__struct_fields__:
        assert re.search(rf"`{option}\b", row), option
        assert f"{option}: " in explained, option
