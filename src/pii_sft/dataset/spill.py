"""Spill file: rows are kept on disk, in unnamed files, until all inputs are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.converters import Rejected
from pii_sft.dataset.row_index import EncodedBlock
from pii_sft.files import encode, open_part, write_all
from pii_sft.spans import Document

_CHUNK = 1 << 20

decode_spilled = msgspec.json.Decoder(Document).decode
_decode_answer = msgspec.json.Decoder(str).decode


class Column:
    """Lines on disk, which can be read while more are added.

    Attributes:
        size: in bytes, so far.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - close() closes it
        self.size = 0

    def add(self, lines: bytes) -> None:
        """Append whole lines."""
        write_all(self._file.fileno(), lines, self.size)
        self.size += len(lines)

    def lines(self) -> Iterator[bytes]:
        """The lines so far, with their line breaks."""
        return iter(open_part(self._file, 0, self.size))

    def batches(self) -> Iterator[list[bytes]]:
        """The same lines in batches that fit into memory easily."""
        stream = open_part(self._file, 0, self.size)
        while lines := stream.readlines(_CHUNK):
            yield lines

    def starts(self) -> NDArray[np.int64]:
        """Starts of all lines, and the end of the last one."""
        lengths = np.fromiter((len(line) for line in self.lines()), np.int64)
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])

    def piece(self, start: int, end: int) -> bytes:
        """The bytes between two positions."""
        return open_part(self._file, start, end).read()

    def close(self) -> None:
        """Close the file, which frees its space."""
        self._file.close()


class Spill:
    """The rows of a conversion, and its rejected records.

    Args:
        writers: names of the writers whose lines are kept.
        answers: whether answers are kept, for writers that do not write lines.
    """

    def __init__(self, writers: Sequence[str], answers: bool) -> None:
        self._documents = Column()
        self._rejected = Column()
        self._answers = Column() if answers else None
        self._lines = {name: Column() for name in writers}

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        held = [self._documents, self._rejected, *self._lines.values()]
        for column in held if self._answers is None else [*held, self._answers]:
            column.close()

    def add(self, prepared: EncodedBlock) -> None:
        """Store the rows of a block."""
        self._documents.add(prepared.documents)
        if self._answers is not None:
            self._answers.add(prepared.answers)
        for column, lines in zip(self._lines.values(), prepared.lines, strict=True):
            column.add(lines)

    def reject(self, rejected: Rejected) -> None:
        """Store a bad record as it was read, with its place and the reason."""
        problem = msgspec.structs.asdict(rejected.problem)
        problem["record"] = rejected.raw.decode("utf-8", errors="backslashreplace")
        self._rejected.add(encode(problem) + b"\n")

    def documents(self) -> Iterator[bytes]:
        """The documents of the rows, one a line, in the order in which they were added."""
        return self._documents.lines()

    def answers(self) -> Iterator[str]:
        """The answers of the rows."""
        if self._answers is None:
            raise ValueError("this spill file keeps no answers")
        return map(_decode_answer, self._answers.lines())

    def batches(self, writer: str) -> Iterator[list[bytes]]:
        """The lines of a writer, in batches."""
        return self._lines[writer].batches()

    def texts(self) -> Texts:
        """Access to the texts of the rows by number."""
        return Texts(self._documents)

    def rejected(self) -> Iterator[bytes]:
        """The lines of `rejected.jsonl`."""
        return self._rejected.lines()


class Texts:
    """The texts of the rows of a spill file, by number."""

    def __init__(self, documents: Column) -> None:
        self._documents = documents
        self._starts = documents.starts()

    def __getitem__(self, row: int) -> str:
        start, end = int(self._starts[row]), int(self._starts[row + 1])
        return decode_spilled(self._documents.piece(start, end)).text
