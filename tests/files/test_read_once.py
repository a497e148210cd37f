"""Pipes and standard input, read by several in turn."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from pii_sft.errors import InputError
from pii_sft.files import digest, limited, open_binary, read_lines, reading_once


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_bytes(b"line\n" * 50_000), daemon=True).start()
    return path


def test_a_pipe_is_read_again_and_again(pipe: Path) -> None:
    with reading_once():
        with open_binary(pipe) as head:
            assert head.read(7) == b"line\nli"
        assert sum(1 for _ in read_lines(pipe)) == 50_000
        with open_binary(pipe) as one, open_binary(pipe) as other:
            assert (one.readline(), other.readline(), one.seek(0), one.read(4)) == (
                *(b"line\n", b"line\n", 0, b"line"),
            )
        assert len(digest(pipe)) == 64


def test_outside_nothing_is_taken_from_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InputError, match="give its content as a file"):
        open_binary(path)


def test_standard_input_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"a\nb\n"))))
    for _ in range(3):
        assert [line for _, line in read_lines(Path("-"))] == [b"a", b"b"]


def test_devices_without_an_end_are_refused() -> None:
    with reading_once():
        with pytest.raises(InputError, match="is a device"):
            open_binary(Path("/dev/zero"))
        with open_binary(Path(os.devnull)) as stream:
            assert stream.read() == b""


def test_a_pipe_may_be_too_long(pipe: Path) -> None:
    with (
        reading_once(),
        limited(file=1000),
        pytest.raises(InputError, match="--max-file-size"),
    ):
        open_binary(pipe)
