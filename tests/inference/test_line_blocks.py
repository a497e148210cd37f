"""Lines of a stream come out whole, in order, and soon."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pii_sft.inference.line_blocks import line_blocks

Feed = Callable[[Callable[[int], None]], int]


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Starts a writer on a pipe and gives the end to read from."""
    opened: list[int] = []
    threads: list[threading.Thread] = []

    def start(write: Callable[[int], None]) -> int:
        reading, writing = os.pipe()
        opened.append(reading)

        def run() -> None:
            write(writing)
            os.close(writing)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return reading

    yield start
    for thread in threads:
        thread.join()
    for handle in opened:
        os.close(handle)


def test_everything_comes_out_in_whole_lines(feed: Feed) -> None:
    text = "".join(f"Zeile {number} äö😀\x0b\u2028\n" for number in range(300)) + "no end"

    def write(handle: int) -> None:
        data = text.encode()
        for at in range(0, len(data), 7):
            os.write(handle, data[at : at + 7])

    blocks = list(line_blocks(feed(write), most_characters=100))
    assert "".join(blocks) == text
    assert all(block.endswith("\n") for block in blocks[:-1])
    assert max(map(len, blocks)) < 100 + 30
    assert len(blocks) > 10


def test_a_line_does_not_wait_for_the_next(feed: Feed) -> None:
    def write(handle: int) -> None:
        os.write(handle, b"first\nsec")
        time.sleep(0.6)
        os.write(handle, b"ond\n")

    blocks = line_blocks(feed(write), seconds=0.1)
    began = time.monotonic()
    assert next(blocks) == "first\n"
    assert time.monotonic() - began < 0.5
    assert list(blocks) == ["second\n"]


def test_a_line_waits_no_longer_because_others_drip(feed: Feed) -> None:
    def write(handle: int) -> None:
        for _ in range(12):
            os.write(handle, b"drip\n")
            time.sleep(0.05)

    blocks = list(line_blocks(feed(write), seconds=0.2))
    assert "".join(blocks) == "drip\n" * 12
    assert len(blocks) > 1


def test_a_line_without_an_end_is_bounded(feed: Feed) -> None:
    blocks = list(line_blocks(feed(lambda handle: _write_all(handle, b"x" * 200_000 + b"\xff"))))
    assert len(blocks) > 1
    assert "".join(blocks) == "x" * 200_000 + "\ufffd"


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
