"""Reading and writing: atomic, private, streaming."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from pii_sft import files
from pii_sft.errors import InputError, RecordError, UsageError
from pii_sft.files import (
    STANDARD_STREAM,
    Staging,
    check_output,
    decode_document,
    digest,
    make_private,
    read_documents,
    read_json,
    read_lines,
    write_bytes,
    write_documents,
    write_json,
)
from pii_sft.spans import Document, Span
from tests.conftest import annotated


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def failing(work: Callable[[Staging], object], overwrite: bool = False) -> None:
    """Do some work in a staging that fails at its end."""
    with Staging(overwrite) as staging:
        work(staging)
        raise KeyboardInterrupt


@pytest.mark.usefixtures("open_umask")
def test_new_folders_are_private_and_old_ones_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    created = make_private(tmp_path / "a" / "b")
    assert created == [tmp_path / "a" / "b", tmp_path / "a"]
    assert [mode(folder) for folder in created] == [0o700, 0o700]
    assert mode(tmp_path) == 0o755
    assert make_private(tmp_path / "a" / "b") == []


@pytest.mark.usefixtures("open_umask")
def test_staged_files_appear_together(tmp_path: Path) -> None:
    one, two = tmp_path / "new" / "one", tmp_path / "new" / "deep" / "two.jsonl"
    with Staging() as staging:
        staging.open(one).write(b"1")
        staging.jsonl(two).write({"ü": [1]})
        assert not one.exists()
        assert not two.exists()
        assert all(mode(path) == 0o600 for path in tmp_path.rglob("*.part"))
    assert one.read_bytes() == b"1"
    assert two.read_bytes() == '{"ü":[1]}\n'.encode()
    assert mode(one) == mode(two) == 0o600
    assert mode(two.parent) == 0o700
    assert not list(tmp_path.rglob("*.part"))


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"before")

    def work(staging: Staging) -> None:
        staging.open(old).write(b"after")
        staging.open(tmp_path / "new" / "file").write(b"x")
        staging.succeed([old])

    with pytest.raises(KeyboardInterrupt):
        failing(work, overwrite=True)
    assert old.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [old]


def test_a_failure_keeps_folders_that_others_use(tmp_path: Path) -> None:
    def work(staging: Staging) -> None:
        staging.open(tmp_path / "new" / "file").write(b"x")
        (tmp_path / "new" / "foreign").write_bytes(b"")

    with pytest.raises(KeyboardInterrupt):
        failing(work)
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "foreign"]


def test_leftovers_go_when_the_others_appear(tmp_path: Path) -> None:
    stale, kept = tmp_path / "stale", tmp_path / "kept"
    stale.write_bytes(b"old")
    kept.write_bytes(b"old")
    with Staging(overwrite=True) as staging:
        staging.succeed([stale, kept, tmp_path / "never there"])
        staging.open(kept).write(b"new")
        assert stale.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.read_bytes() == b"new"


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"1")
    with pytest.raises(UsageError, match="--overwrite"):
        write_bytes(path, b"2")
    with pytest.raises(UsageError):
        failing(lambda staging: [staging.open(each) for each in (tmp_path / "other", path)])
    assert path.read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [path]
    write_bytes(path, b"3", overwrite=True)
    assert path.read_bytes() == b"3"
    check_output(path, overwrite=True)
    check_output(STANDARD_STREAM, overwrite=False)


def test_standard_streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, write_through=True))
    write_bytes(Path("-"), b"a\n")
    write_documents(Path("-"), [Document("d", "ü")])
    assert out.getvalue().startswith('a\n{"id":"d","text":"ü"'.encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\n\n2")))
    assert list(read_lines(Path("-"))) == [(1, b"1"), (3, b"2")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\xef\xbb\xbf", []),
        (b"\xef\xbb\xbfa\r\n\r\n b \n", [(1, b"a"), (3, b" b ")]),
        (b"a\xe2\x80\xa8b\x0bc\n", [(1, b"a\xe2\x80\xa8b\x0bc")]),
        (b"a\n\xef\xbb\xbfb", [(1, b"a"), (2, b"\xef\xbb\xbfb")]),
    ],
)
def test_lines(content: bytes, lines: list[tuple[int, bytes]], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert list(read_lines(path)) == lines


def test_unreadable_files(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError) as caught:
            list(read_lines(path))
        assert caught.value.problems[0].file == str(path)
        with pytest.raises(InputError):
            digest(path)


def test_documents_there_and_back(tmp_path: Path) -> None:
    documents = [
        annotated("a", 'Ann 😀 \u2028\n\r\\ "x" Lee', ("Lee", "PERSON"), group="1"),
        annotated("b", "王小明。", ("王小明", "姓名")),
        annotated("c", ""),
    ]
    path = tmp_path / "out" / "documents.jsonl"
    write_documents(path, iter(documents))
    assert list(read_documents(path)) == documents
    assert len(path.read_bytes().splitlines()) == 3
    assert json.loads(path.read_bytes().splitlines()[1]) == {
        "id": "b",
        "text": "王小明。",
        "spans": [{"start": 0, "end": 3, "label": "姓名"}],
        "meta": {},
    }
    with pytest.raises(UsageError):
        write_documents(path, documents)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"{", "broken line"),
        (b'{"id": "a", "text": "not annotated"}', "wrong shape"),
        (b'{"text": "\xff", "spans": []}', "broken line"),
        (b'{"text": "\\ud83d", "spans": []}', "broken line"),
        (b'{"text": "secret"}', "wrong shape"),
        (
            b'{"text": "secret", "spans": [{"start": "secret", "end": 1, "label": "P"}]}',
            "wrong shape",
        ),
        (b'{"text": "secret", "spans": [{"start": 0, "end": 9, "label": "P"}]}', "offsets"),
    ],
)
def test_broken_documents(line: bytes, kind: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        decode_document(line, "d")
    assert caught.value.kind == kind
    assert "secret" not in str(caught.value)
    path = tmp_path / "file.jsonl"
    path.write_bytes(b'{"text": "ok", "spans": []}\n\n' + line)
    documents = read_documents(path)
    assert next(documents).id == "file-1"
    with pytest.raises(InputError) as stopped:
        next(documents)
    assert (stopped.value.problems[0].line, stopped.value.problems[0].kind) == (3, kind)


@pytest.mark.parametrize(
    ("id", "wanted"), [("7", "7"), ('"x"', "x"), ("null", "fallback"), ('""', "")]
)
def test_ids_become_strings(id: str, wanted: str) -> None:
    line = f'{{"id": {id}, "text": "a", "spans": [], "other": 1}}'
    assert decode_document(line.encode(), "fallback").id == wanted


class Shape(msgspec.Struct):
    number: int


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"number": 1, "名": "ü"})
    assert path.read_text("utf-8") == '{\n  "number": 1,\n  "名": "ü"\n}\n'
    assert mode(path) == 0o600
    assert read_json(path, Shape) == Shape(1)


@pytest.mark.parametrize("content", [b"", b"{", b'{"number": "x"}', b"[]", b'{"number": "\xff"}'])
def test_damaged_json(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_json(path, Shape)
    assert caught.value.problems[0].kind == "unreadable JSON"


def test_missing_json(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is missing"):
        read_json(tmp_path / "file.json", Shape)


def test_digest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 100_000)
    assert digest(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_spans_are_encoded_by_name() -> None:
    assert files.encode(Span(0, 1, "P")) == b'{"start":0,"end":1,"label":"P"}'
