"""From a block of records to finished lines: mapped, cut, rendered, proved, counted, encoded.

This is the part of a conversion that takes time, and it looks at one block only: it runs in this
process, in several, or on a cluster, and gives the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from pii_sft.converters import WRITERS, Rejected, Row
from pii_sft.converters.base import LineWriter
from pii_sft.dataset.blocks import Block
from pii_sft.dataset.plan import Plan
from pii_sft.dataset.sketch import sketcher
from pii_sft.errors import Problem, RecordError
from pii_sft.files import encode
from pii_sft.prompt import guarded
from pii_sft.spans import Document
from pii_sft.targets import TARGETS, Target, prove
from pii_sft.windows import window_of


class Prepared(msgspec.Struct, frozen=True):
    """What became of a block.

    A document gives one row, or one for each window. Numbers stand in packed arrays.

    Attributes:
        path: the input that the block is of.
        rejected: records that can't become rows.
        documents: the documents of the rows, one a line.
        answers: the answers, one JSON string a line.
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


class _Line(msgspec.Struct, frozen=True):
    """A proved row, encoded."""

    document: bytes
    answer: bytes
    lines: Sequence[bytes]


class Preparation:
    """Works on blocks as a plan says."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._target = TARGETS.get(plan.target)
        self._cut = plan.limits.cutter() if plan.limits else None
        self._sketch = sketcher() if plan.near else None
        self._writers = [line_writer(name) for name in plan.writers]

    def of(self, block: Block) -> Prepared:
        """Work on one block."""
        sheet = _Sheet(self._plan, block.path, self._sketch)
        for number, raw, record in block.records():
            if isinstance(record, Rejected):
                sheet.rejected.append(record)
                continue
            try:
                document = self._mapped(record)
                rows = self._cut(document) if self._cut else (document,)
                sheet.add(document, rows, [self._line(row) for row in rows])
            except RecordError as error:
                problem = Problem(error.kind, str(block.path), number, error.id, error.reason)
                sheet.rejected.append(Rejected(problem, raw or encode(record)))
        return sheet.packed(len(self._writers))

    def _mapped(self, document: Document) -> Document:
        labels = self._plan.labels
        return document if labels is None else labels.applied(document)

    def _line(self, document: Document) -> _Line:
        answer = proved_answer(self._target, document)
        prompt = self._plan.prompt
        lines: list[bytes] = []
        if prompt is not None:
            row = Row("", document, prompt.messages(document.text), answer)
            lines = [writer.line(row) for writer in self._writers]
        return _Line(encode(document) + b"\n", encode(answer) + b"\n", lines)


def proved_answer(target: Target, document: Document) -> str:
    """What the model has to write about a document.

    Raises:
        RecordError: the answer would not decode to the document's spans.
    """
    answer = guarded(target.render(document))
    proof = prove(target, document, answer)
    if not proof:
        raise RecordError(
            "not expressible",
            f"the {target.name} target gives back {len(document.spans) - len(proof.lost)} of "
            f"{len(document.spans)} spans and adds {len(proof.added)}",
            document.id,
        )
    return answer


def line_writer(name: str) -> LineWriter:
    """A writer by its name, which has to be one of lines."""
    writer = WRITERS.get(name)
    if not isinstance(writer, LineWriter):
        raise TypeError(f"{name} does not write line by line")
    return writer


class _Numbering(dict[str, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


class _Sheet:
    """Gathers the rows of a block, and packs them."""

    def __init__(self, plan: Plan, path: Path, sketch: Callable[[str], bytes] | None) -> None:
        self.rejected: list[Rejected] = []
        self._path = path
        self._split_by = plan.split_by
        self._sketch = sketch
        self._split_of_file = own_split(path.name)
        self._lines: list[_Line] = []
        self._texts: list[bytes] = []
        self._ids: list[bytes] = []
        self._groups: list[bytes] = []
        self._grouped = False
        self._annotations: list[int] = []
        self._splits: list[int] = []
        self._rows: list[int] = []
        self._row_texts: list[bytes] = []
        self._names = _Numbering()
        self._span_labels: list[int] = []
        self._row_spans: list[int] = []
        self._sketches: list[bytes] = []

    def add(self, document: Document, rows: Sequence[Document], lines: Sequence[_Line]) -> None:
        """Take a document and its rows."""
        text = digest_of(document.text)
        short = text[:_SHORT]
        own = document.meta.get("split")
        self._texts.append(text)
        self._ids.append(digest_of(document.id)[:_SHORT])
        group = self._group(document)
        self._grouped = self._grouped or group is not None
        self._groups.append(group or short)
        self._splits.append((own and own_split(str(own))) or self._split_of_file)
        self._rows.append(len(rows))
        checksum = 0
        for row, line in zip(rows, lines, strict=True):
            checksum = zlib.crc32(line.answer, checksum)
            self._row_texts.append(short if row is document else digest_of(row.text)[:_SHORT])
            names = self._names
            self._span_labels += [names[span.label] for span in row.spans]
            self._row_spans.append(len(row.spans))
            if self._sketch is not None:
                self._sketches.append(self._sketch(row.text))
        self._annotations.append(checksum)
        self._lines += lines

    def _group(self, document: Document) -> bytes | None:
        if not document.meta:
            return None
        value = document.meta.get(self._split_by)
        if value is not None:
            name = value if isinstance(value, str) else encode(value).decode()
            return digest_of(f"={name}")[:_SHORT]
        window = window_of(document)
        return None if window is None else digest_of(window.document)[:_SHORT]

    def packed(self, writers: int) -> Prepared:
        """Everything, packed."""
        kinds = max(1, len(self._names))
        spans = np.array(self._row_spans, np.int64)
        row = np.repeat(np.arange(len(spans)), spans)
        keys = row * kinds + np.array(self._span_labels, np.int64)
        found, counts = _within_limits(*np.unique(keys, return_counts=True))
        windowed = len(self._rows) != len(self._row_texts)
        return Prepared(
            path=self._path,
            rejected=self.rejected,
            documents=b"".join([line.document for line in self._lines]),
            answers=b"".join([line.answer for line in self._lines]),
            lines=tuple(
                b"".join([line.lines[number] for line in self._lines]) for number in range(writers)
            ),
            texts=b"".join(self._texts),
            ids=b"".join(self._ids),
            groups=b"".join(self._groups) if self._grouped else b"",
            annotations=_bytes(self._annotations, np.uint32),
            splits=_bytes(self._splits, np.int8),
            rows=_bytes(self._rows, np.uint32) if windowed else b"",
            row_texts=b"".join(self._row_texts) if windowed else b"",
            names=list(self._names),
            row_labels=_bytes(np.bincount(found // kinds, minlength=len(spans)), np.uint16),
            labels=_bytes(found % kinds, np.uint16),
            counts=_bytes(counts, np.uint8),
            sketches=b"".join(self._sketches),
        )


MOST_SPANS = (1 << 8) - 1


def _within_limits(
    found: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same counts in pieces that fit into eight bits."""
    if not len(counts) or counts.max() <= MOST_SPANS:
        return found, counts
    pieces = -(-counts // MOST_SPANS)
    last = np.cumsum(pieces) - 1
    split = np.full(int(pieces.sum()), MOST_SPANS)
    split[last] = counts - (pieces - 1) * MOST_SPANS
    return np.repeat(found, pieces), split


def _bytes(numbers: ArrayLike, kind: DTypeLike) -> bytes:
    return np.asarray(numbers).astype(kind).tobytes()
