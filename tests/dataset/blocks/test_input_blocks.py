"""Inputs are cut into blocks by their content alone, and nothing falls between two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_sft.converters import READERS, Head, Note, ReadResult, Rejected
from pii_sft.dataset.blocks import input_blocks as blocks
from pii_sft.dataset.blocks.input_blocks import Lines, Packed, Records, blocks_of, cut_into_blocks
from pii_sft.errors import Problem
from pii_sft.spans import Document

REJECTED = Rejected(Problem("kind", "f", 3, "d", "reason"), b"raw")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)


def line(number: int) -> str:
    return f'{{"id": "d{number}", "text": "text {number} 王 \\u2028", "spans": []}}'


def read(path: Path) -> list[tuple[int, bytes, Document | Rejected]]:
    made = []
    for block in cut_into_blocks(path, READERS.get("documents"), {}, True):
        assert isinstance(block, Lines)
        made += list(block.records())
    return made


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n \t\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_lines_are_numbered_as_in_the_file(end: str, last: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    text = end.join(line(number) for number in range(30)) + (end if last else "")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    found = read(path)
    whole = list(READERS.get("documents").read(path))
    assert [record for _, _, record in found] == whole
    lines = path.read_bytes().split(b"\n")
    for number, raw, _ in found:
        assert raw == lines[number - 1].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")


def test_a_file_is_several_blocks_with_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(line(number) for number in range(30)))
    made = list(cut_into_blocks(path, READERS.get("documents"), {}, True))
    assert len(made) > 5
    data = [block.data for block in made if isinstance(block, Lines)]
    assert b"".join(data) == path.read_bytes()
    assert all(each.endswith(b"\n") for each in data[:-1])


def test_bad_lines_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join([line(0).encode(), b"{broken", b"\xff", line(1).encode()]))
    numbers = [
        (number, record.problem.line)
        for number, _, record in read(path)
        if isinstance(record, Rejected)
    ]
    assert numbers == [(2, 2), (3, 3)]


class Talker:
    """A reader that does not read line by line, and has something to say."""

    name = "talker"

    def sniff(self, head: Head) -> float:
        return 0.0

    def read(self, path: Path) -> Iterator[ReadResult]:
        yield Note("about the file")
        for number in range(10):
            yield REJECTED if number == 4 else Document(f"d{number}", "x" * 40, (), {"n": 10**30})
        yield Note("about its end")


def test_other_readers_are_gathered_into_blocks_in_order() -> None:
    made = list(cut_into_blocks(Path("f"), Talker(), {}, False))
    assert [each.text for each in made if isinstance(each, Note)] == [
        "about the file",
        "about its end",
    ]
    blocks = [each for each in made if isinstance(each, Records)]
    assert len(blocks) > 2
    records = [record for block in blocks for _, _, record in block.records()]
    assert records == [each for each in Talker().read(Path("f")) if not isinstance(each, Note)]


def test_packed_blocks_unpack_to_the_same_records() -> None:
    (block,) = blocks_of(Path("f"), [REJECTED, Document("a", "王"), REJECTED, REJECTED])
    assert isinstance(block, Records)
    packed = block.packed()
    assert isinstance(packed, Packed)
    assert list(packed.records()) == list(block.records())


def test_no_text_in_a_repr() -> None:
    (block,) = blocks_of(Path("f"), [Document("a", "secret")])
    assert isinstance(block, Records)
    for each in (block, block.packed(), Lines(Path("f"), "documents", {}, 1, b"secret")):
        assert "secret" not in repr(each)
