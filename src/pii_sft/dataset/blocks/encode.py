"""From a block of records to finished lines: mapped, cut, rendered, proved, counted, encoded.

This is the part of a conversion that takes time, and it looks at one block only: it runs in this
process, in several, or on a cluster, and gives the same bytes.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from pii_sft.converters import WRITERS, Rejected, Row
from pii_sft.converters.writer import LineWriter
from pii_sft.dataset.blocks.input_blocks import Block
from pii_sft.dataset.blocks.proof import Answers
from pii_sft.dataset.blocks.span_edges import tidied
from pii_sft.dataset.minhash import minhasher
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.row_index import EncodedBlock, _Sheet
from pii_sft.errors import Problem, RecordError
from pii_sft.files import encode
from pii_sft.targets import TARGETS


def encode_block(job: bytes, block: Block) -> EncodedBlock:
    """Work on a block.

    Args:
        job: a `BlockJob`, encoded with `encoded_job`.
        block: what to work on.
    """
    return _preparation(job).of(block)


def encoded_job(job: BlockJob) -> bytes:
    """A plan as bytes, by which a process recognises it."""
    return msgspec.msgpack.encode(job)


@lru_cache(maxsize=4)
def _preparation(job: bytes) -> BlockEncoder:
    return BlockEncoder(msgspec.msgpack.decode(job, type=BlockJob))


class BlockEncoder:
    """Works on blocks as a plan says."""

    def __init__(self, job: BlockJob) -> None:
        self._plan = job
        self._answer = Answers(TARGETS.get(job.target))
        self._cut = job.limits.cutter() if job.limits else None
        self._sketch = minhasher() if job.near else None
        self._writers = [line_writer(name) for name in job.writers]

    def of(self, block: Block) -> EncodedBlock:
        """Work on one block."""
        sheet = _Sheet(block.path, self._plan.split_by, self._plan.answers)
        labels, cut, answer = self._plan.labels, self._cut, self._answer
        for number, raw, record in block.records():
            if isinstance(record, Rejected):
                sheet.rejected.append(record)
                continue
            try:
                document = tidied(record, self._plan.trim, sheet.tidied)
                document = document if labels is None else labels.applied(document)
                rows = (document,) if cut is None else cut(document)
                sheet.add(document, rows, [answer(row) for row in rows])
            except RecordError as error:
                problem = Problem(error.kind, str(block.path), number, error.id, error.reason)
                sheet.rejected.append(Rejected(problem, raw or encode(record)))
        return sheet.packed(self._lines(sheet), self._sketch)

    def _lines(self, sheet: _Sheet) -> tuple[bytes, ...]:
        """The lines of each writer."""
        prompt = self._plan.prompt
        if prompt is None:
            return ()
        rows = [
            Row("", document, prompt.messages(document.text), answer)
            for document, answer in zip(sheet.rows, sheet.answers, strict=True)
        ]
        return tuple(b"".join(map(writer.line, rows)) for writer in self._writers)


def line_writer(name: str) -> LineWriter:
    """A writer by its name, which has to be one of lines."""
    writer = WRITERS.get(name)
    if not isinstance(writer, LineWriter):
        raise TypeError(f"{name} does not write line by line")
    return writer
