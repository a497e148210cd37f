"""Rows wait on disk, and can be read while more are added."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.converters import Rejected
from pii_sft.dataset import spill as spill_module
from pii_sft.dataset.blocks.encode import encode_block, encoded_job, line_writer
from pii_sft.dataset.blocks.input_blocks import Lines, Records
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.row_index import own_split
from pii_sft.dataset.spill import Column, Spill, decode_spilled
from pii_sft.errors import Problem
from pii_sft.prompt import Prompt
from pii_sft.spans import Document
from tests.conftest import annotated

DOCUMENTS = (
    annotated("a", "Ann 😀 Lee\u2028\n王", ("Ann", "P")),
    Document("b", "x" * 5000),
    annotated("c", "Bob", ("Bob", "P")),
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill_module, "_CHUNK", 16)


def test_lines_come_back_while_more_are_added() -> None:
    column = Column()
    column.add(b"one\ntwo\n")
    before = column.lines()
    assert next(before) == b"one\n"
    column.add(b"three" * 100 + b"\n")
    assert list(before) == [b"two\n"]
    assert list(column.lines()) == [b"one\n", b"two\n", b"three" * 100 + b"\n"]
    column.add(b"four\n")
    assert list(column.lines())[-1] == b"four\n"
    assert column.starts().tolist() == [0, 4, 8, 509, 514]
    assert column.piece(4, 8) == b"two\n"
    column.close()


def test_an_empty_column() -> None:
    column = Column()
    column.add(b"")
    assert list(column.lines()) == []
    assert column.starts().tolist() == [0]


def filled(spill: Spill, *writers: str, answers: bool = False) -> None:
    job = BlockJob("json", prompt=Prompt("v", "s", "", ""), writers=writers, answers=answers)
    spill.add(encode_block(encoded_job(job), Records(Path("f"), DOCUMENTS)))


def test_everything_that_is_kept_of_a_row() -> None:
    with Spill(["llamafactory"], answers=True) as spill:
        filled(spill, "llamafactory", answers=True)
        assert tuple(map(decode_spilled, spill.documents())) == DOCUMENTS
        assert list(spill.answers()) == ['[["P","Ann"]]', "[]", '[["P","Bob"]]']
        assert sum(map(len, spill.batches("llamafactory"))) == 3
        texts = spill.texts()
        assert [texts[row] for row in (2, 0, 1)] == [DOCUMENTS[row].text for row in (2, 0, 1)]


def test_answers_are_kept_only_if_somebody_needs_them() -> None:
    with Spill(["documents"], answers=False) as spill:
        filled(spill, "documents")
        with pytest.raises(ValueError, match="no answers"):
            spill.answers()


def test_rejected_records_may_be_any_bytes() -> None:
    with Spill([], answers=False) as spill:
        spill.reject(Rejected(Problem("kind", "f", 3, None, "reason"), b"\xff\x00\n"))
        (line,) = spill.rejected()
    assert line == (
        b'{"kind":"kind","file":"f","line":3,"id":null,"reason":"reason",'
        b'"record":"\\\\xff\\u0000\\n"}\n'
    )


def test_lines_need_readers_and_writers_of_lines() -> None:
    with pytest.raises(TypeError, match="presidio"):
        list(Lines(Path("f"), "presidio", {}, 1, b"{}").records())
    with pytest.raises(TypeError, match="spacy"):
        line_writer("spacy")


@pytest.mark.parametrize(
    ("name", "index"),
    [("train.jsonl", 1), ("Dev-2.json", 2), ("valid", 2), ("VAL", 2), ("test_x", 3), ("data", 0)],
)
def test_splits_are_known_by_their_beginning(name: str, index: int) -> None:
    assert own_split(name) == index
