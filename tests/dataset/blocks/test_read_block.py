"""Lines that are read together give what they give one by one, and so do errors among them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from pii_sft.converters.readers.documents import DocumentsReader
from pii_sft.dataset.blocks.encode import encode_block, encoded_job
from pii_sft.dataset.blocks.input_blocks import Lines
from pii_sft.dataset.blocks.read_block import ReadBlock
from pii_sft.dataset.options import BlockJob, Limits
from pii_sft.dataset.row_index import EncodedBlock
from pii_sft.labels import read_labels
from pii_sft.prompt import Prompt
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import nesting

ANN = b'{"id":"a","text":"Ann met Bob, Ann.","spans":[{"start":0,"end":3,"label":"PERSON"}]}\n'
NESTED = (
    b'{"id":"n","text":"\xe5\x90\x8d of Rome and Bob","spans":[{"start":5,"end":9,"label":"CITY"},'
    b'{"start":0,"end":9,"label":"ORG"},{"start":14,"end":17,"label":"PERSON"},'
    b'{"start":14,"end":17,"label":"PERSON"}],"meta":{"split":"dev","group":7}}\n'
)
RAGGED = b'{"id":"r","text":" Bob <b> ","spans":[{"start":0,"end":4,"label":"PERSON"}],"meta":{}}\n'
INSIDE = b'{"id":"i","text":"Annabel","spans":[{"start":0,"end":3,"label":"PERSON"}],"meta":{}}\n'
BARE = b'{"id":"b","text":"","spans":[],"meta":{"x":"}\\n{"}}\n'
TOGETHER = (ANN, NESTED, RAGGED, INSIDE, BARE)
ALONE = (
    b"\n",
    b" " + ANN,
    ANN.replace(b"\n", b"\r\n"),
    ANN.rstrip() + ANN,
    ANN.replace(b',"spans"', b',\n"spans"'),
    b'{"id":"c","text":"no spans"}\n',
    b'{"id":7,"text":"x","spans":[]}\n',
    b'{"text":"x","spans":[],"meta":null}\n',
    b'{"text":"x","spans":[{"start":0,"end":2,"label":"A"}]}\n',
    b'{"text":"x","spans":[{"start":0,"end":1,"label":""}]}\n',
    b'{"text":"x","spans":[{"start":1,"end":1,"label":"A"}]}\n',
    b'{"text":"x","spans":[{"start":-1,"end":1,"label":"A"}]}\n',
    b'{"id":"o","text":"x","spans":[{"start":%d,"end":1,"label":"A"}]}\n' % -(1 << 70),
    b'{"id":"s","text":"\\ud800","spans":[]}\n',
    b'{"id":"u","text":"\xff","spans":[]}\n',
    b'{"id":"q","text":"x","spans":[],"meta":{"v":NaN}}\n',
    b"{}\n",
    b"[]\n",
    b'{"id":"t","text":"cut","spans":[\n',
)
JOB = BlockJob("json", Prompt("p", "s", "", ""), ("llamafactory",), None, "group")


def block_of(*lines: bytes) -> Lines:
    return Lines(Path("train.jsonl"), "documents", {}, 5, b"".join(lines))


@pytest.mark.parametrize("end", [b"\n", b""])
def test_documents_as_they_should_be_are_read_together(end: bytes) -> None:
    block = block_of(*TOGETHER[:-1], TOGETHER[-1].rstrip() + end)
    columns = block.together()
    assert columns is not None
    assert list(columns.documents) == [record for _, _, record in block.records()]


@pytest.mark.parametrize("line", ALONE)
def test_other_lines_are_not(line: bytes) -> None:
    for lines in ((line,), (ANN, line), (line, ANN), (ANN, line, BARE)):
        assert block_of(*lines).together() is None


@pytest.mark.parametrize("target", ["json", "tags", "lines"])
@pytest.mark.parametrize("changes", [{}, {"trim": False}, {"labels": True}, {"limits": True}])
def test_blocks_are_encoded_the_same(
    target: str, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = read_labels("en") if changes.get("labels") else None
    limits = Limits(12, 2) if changes.get("limits") else None
    job = msgspec.structs.replace(
        JOB, target=target, labels=labels, limits=limits, trim=bool(changes.get("trim", True))
    )
    blocks = [block_of(*TOGETHER), block_of(*TOGETHER, *ALONE), block_of(BARE)]
    made = [encode_block(encoded_job(job), block) for block in blocks]
    assert made[0].documents.count(b"\n") + len(made[0].rejected) >= len(TOGETHER)
    monkeypatch.setattr(DocumentsReader, "read_block", lambda *_: None)
    again = [encode_block(encoded_job(job), block) for block in blocks]
    assert list(map(fields, made)) == list(map(fields, again))


def fields(block: EncodedBlock) -> list[object]:
    """The fields of a block, arrays as bytes, which can be compared."""
    return [
        each.tobytes() if isinstance(each, np.ndarray) else each
        for each in msgspec.structs.astuple(block)
    ]


def test_a_refused_document_is_set_aside_in_its_place() -> None:
    bad = b'{"id":"x","text":"ab","spans":[{"start":0,"end":1,"label":"A"}]}\n'
    job = msgspec.structs.replace(JOB, labels=msgspec.structs.replace(LABELS, others="error"))
    made = encode_block(encoded_job(job), block_of(BARE, bad, BARE, bad))
    assert [each.problem.line for each in made.rejected] == [6, 8]
    assert [each.raw for each in made.rejected] == [bad.rstrip()] * 2
    assert made.documents.count(b"\n") == 2


LABELS = read_labels("en")


def test_columns() -> None:
    columns = ReadBlock(block_of(*TOGETHER)).columns
    assert columns.deepest == max(nesting(each.spans) for each in columns.documents) == 2
    assert columns.owning(columns.spaced).tolist() == [False, False, True, False, False]
    for index, span in enumerate(columns.spans):
        document = columns.documents[int(columns.owners[index])]
        start, end = int(columns.starts[index]), int(columns.ends[index])
        assert columns.text[start:end] == document.surface(span)
    empty = SpanColumns([])
    assert (empty.deepest, empty.owning(empty.spaced).tolist()) == (0, [])
