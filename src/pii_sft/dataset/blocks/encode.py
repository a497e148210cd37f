"""From a block of records to finished lines: mapped, cut, rendered, proved, counted, encoded.

This is the part of a conversion that takes time, and it looks at one block only: it runs in this
process, in several, or on a cluster, and gives the same bytes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import msgspec

from pii_sft.converters import WRITERS, Rejected, Row
from pii_sft.converters.writer import LineWriter, TurnsWriter, turns_encoder
from pii_sft.dataset.blocks.input_blocks import Block
from pii_sft.dataset.blocks.proof import Answers
from pii_sft.dataset.blocks.span_edges import tidied
from pii_sft.dataset.minhash import minhasher
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.row_index import EncodedBlock, _Sheet
from pii_sft.errors import Problem, RecordError
from pii_sft.files import encode
from pii_sft.prompt import Prompt
from pii_sft.spans import Document
from pii_sft.targets import TARGETS

_Lines = Callable[[Sequence[Document], Sequence[str]], bytes]


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
        prompt = job.prompt
        self._writers = (
            [] if prompt is None else [_lines_of(line_writer(name), prompt) for name in job.writers]
        )

    def of(self, block: Block) -> EncodedBlock:
        """Work on one block."""
        with _uncollected():
            return self._encoded(block)

    def _encoded(self, block: Block) -> EncodedBlock:
        sheet = _Sheet(block.path, self._plan.split_by, self._plan.answers)
        trim, labels, cut, answer = self._plan.trim, self._plan.labels, self._cut, self._answer
        for number, raw, record in block.records():
            if isinstance(record, Rejected):
                sheet.rejected.append(record)
                continue
            try:
                document = tidied(record, trim, sheet.tidied)
                document = document if labels is None else labels.applied(document)
                if cut is None:
                    sheet.add(document, (document,), (answer(document),))
                else:
                    rows = cut(document)
                    sheet.add(document, rows, [answer(row) for row in rows])
            except RecordError as error:
                problem = Problem(error.kind, str(block.path), number, error.id, error.reason)
                sheet.rejected.append(Rejected(problem, raw or encode(record)))
        lines = tuple([of_rows(sheet.rows, sheet.answers) for of_rows in self._writers])
        return sheet.packed(lines, self._sketch)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at a block again and again: it holds no cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _lines_of(writer: LineWriter, prompt: Prompt) -> _Lines:
    """A function that gives the lines of rows and their answers."""
    if isinstance(writer, TurnsWriter):
        encoded = turns_encoder(writer, prompt)
        return lambda rows, answers: encoded(zip(rows, answers, strict=True))
    return lambda rows, answers: b"".join(
        [
            writer.line(Row("", document, prompt.messages(document.text), answer))
            for document, answer in zip(rows, answers, strict=True)
        ]
    )


def line_writer(name: str) -> LineWriter:
    """A writer by its name, which has to be one of lines."""
    writer = WRITERS.get(name)
    if not isinstance(writer, LineWriter):
        raise TypeError(f"{name} does not write line by line")
    return writer
