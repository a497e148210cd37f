"""Tables are streamed row by row, and a broken row spoils only itself."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters.files.csv_tables import first_row, read_rows, read_table
from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.files.json_records import Record


def read(folder: Path, content: bytes) -> list[Record]:
    path = folder / "table"
    path.write_bytes(content)
    return list(read_table(path))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows(mark: bytes, end: bytes, tmp_path: Path) -> None:
    lines = [b"a,b", b'1,"x, ""y"""', b"", b'2,"z', b'z"', b"3"]
    found = read(tmp_path, mark + end.join(lines))
    assert [record.value for record in found] == [
        {"a": "1", "b": 'x, "y"'},
        {"a": "2", "b": "z" + end.decode() + "z"},
        {"a": "3"},
    ]
    assert [record.line for record in found] == [2, 4, 6]
    assert [record.raw for record in found] == [lines[1], b'2,"z' + end + b'z"', b"3"]


def test_tabs(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b'"a"\t"b,c"\n1\t2,3\n')
    assert record.value == {"a": "1", "b,c": "2,3"}


def test_names_that_come_twice(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b"a,a,b,a\n1,2,3,4\n")
    assert record.value == {"a": "1", "a.1": "2", "b": "3", "a.2": "4"}


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (b"1,2,3", "has more cells than the header has names"),
        (b'"1"x,2', "',' expected after '\"'"),
        (b"\xff,2", "is not UTF-8"),
    ],
)
def test_a_broken_row(broken: bytes, error: str, tmp_path: Path) -> None:
    found = read(tmp_path, b"a,b\n1,2\n" + broken + b"\n3,4\n")
    assert [record.value and record.value["a"] for record in found] == ["1", None, "3"]
    assert (found[1].line, found[1].raw, found[1].error) == (3, broken, error)


def test_a_quote_that_nothing_closes(tmp_path: Path) -> None:
    found = read(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')
    assert [record.error for record in found] == ["", "unexpected end of data"]


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b\n", b'"'])
def test_no_rows(content: bytes, tmp_path: Path) -> None:
    assert [record.value for record in read(tmp_path, content) if not record.error] == []


def test_a_long_cell(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b"a,b\n1," + b"x" * 1_000_000 + b"\n")
    assert len(record.value["b"]) == 1_000_000


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(cells, cells), max_size=5),
    dialect=st.sampled_from(["excel", "excel-tab"]),
)
def test_what_csv_writes_is_read(rows: list[Any], dialect: str, tmp_path: Path) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, dialect, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    found = read(tmp_path, stream.getvalue().encode())
    assert [tuple(record.value.values()) for record in found] == rows


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40) | st.text('a,"\n\r\t1é', max_size=40).map(str.encode))
def test_no_file_is_too_strange(content: bytes, tmp_path: Path) -> None:
    for record in read(tmp_path, content):
        assert record.line >= 1
        assert bool(record.error) == (record.value is None)


ROW = {"text": 'a,"b"\n😀', "spans": "[]"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", 'text,spans\n"a,""b""\n😀",[]\n'),
        ("rows.CSV", '\ufefftext,spans\r\n"a,""b""\n😀",[]\r\n'),
        ("rows.tsv", 'text\tspans\n"a,""b""\n😀"\t[]\n'),
        ("rows.jsonl", '{"text": "a,\\"b\\"\\n😀", "spans": "[]"}\n'),
        ("rows.json", '[{"text": "a,\\"b\\"\\n😀", "spans": "[]"}]'),
    ],
)
def test_the_same_row_in_every_file(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    (record,) = read_rows(path)
    assert record.value == ROW == first_row(read_head(path))


@pytest.mark.parametrize("content", ["", "text,spans", '"' + "x" * 200_000, "\x00\x00\n\x00"])
def test_no_first_row(content: str) -> None:
    assert set(first_row(Head(Path("a.csv"), content.encode()))) <= {"\x00\x00"}
