"""Encoding of a block: labels are mapped, texts cut, answers rendered and proved, lines written.

This is the part of a conversion that takes time, and it looks at one block only: it runs in this
process, in several, or on a cluster, and gives the same bytes.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import compress

import msgspec
import numpy as np

from pii_sft.converters import WRITERS, Row
from pii_sft.converters.writer import LineWriter, TurnsWriter, turns_encoder
from pii_sft.dataset.blocks.block_rows import BlockRows
from pii_sft.dataset.blocks.input_blocks import Block
from pii_sft.dataset.blocks.proved_answers import Answers
from pii_sft.dataset.blocks.read_block import ReadBlock
from pii_sft.dataset.blocks.span_edges import tidied
from pii_sft.dataset.minhash import minhasher
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.row_index import EncodedBlock
from pii_sft.errors import RecordError
from pii_sft.prompt import Prompt
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document
from pii_sft.targets import TARGETS

_Lines = Callable[[SpanColumns, Sequence[str]], bytes]


def encode_block(job: bytes, block: Block) -> EncodedBlock:
    """Encode a block.

    Args:
        job: a `BlockJob`, encoded with `encoded_job`.
        block: what to work on.
    """
    return _preparation(job).of(block)


def encoded_job(job: BlockJob) -> bytes:
    """A job as bytes, so that a process recognises a job that it already has."""
    return msgspec.msgpack.encode(job)


@lru_cache(maxsize=4)
def _preparation(job: bytes) -> BlockEncoder:
    return BlockEncoder(msgspec.msgpack.decode(job, type=BlockJob))


class BlockEncoder:
    """Encodes blocks as a job says."""

    def __init__(self, job: BlockJob) -> None:
        self._job = job
        self._answer = Answers(TARGETS.get(job.target))
        self._cut = job.limits.cutter() if job.limits else None
        self._hash_bands = minhasher() if job.near else None
        prompt = job.prompt
        self._writers = (
            [] if prompt is None else [_lines_of(line_writer(name), prompt) for name in job.writers]
        )

    def of(self, block: Block) -> EncodedBlock:
        """Encode one block."""
        with _uncollected():
            return self._encoded(block)

    def _encoded(self, block: Block) -> EncodedBlock:
        read = ReadBlock(block)
        documents = list(read.documents)
        refused: dict[int, RecordError] = {}
        tidied, ragged = self._tidy(read.columns, documents)
        if self._job.labels is not None:
            for index, document in enumerate(documents):
                with _noted(refused, index):
                    documents[index] = self._job.labels.applied(document)
        rows, sizes = self._cut_up(documents, refused)
        same = self._job.labels is None and self._cut is None and not ragged
        columns = read.columns if same else SpanColumns(rows)
        answers, unanswered = self._answer.of_all(columns)
        if unanswered and sizes:
            owners = np.repeat(np.arange(len(sizes)), sizes).tolist()
            for row, error in unanswered.items():
                refused.setdefault(owners[row], error)
        else:
            refused = unanswered | refused
        if refused:
            kept = [index not in refused for index in range(len(documents))]
            documents = list(compress(documents, kept))
            stay = np.repeat(kept, sizes or 1).tolist()
            columns = SpanColumns(list(compress(columns.documents, stay)))
            answers, sizes = list(compress(answers, stay)), list(compress(sizes, kept))
        return BlockRows(
            path=block.path,
            documents=documents,
            sizes=sizes,
            rows=columns,
            answers=answers,
            lines=tuple([of_rows(columns, answers) for of_rows in self._writers]),
            rejected=read.rejected_and(refused),
            tidied=dict(tidied),
        ).packed(self._job.split_by, self._job.answers, self._hash_bands)

    def _tidy(self, columns: SpanColumns, documents: list[Document]) -> tuple[Counter[str], bool]:
        """Trim the edges of spans in place; return counts by reason, and True if some had edges."""
        counts: Counter[str] = Counter()
        ragged = columns.owning(columns.spaced).nonzero()[0].tolist()
        for index in ragged:
            documents[index] = tidied(documents[index], self._job.trim, counts)
        return counts, bool(ragged)

    def _cut_up(
        self, documents: Sequence[Document], refused: dict[int, RecordError]
    ) -> tuple[Sequence[Document], list[int]]:
        """The rows of the documents, and the number of rows of each; no numbers if none is cut."""
        if self._cut is None:
            return documents, []
        rows: list[Document] = []
        sizes: list[int] = []
        for index, document in enumerate(documents):
            own: Sequence[Document] = ()
            if index not in refused:
                with _noted(refused, index):
                    own = self._cut(document)
            rows += own
            sizes.append(len(own))
        return rows, sizes


@contextmanager
def _noted(refused: dict[int, RecordError], index: int) -> Iterator[None]:
    """Record why a document is refused, instead of raising."""
    try:
        yield
    except RecordError as error:
        refused[index] = error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from scanning a block again and again: it has no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _lines_of(writer: LineWriter, prompt: Prompt) -> _Lines:
    """A function that encodes rows and their answers as the lines of each writer."""
    if isinstance(writer, TurnsWriter):
        encoded = turns_encoder(writer, prompt)
        return lambda columns, answers: encoded(columns.texts, answers)
    return lambda columns, answers: b"".join(
        [
            writer.line(Row("", document, prompt.messages(document.text), answer))
            for document, answer in zip(columns.documents, answers, strict=True)
        ]
    )


def line_writer(name: str) -> LineWriter:
    """A writer by its name, which has to be one of lines."""
    writer = WRITERS.get(name)
    if not isinstance(writer, LineWriter):
        raise TypeError(f"{name} does not write line by line")
    return writer
