"""From a block of records to finished lines: mapped, cut, rendered, proved, counted, encoded.

This is the part of a conversion that takes time, and it looks at one block only: it runs in this
process, in several, or on a cluster, and gives the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from pii_sft.converters import WRITERS, Rejected, Row
from pii_sft.converters.base import LineWriter
from pii_sft.converters.styles import styled
from pii_sft.dataset.answers import Answers
from pii_sft.dataset.blocks import Block
from pii_sft.dataset.plan import Plan
from pii_sft.dataset.sketch import sketcher
from pii_sft.errors import Problem, RecordError
from pii_sft.files import encode
from pii_sft.spans import Document
from pii_sft.targets import TARGETS
from pii_sft.windows import window_of


class Prepared(msgspec.Struct, frozen=True):
    """What became of a block.

    A document gives one row, or one for each window. Numbers stand in packed arrays.

    Attributes:
        path: the input that the block is of.
        rejected: records that can't become rows.
        documents: the documents of the rows, one a line.
        answers: the answers, one JSON string a line; empty unless the plan asks for them.
        lines: what each writer of the plan makes of the rows, one a line.
        texts: of each document, digest of its text (two uint64).
        ids: of each document, digest of its id (uint64).
        groups: of each document, digest of what it has to stay together with (uint64); empty if
            each has only to stay with its text.
        annotations: of each document, checksum of its answers (uint32).
        splits: of each document, the split it came with, as index into `OWN_SPLITS` (int8).
        rows: of each document, number of rows (uint32); empty if each has one.
        row_texts: of each row, digest of its text (uint64); empty if each document has one row.
        names: labels that occur.
        row_labels: of each row, number of labels that occur in it (uint16).
        labels: for each of those, index into `names` (uint16), row after row.
        counts: for each of those, number of spans (uint8); a label stands there twice in a row
            that has more of them than that.
        sketches: of each row, for near duplicates; empty unless the plan asks for them.
    """

    path: Path
    rejected: list[Rejected]
    documents: bytes
    answers: bytes
    lines: tuple[bytes, ...]
    texts: bytes
    ids: bytes
    groups: bytes
    annotations: bytes
    splits: bytes
    rows: bytes
    row_texts: bytes
    names: list[str]
    row_labels: bytes
    labels: bytes
    counts: bytes
    sketches: bytes

    def __repr__(self) -> str:
        return f"Prepared({str(self.path)!r}, bytes={len(self.documents)})"


def prepare(plan: bytes, block: Block) -> Prepared:
    """Work on a block.

    Args:
        plan: a `Plan`, encoded with `encoded_plan`.
        block: what to work on.
    """
    return _preparation(plan).of(block)


def encoded_plan(plan: Plan) -> bytes:
    """A plan as bytes, by which a process recognises it."""
    return msgspec.msgpack.encode(plan)


@lru_cache(maxsize=4)
def _preparation(plan: bytes) -> Preparation:
    return Preparation(msgspec.msgpack.decode(plan, type=Plan))


OWN_SPLITS = ("", "train", "dev", "test")
_PREFIXES = {"train": 1, "dev": 2, "valid": 2, "val": 2, "test": 3}


def own_split(name: str) -> int:
    """Index of the split that the name of a file, or `meta.split`, begins with; 0 for none."""
    lowered = name.lower()
    return next((index for prefix, index in _PREFIXES.items() if lowered.startswith(prefix)), 0)


def digest_of(text: str) -> bytes:
    """Sixteen bytes that stand for a text; the first eight do where a mistake does no harm."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


_SHORT = 8


class Preparation:
    """Works on blocks as a plan says."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._answer = Answers(TARGETS.get(plan.target))
        self._cut = plan.limits.cutter() if plan.limits else None
        self._sketch = sketcher() if plan.near else None
        self._writers = [line_writer(name, plan.style) for name in plan.writers]

    def of(self, block: Block) -> Prepared:
        """Work on one block."""
        sheet = _Sheet(block.path, self._plan.split_by, self._plan.answers)
        labels, cut, answer = self._plan.labels, self._cut, self._answer
        for number, raw, record in block.records():
            if isinstance(record, Rejected):
                sheet.rejected.append(record)
                continue
            try:
                document = record if labels is None else labels.applied(record)
                rows = (document,) if cut is None else cut(document)
                sheet.add(document, rows, [answer(row) for row in rows])
            except RecordError as error:
                problem = Problem(error.kind, str(block.path), number, error.id, error.reason)
                sheet.rejected.append(Rejected(problem, raw or encode(record)))
        return sheet.packed(self._lines(sheet), self._sketch)

    def _lines(self, sheet: _Sheet) -> tuple[bytes, ...]:
        """What each writer makes of the rows."""
        prompt = self._plan.prompt
        if prompt is None:
            return ()
        rows = [
            Row("", document, prompt.messages(document.text), answer)
            for document, answer in zip(sheet.rows, sheet.answers, strict=True)
        ]
        return tuple(b"".join(map(writer.line, rows)) for writer in self._writers)


def line_writer(name: str, style: str = "") -> LineWriter:
    """A writer by its name, which has to be one of lines, in a style if it has it."""
    writer = styled(WRITERS.get(name), style)
    if not isinstance(writer, LineWriter):
        raise TypeError(f"{name} does not write line by line")
    return writer


_encode_lines = msgspec.json.Encoder().encode_lines


class _Numbering(dict[str, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


class _Sheet:
    """Gathers the rows of a block, and packs them.

    Attributes:
        rejected: records that can't become rows.
        rows: the documents of the rows.
        answers: what the model has to write about each.
    """

    def __init__(self, path: Path, split_by: str, keep_answers: bool) -> None:
        self.rejected: list[Rejected] = []
        self.rows: list[Document] = []
        self.answers: list[str] = []
        self._path = path
        self._split_by = split_by
        self._keep_answers = keep_answers
        self._documents: list[Document] = []
        self._sizes: list[int] = []

    def add(self, document: Document, rows: Sequence[Document], answers: Sequence[str]) -> None:
        """Take a document and its rows."""
        self._documents.append(document)
        self._sizes.append(len(rows))
        self.rows += rows
        self.answers += answers

    def packed(self, lines: tuple[bytes, ...], sketch: Callable[[str], bytes] | None) -> Prepared:
        """Everything, packed."""
        documents = _encode_lines(self.rows)
        texts = [digest_of(document.text) for document in self._documents]
        groups = [self._group(document) for document in self._documents]
        grouped = any(groups)
        windowed = len(self.rows) != len(self._documents)
        names = _Numbering()
        labels = [names[span.label] for row in self.rows for span in row.spans]
        found, counts, row_labels = _counted(labels, [len(row.spans) for row in self.rows], names)
        return Prepared(
            path=self._path,
            rejected=self.rejected,
            documents=documents,
            answers=_encode_lines(self.answers) if self._keep_answers else b"",
            lines=lines,
            texts=b"".join(texts),
            ids=b"".join([digest_of(document.id)[:_SHORT] for document in self._documents]),
            groups=b"".join(
                [group or text[:_SHORT] for group, text in zip(groups, texts, strict=True)]
                if grouped
                else []
            ),
            annotations=_bytes(self._checksums(), np.uint32),
            splits=_bytes(self._splits(), np.int8),
            rows=_bytes(self._sizes, np.uint32) if windowed else b"",
            row_texts=b"".join(
                [digest_of(row.text)[:_SHORT] for row in self.rows] if windowed else []
            ),
            names=list(names),
            row_labels=_bytes(row_labels, np.uint16),
            labels=_bytes(found, np.uint16),
            counts=_bytes(counts, np.uint8),
            sketches=b"".join([sketch(row.text) for row in self.rows] if sketch else []),
        )

    def _group(self, document: Document) -> bytes | None:
        """What a document has to stay together with, besides its text."""
        if not document.meta:
            return None
        value = document.meta.get(self._split_by)
        if value is not None:
            name = value if isinstance(value, str) else encode(value).decode()
            return digest_of(f"={name}")[:_SHORT]
        window = window_of(document)
        return None if window is None else digest_of(window.document)[:_SHORT]

    def _splits(self) -> list[int]:
        of_file = own_split(self._path.name)
        own = [document.meta.get("split") for document in self._documents]
        return [(each and own_split(str(each))) or of_file for each in own]

    def _checksums(self) -> list[int]:
        """Of the answers about each document."""
        checksums = [zlib.crc32(answer.encode()) for answer in self.answers]
        if len(checksums) == len(self._sizes):
            return checksums
        ends = np.cumsum(self._sizes).tolist()
        return [
            zlib.crc32(repr(checksums[end - size : end]).encode())
            for end, size in zip(ends, self._sizes, strict=True)
        ]


MOST_SPANS = (1 << 8) - 1


def _counted(
    labels: list[int], spans: list[int], names: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Labels of each row and how often they occur there, and how many labels each row has.

    Args:
        labels: of all spans, row after row.
        spans: number of spans of each row.
        names: the labels.
    """
    kinds = max(1, len(names))
    rows = np.repeat(np.arange(len(spans)), spans)
    found, counts = np.unique(rows * kinds + np.array(labels, np.int64), return_counts=True)
    if len(counts) and counts.max() > MOST_SPANS:
        pieces = -(-counts // MOST_SPANS)
        last = np.cumsum(pieces) - 1
        split = np.full(int(pieces.sum()), MOST_SPANS)
        split[last] = counts - (pieces - 1) * MOST_SPANS
        found, counts = np.repeat(found, pieces), split
    return found % kinds, counts, np.bincount(found // kinds, minlength=len(spans))


def _bytes(numbers: ArrayLike, kind: DTypeLike) -> bytes:
    return np.asarray(numbers).astype(kind).tobytes()
