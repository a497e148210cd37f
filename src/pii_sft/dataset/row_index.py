"""An index of all documents until the last is read: some fifty bytes each."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from pii_sft.converters import Rejected
from pii_sft.dataset.minhash import BANDS
from pii_sft.errors import UsageError
from pii_sft.files import encode
from pii_sft.spans import Document, nesting
from pii_sft.windows import window_of

MOST_LABELS = 1 << 16
ROWS_AT_ONCE = 1 << 14

Numbers = NDArray[np.int64]
Digests = NDArray[np.uint64]


class Occurrences(msgspec.Struct, frozen=True):
    """The labels of some rows, one entry for each label that occurs in a row.

    Attributes:
        rows: number of the row.
        labels: the label, as index into `RowIndex.names`.
        spans: how many spans of the row have it.
    """

    rows: Numbers
    labels: Numbers
    spans: Numbers


class RowIndex:
    """Packed columns about the documents and rows of a conversion, in reading order.

    Views of the columns are taken once everything is in; nothing can be added while one is held.
    """

    def __init__(self) -> None:
        self._texts = bytearray()
        self._ids = bytearray()
        self._groups = bytearray()
        self._annotations = bytearray()
        self._splits = bytearray()
        self._rows = bytearray()
        self._row_texts = bytearray()
        self._row_labels = bytearray()
        self._labels = bytearray()
        self._counts = bytearray()
        self._sketches = bytearray()
        self._names: dict[str, int] = {}
        self._grouped = False
        self._windowed = False
        self.documents = 0
        self.rows = 0
        self.nesting = 0

    def add(self, prepared: EncodedBlock) -> None:
        """Take what is to be remembered of a block.

        Raises:
            UsageError: there are more labels than an annotation can have.
        """
        documents = len(prepared.splits)
        self._keep_groups(prepared)
        self._keep_windows(prepared, documents)
        self._texts += prepared.texts
        self._ids += prepared.ids
        self._annotations += prepared.annotations
        self._splits += prepared.splits
        self._row_labels += prepared.row_labels
        own = [self._names.setdefault(name, len(self._names)) for name in prepared.names]
        if len(self._names) > MOST_LABELS:
            raise UsageError(f"More than {MOST_LABELS} different labels: is this the right column?")
        labels = np.frombuffer(prepared.labels, np.uint16)
        self._labels += np.array(own or [0], np.uint16)[labels].tobytes()
        self._counts += prepared.counts
        self._sketches += prepared.sketches
        self.documents += documents
        self.nesting = max(self.nesting, prepared.nesting)
        self.rows = len(self._row_labels) // 2

    def _keep_groups(self, prepared: EncodedBlock) -> None:
        """Groups are kept from the first one on that is not the text itself."""
        if prepared.groups and not self._grouped:
            self._groups += self.groups.tobytes()
            self._grouped = True
        if self._grouped:
            self._groups += prepared.groups or _first_halves(prepared.texts).tobytes()

    def _keep_windows(self, prepared: EncodedBlock, documents: int) -> None:
        """Rows are told from documents from the first document on that was cut."""
        if prepared.rows and not self._windowed:
            self._rows += np.ones(self.documents, np.uint32).tobytes()
            self._row_texts += self.row_texts.tobytes()
            self._windowed = True
        if self._windowed:
            self._rows += prepared.rows or np.ones(documents, np.uint32).tobytes()
            self._row_texts += prepared.row_texts or _first_halves(prepared.texts).tobytes()

    @property
    def grouped(self) -> bool:
        """True if a document has to stay together with more than its text."""
        return self._grouped

    @property
    def windowed(self) -> bool:
        """True if a document was cut."""
        return self._windowed

    @property
    def texts(self) -> tuple[Digests, Digests]:
        """Two digests of the text of each document."""
        both = np.frombuffer(self._texts, np.uint64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    @property
    def ids(self) -> Digests:
        """Digest of the id of each document."""
        return np.frombuffer(self._ids, np.uint64)

    @property
    def groups(self) -> Digests:
        """Digest of what each document has to stay together with."""
        return np.frombuffer(self._groups, np.uint64) if self._grouped else self.texts[0]

    @property
    def annotations(self) -> NDArray[np.uint32]:
        """Checksum of the answers about each document."""
        return np.frombuffer(self._annotations, np.uint32)

    @property
    def own_splits(self) -> NDArray[np.int8]:
        """The split each document came with, as index into `OWN_SPLITS`."""
        return np.frombuffer(self._splits, np.int8)

    @property
    def row_texts(self) -> Digests:
        """Digest of the text of each row."""
        return np.frombuffer(self._row_texts, np.uint64) if self._windowed else self.texts[0]

    @property
    def sketches(self) -> Digests:
        """The bands of each row."""
        return np.frombuffer(self._sketches, np.uint64).reshape(-1, BANDS)

    def document_of_row(self) -> Numbers:
        """Number of the document that each row is of."""
        documents = np.arange(self.documents, dtype=np.int64)
        if not self._windowed:
            return documents
        return np.repeat(documents, np.frombuffer(self._rows, np.uint32))

    @property
    def bare(self) -> NDArray[np.bool_]:
        """Mask of the rows without a label."""
        bare: NDArray[np.bool_] = np.frombuffer(self._row_labels, np.uint16) == 0
        return bare

    @property
    def names(self) -> list[str]:
        """The labels that occur, sorted."""
        return sorted(self._names)

    def occurrences(self) -> Iterator[Occurrences]:
        """The labels of all rows, in order, some rows at a time."""
        places = {name: place for place, name in enumerate(self.names)}
        sorted_place = np.array([places[name] for name in self._names] or [0], np.int64)
        row_labels = np.frombuffer(self._row_labels, np.uint16)
        labels = np.frombuffer(self._labels, np.uint16)
        counts = np.frombuffer(self._counts, np.uint8)
        at = 0
        for first in range(0, len(row_labels), ROWS_AT_ONCE):
            numbers = row_labels[first : first + ROWS_AT_ONCE].astype(np.int64)
            end = at + int(numbers.sum())
            yield Occurrences(
                rows=np.repeat(np.arange(first, first + len(numbers)), numbers),
                labels=sorted_place[labels[at:end]],
                spans=counts[at:end].astype(np.int64),
            )
            at = end


def _first_halves(texts: bytes) -> Digests:
    return np.frombuffer(texts, np.uint64)[::2]


class EncodedBlock(msgspec.Struct, frozen=True):
    """The outcome of a block.

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
        tidied: how many spans were left out or trimmed because of white space, by reason.
        nesting: how many spans one character lies in at most.
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
    tidied: dict[str, int] = {}
    nesting: int = 0

    def __repr__(self) -> str:
        return f"Prepared({str(self.path)!r}, bytes={len(self.documents)})"


class _Sheet:
    """Gathers the rows of a block, and packs them.

    Attributes:
        rejected: records that can't become rows.
        rows: the documents of the rows.
        answers: what the model has to write about each.
        tidied: how many spans were left out or trimmed because of white space, by reason.
    """

    def __init__(self, path: Path, split_by: str, keep_answers: bool) -> None:
        self.rejected: list[Rejected] = []
        self.rows: list[Document] = []
        self.answers: list[str] = []
        self.tidied: Counter[str] = Counter()
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

    def packed(
        self, lines: tuple[bytes, ...], sketch: Callable[[str], bytes] | None
    ) -> EncodedBlock:
        """Everything, packed."""
        documents = _encode_lines(self.rows)
        texts = [digest_of(document.text) for document in self._documents]
        groups = [self._group(document) for document in self._documents]
        grouped = any(groups)
        windowed = len(self.rows) != len(self._documents)
        names = _Numbering()
        labels = [names[span.label] for row in self.rows for span in row.spans]
        found, counts, row_labels = _counted(labels, [len(row.spans) for row in self.rows], names)
        return EncodedBlock(
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
            tidied=dict(self.tidied),
            nesting=self._nesting(),
            sketches=b"".join([sketch(row.text) for row in self.rows] if sketch else []),
        )

    def _nesting(self) -> int:
        deepest = 0
        for row in self.rows:
            if len(row.spans) > deepest:  # no fewer spans can lie in one another
                deepest = max(deepest, nesting(row.spans))
        return deepest

    def _group(self, document: Document) -> bytes | None:
        """The group of a document, besides its text."""
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


MOST_SPANS = (1 << 8) - 1


def digest_of(text: str) -> bytes:
    """Sixteen bytes that stand for a text; the first eight do where a mistake does no harm."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


OWN_SPLITS = ("", "train", "dev", "test")


_PREFIXES = {"train": 1, "dev": 2, "valid": 2, "val": 2, "test": 3}


def own_split(name: str) -> int:
    """Index of the split that the name of a file, or `meta.split`, begins with; 0 for none."""
    lowered = name.lower()
    return next((index for prefix, index in _PREFIXES.items() if lowered.startswith(prefix)), 0)


_SHORT = 8


class _Numbering(dict[str, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


_encode_lines = msgspec.json.Encoder().encode_lines
