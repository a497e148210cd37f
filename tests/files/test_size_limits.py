"""Inputs that are too large are refused, by whatever reader."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

from pii_sft.converters import READERS
from pii_sft.converters.detect import read_annotations
from pii_sft.converters.files.csv_tables import read_table
from pii_sft.converters.files.json_records import read_records
from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from pii_sft.files import encode, limited, open_binary, parsed_size, read_lines, size_limits
from pii_sft.files.size_limits import shown_size
from pii_sft.inference.text_source import TextSource

LONG = "x" * 5000


def test_sizes_as_people_write_them() -> None:
    assert [parsed_size(each) for each in ("7", "64MB", "2 g", "1KiB")] == [
        *(7, 64 << 20, 2 << 30, 1 << 10)
    ]
    for wrong in ("", "0", "MB", "-1", "1e9", "64 bits"):
        with pytest.raises(UsageError, match="no size"):
            parsed_size(wrong)
    assert [shown_size(each) for each in (64 << 20, 3 << 30, 1 << 10, 1001)] == [
        *("64MB", "3GB", "1KB", "1001 bytes")
    ]


def test_a_file_may_be_too_large(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(LONG)
    with limited(file=4999), pytest.raises(InputError, match="--max-file-size"):
        open_binary(path)
    with limited(file=5000), open_binary(path) as stream:
        assert len(stream.read()) == 5000


def test_a_line_may_be_too_long(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    row = json.dumps({"id": "a", "text": "x" * 3_000_000, "spans": []})
    path.write_text('{"a": 1}\n' + row + "\n")
    with limited(record=1000):
        with pytest.raises(InputError, match=r"in\.jsonl:2 has more than"):
            list(read_lines(path))
        assert [bool(each.error) for each in read_records(path)] == [False, True]
        with pytest.raises(InputError, match=r"in\.jsonl:2 has more than"):
            convert([path], source="documents", out=tmp_path / "out")
    assert [number for number, _ in read_lines(path)] == [1, 2]


WORDS = "Ann lives in Rome. " * 30

RECORDS = {
    "documents": ("in.jsonl", json.dumps({"id": "a", "text": WORDS, "spans": []})),
    "ai4privacy": ("in.jsonl", json.dumps({"source_text": WORDS, "privacy_mask": []})),
    "presidio": ("in.json", json.dumps({"full_text": WORDS, "spans": [], "template_id": 1})),
    "conll": ("in.conll", "Ann B-PER\n" + "word O\n" * 99 + "Rome B-LOC"),
    "inline": ("in.txt", f"[Ann](PER) {WORDS.strip()}"),
    "nemotron": ("in.csv", f'a,"{WORDS}","[]"'),
}
"""A file, and the one record of it that counts."""

AROUND = {"presidio": ("[", "]"), "nemotron": ("uid,text,spans\n", "\n"), "conll": ("", "\n\n")}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("name", RECORDS)
def test_the_limit_is_exact(name: str, line_end: str, tmp_path: Path) -> None:
    file, record = RECORDS[name]
    before, after = AROUND.get(name, ("", line_end))
    path = tmp_path / file
    path.write_bytes((before + record + after).encode())

    def documents() -> int:
        return len(list(read_annotations([path], name)))

    with limited(record=len(record)):
        assert documents() == 1
        done = convert([path], source=name, out=tmp_path / "out", split="off")
        assert sum(each.documents for each in done.manifest.splits.values()) == 1
    with limited(record=len(record) - 1):
        with pytest.raises(InputError, match="--max-record-size"):
            documents()
        with pytest.raises(InputError, match="--max-record-size"):
            convert([path], source=name, out=tmp_path / "none", split="off")


def test_the_limit_holds_for_lines_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    row = json.dumps({"id": "a", "text": WORDS, "spans": []})
    path.write_text('{"id": "b", "text": "x", "spans": []}\n' * 20_000 + row + "\n")
    for source in ("documents", "auto"):
        with limited(record=len(row) - 1), pytest.raises(InputError, match=r"in\.jsonl:20001 "):
            convert([path], source=source, out=tmp_path / "out", split="off")
    with limited(record=len(row)):
        convert([path], source="documents", out=tmp_path / "out", split="off")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_the_limit_of_a_row_of_a_table(kind: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / f"in.{kind}"
    row = {"text": WORDS, "figures": [0.5] * 100}
    table = pa.Table.from_pylist([row])
    if kind == "parquet":
        parquet.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    size = len(encode(row))
    for most, error in ((size, False), (size - 1, True)):
        with limited(record=most):
            (record,) = read_records(path)
        assert bool(record.error) is error


def test_the_limit_of_a_text_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(WORDS)
    (tmp_path / "a.ann").write_text("T1\tPER 0 3\tAnn\n")
    for most, error in ((len(WORDS), False), (len(WORDS) - 1, True)):
        for read in (
            lambda: list(read_annotations([tmp_path], "brat")),
            lambda: list(TextSource([tmp_path / "a.txt"]).documents()),
        ):
            with limited(record=most):
                if error:
                    with pytest.raises(InputError, match="--max-record-size"):
                        read()
                else:
                    assert len(read()) == 1


def test_a_record_that_is_too_large_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    row = {"source_text": "Ann", "privacy_mask": []}
    rows = [row, row | {"source_text": "x" * 3_000_000}, row | {"source_text": "Bob"}]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows * 2))
    with limited(record=1000):
        done = convert(
            [path], source="ai4privacy", out=tmp_path / "out", on_error="quarantine", split="off"
        )
    assert done.rejected == 2


def test_a_line_at_the_start_may_be_too_long(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"a": 1}\n' + json.dumps({"text": LONG}) + '\n{"a": 2}\n')
    with limited(record=1000):
        errors = [record.error for record in read_records(path)]
    assert [bool(error) for error in errors] == [False, True, False]


def test_a_value_of_an_array_may_be_too_large(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps([{"a": 1}, {"text": "x" * 3_000_000}]))
    with limited(record=1000):
        first, second = read_records(path)
    assert (first.value, first.error) == ({"a": 1}, "")
    assert "--max-record-size" in second.error


def test_a_quote_that_nothing_closes(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('text,label\na,b\n"' + "line\n" * 5000)
    with limited(record=1000):
        first, second, *_ = read_table(path)
    assert first.value == {"text": "a", "label": "b"}
    assert "--max-record-size" in second.error


@pytest.mark.parametrize("name", ["i2b2", "webanno", "spacy", "brat"])
def test_formats_that_are_read_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / ("in.ann" if name == "brat" else "in.py")
    path.write_text("x = [('a', {'entities': []})]\n" + "# more\n" * 2000)
    path.with_suffix(".txt").write_text(LONG)
    with limited(file=1000), pytest.raises(InputError, match="--max-file-size"):
        list(READERS.get(name).read(path))


def test_a_small_doc_bin_of_a_large_corpus(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin

    path = tmp_path / "in.spacy"
    doc = spacy.blank("en")("Ann came. " * 2_000)
    doc.ents = []
    path.write_bytes(DocBin([*("ENT_IOB", "ENT_TYPE")], docs=[doc] * 10).to_bytes())
    with limited(file=1 << 16), pytest.raises(InputError, match="--max-file-size"):
        list(READERS.get("spacy").read(path))


def test_many_columns_are_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a," * 200_000 + "b\n" + "1," * 200_000 + "2\n")
    (row,) = read_table(path)
    assert len(row.value) == 200_001


def test_no_more_memory_is_asked_for_than_a_file_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gives a read all that it asks for before it looks at the file."""
    asked = []

    class Stream(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    monkeypatch.setattr(size_limits, "_PIECE", 4)
    assert size_limits.read_whole(Stream(b"0123456789"), "file") == b"0123456789"
    assert asked == [4, 4, 4, 4]
    with size_limits.limited(file=9), pytest.raises(InputError, match="more than 9 bytes"):
        size_limits.read_whole(Stream(b"0123456789"), "file")
