"""Rows of published data sets, whatever the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head, read_head

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
