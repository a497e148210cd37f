"""Rows of tables, for every reader of JSON."""

from __future__ import annotations

import datetime
import io
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pii_sft.converters import READERS, Head, Note
from pii_sft.converters.detect import detect
from pii_sft.converters.files.arrow_tables import class_names, named_features, table_rows
from pii_sft.converters.files.json_records import read_records
from pii_sft.errors import InputError
from pii_sft.files import STANDARD_STREAM, limited
from pii_sft.files.size_limits import MB
from pii_sft.spans import Document, Span

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def stored(rows: list[dict[str, Any]], path: Path, metadata: dict[bytes, bytes]) -> Path:
    table = pa.Table.from_pylist(rows).replace_schema_metadata(metadata)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return path
    opened = pa.ipc.new_stream if path.suffix == ".arrow" else pa.ipc.new_file
    with opened(str(path), table.schema) as writer:
        writer.write_table(table)
    return path


every_suffix = pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])


@every_suffix
def test_rows_and_names(suffix: str, tmp_path: Path) -> None:
    rows = [{"text": "Zoë 😀", "n": number, "none": None} for number in range(2500)]
    info = {"info": {"features": {"n": {"names": ["O", "B-X"], "_type": "ClassLabel"}}}}
    path = stored(rows, tmp_path / f"rows{suffix}", {b"huggingface": json.dumps(info).encode()})
    assert list(table_rows(path)) == rows
    assert class_names(path) == {"n": ["O", "B-X"]}
    assert [record.value for record in read_records(path)] == rows
    record = next(read_records(path))
    assert (record.line, json.loads(record.raw)) == (0, rows[0])


@every_suffix
@pytest.mark.parametrize("metadata", [{}, {b"huggingface": b"{"}, {b"huggingface": b"[1]"}])
def test_without_names(suffix: str, metadata: dict[bytes, bytes], tmp_path: Path) -> None:
    assert class_names(stored([{"a": 1}], tmp_path / f"rows{suffix}", metadata)) == {}


@pytest.mark.parametrize(
    "info",
    [
        None,
        [],
        {},
        {"features": None},
        {"features": {"a": None}},
        {"features": {"a": {"names": None}}},
        {"features": {"a": {"names": [1, 2]}}},
        {"features": {"a": {"feature": {"feature": {}}}}},
        {"features": {"a": []}},
    ],
)
def test_features_without_names(info: Any) -> None:
    assert named_features(info) == {}


def test_values_that_json_does_not_have(tmp_path: Path) -> None:
    row = {"when": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "bytes": b"\xff"}
    (record,) = read_records(stored([row], tmp_path / "rows.parquet", {}))
    assert record.value == row
    assert json.loads(record.raw)["when"].startswith("2026-01-02")


def test_a_reader_of_json_reads_tables(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "😀 Ann", "spans": [{"start": 2, "end": 5, "label": "PER"}]},
        {"id": "b", "text": "Nobody", "spans": []},
    ]
    path = stored(
        [
            {
                "full_text": row["text"],
                "spans": [
                    {
                        "entity_type": s["label"],
                        "entity_value": "Ann",
                        "start_position": s["start"],
                        "end_position": s["end"],
                    }
                    for s in row["spans"]
                ],
            }
            for row in rows
        ],
        tmp_path / "rows.parquet",
        {},
    )
    assert detect(path) == "presidio"
    made = [each for each in READERS.get("presidio").read(path) if not isinstance(each, Note)]
    assert [each.spans for each in made if isinstance(each, Document)] == [
        (Span(2, 5, "PER"),),
        (),
    ]


def test_head_of_a_table(tmp_path: Path) -> None:
    path = stored([{"a": 1}, {"a": 2}], tmp_path / "rows.parquet", {})
    head = Head(path, path.read_bytes()[:64])
    assert head.records == [{"a": 1}, {"a": 2}]
    assert head.record == {"a": 1}


def test_unreadable(tmp_path: Path) -> None:
    for content in (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff\x00", b"PAR1" + b"x" * 99 + b"PAR1"):
        path = tmp_path / "rows"
        path.write_bytes(content)
        with pytest.raises(InputError, match="no readable Parquet or Arrow"):
            list(table_rows(path))
        with pytest.raises(InputError, match="no readable Parquet or Arrow"):
            class_names(path)


def test_from_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b"]})
    pq.write_table(table, tmp_path / "t.parquet")
    content = io.BufferedReader(io.BytesIO((tmp_path / "t.parquet").read_bytes()))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    assert list(table_rows(STANDARD_STREAM)) == [{"text": "a"}, {"text": "b"}]


def test_offsets_that_point_elsewhere(tmp_path: Path) -> None:
    """What killed the process: Arrow files say where strings are, and nothing checks it."""
    path = tmp_path / "t.arrow"
    table = pa.table({"text": ["first", "second", "third"]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    content = path.read_bytes()
    offsets = struct.pack("<4i", 0, 5, 11, 16)
    assert content.count(offsets) == 1
    for broken in ((0, 5, 11, 1 << 30), (0, -5, 11, 16), (0, 5, 3, 16)):
        path.write_bytes(content.replace(offsets, struct.pack("<4i", *broken)))
        with pytest.raises(InputError, match="no readable Parquet or Arrow"):
            list(table_rows(path))


MUTATIONS = 700 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 15


def table_bytes(kind: str) -> bytes:
    rows = [
        {"text": f"Ann Lee {at} lives", "spans": [{"label": "PERSON", "end": at}] * (at % 3)}
        for at in range(40)
    ]
    table = pa.Table.from_pylist(rows)
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, sink, compression="none", use_dictionary=False, row_group_size=16)
    else:
        new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=16)
    return sink.getvalue()


def mutated(content: bytes, random: Random) -> bytes:
    """Bits, numbers of four and eight bytes, and the length, changed in one to four places."""
    damaged = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(damaged) - 8)
        kind = random.randrange(4)
        if kind == 0:
            damaged[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            at -= at % 4
            wild = random.choice([-1, 1 << 30, -(1 << 31), random.randrange(1 << 12)])
            damaged[at : at + 4] = struct.pack("<i", wild)
        elif kind == 2:
            at -= at % 8
            wild = random.choice([-1, 1 << 40, -(1 << 63), len(damaged)])
            damaged[at : at + 8] = struct.pack("<q", wild)
        else:
            del damaged[at : at + random.randrange(1, 32)]
    return bytes(damaged)


def strings_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings_of(each)


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_mutated_files_are_errors_or_hold_their_own_bytes(kind: str, tmp_path: Path) -> None:
    whole, random, path = table_bytes(kind), Random(kind), tmp_path / "t"
    for number in range(MUTATIONS):
        damaged = mutated(whole, random)
        path.write_bytes(damaged)
        try:
            rows = list(table_rows(path))
        except InputError:
            continue
        assert all(each.encode() in damaged for row in rows for each in strings_of(row)), number


def test_a_small_file_of_large_rows_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["x" * 1_000_000] * 300}), path, compression="zstd")
    assert path.stat().st_size < 100_000
    with limited(file=100 * MB):
        assert sum(len(row["text"]) for row in table_rows(path)) == 300_000_000
    with limited(record=MB // 8), pytest.raises(InputError, match="--max-record-size"):
        list(table_rows(path))


def test_a_reader_that_stops_early_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["x" * 1000] * 5000}), path)
    rows = table_rows(path)
    assert next(rows) == {"text": "x" * 1000}
    rows.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
