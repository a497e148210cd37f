"""Row index: about fifty bytes for each document, by which splits and duplicates are decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.converters import Rejected
from pii_sft.dataset.minhash import BANDS
from pii_sft.errors import UsageError
from pii_sft.spans import HoldsText

MOST_LABELS = 1 << 16
ROWS_AT_ONCE = 1 << 14

Numbers = NDArray[np.int64]
Digests = NDArray[np.uint64]
Structured = NDArray[np.void]

DOCUMENT = np.dtype([("texts", "u8", 2), ("id", "u8"), ("annotation", "u4"), ("split", "i1")])
"""One document: two digests of its text, the digest of its id, a checksum of its answers, and the
split it came with, as an index into `OWN_SPLITS`.
"""
LABEL = np.dtype([("label", "u2"), ("spans", "u1")])
"""One label in a row: its number, and the number of its spans. If a row has more spans of a label
than a byte can count, the label has several entries.
"""


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
        self._documents = bytearray()
        self._groups = bytearray()
        self._rows = bytearray()
        self._row_texts = bytearray()
        self._row_labels = bytearray()
        self._labels = bytearray()
        self._band_hashes = bytearray()
        self._names: dict[str, int] = {}
        self._grouped = False
        self._windowed = False
        self.documents = 0
        self.rows = 0
        self.nesting = 0

    def add(self, prepared: EncodedBlock) -> None:
        """Add a block to the index.

        Raises:
            UsageError: there are more labels than an annotation can have.
        """
        self._keep_groups(prepared)
        self._keep_windows(prepared)
        self._documents += prepared.table.tobytes()
        self._row_labels += prepared.row_labels
        own = [self._names.setdefault(name, len(self._names)) for name in prepared.names]
        if len(self._names) > MOST_LABELS:
            raise UsageError(f"More than {MOST_LABELS} different labels: is this the right column?")
        labels = prepared.labels.copy()
        labels["label"] = np.array(own or [0], np.uint16)[labels["label"]]
        self._labels += labels.tobytes()
        self._band_hashes += prepared.band_hashes
        self.documents += len(prepared.table)
        self.nesting = max(self.nesting, prepared.nesting)
        self.rows = len(self._row_labels) // 2

    def _keep_groups(self, prepared: EncodedBlock) -> None:
        """Store groups, from the first document on whose group is not just its text."""
        if prepared.groups and not self._grouped:
            self._groups += self.groups.tobytes()
            self._grouped = True
        if self._grouped:
            self._groups += prepared.groups or prepared.table["texts"][:, 0].tobytes()

    def _keep_windows(self, prepared: EncodedBlock) -> None:
        """Store rows apart from documents, from the first document on that was cut into windows."""
        if prepared.rows and not self._windowed:
            self._rows += np.ones(self.documents, np.uint32).tobytes()
            self._row_texts += self.row_texts.tobytes()
            self._windowed = True
        if self._windowed:
            self._rows += prepared.rows or np.ones(len(prepared.table), np.uint32).tobytes()
            self._row_texts += prepared.row_texts or prepared.table["texts"][:, 0].tobytes()

    @property
    def _table(self) -> Structured:
        return np.frombuffer(self._documents, DOCUMENT)

    @property
    def grouped(self) -> bool:
        """True if a document has a group beyond its own text."""
        return self._grouped

    @property
    def windowed(self) -> bool:
        """True if a document was cut."""
        return self._windowed

    @property
    def texts(self) -> tuple[Digests, Digests]:
        """Two digests of the text of each document."""
        both = self._table["texts"]
        return both[:, 0], both[:, 1]

    @property
    def ids(self) -> Digests:
        """Digest of the id of each document."""
        return self._table["id"]

    @property
    def groups(self) -> Digests:
        """Digest of the group of each document."""
        return np.frombuffer(self._groups, np.uint64) if self._grouped else self.texts[0]

    @property
    def annotations(self) -> NDArray[np.uint32]:
        """Checksum of the answers about each document."""
        return self._table["annotation"]

    @property
    def own_splits(self) -> NDArray[np.int8]:
        """The split each document came with, as index into `OWN_SPLITS`."""
        return self._table["split"]

    @property
    def row_texts(self) -> Digests:
        """Digest of the text of each row."""
        return np.frombuffer(self._row_texts, np.uint64) if self._windowed else self.texts[0]

    @property
    def band_hashes(self) -> Digests:
        """The hashed bands of the MinHash signature of each row."""
        return np.frombuffer(self._band_hashes, np.uint64).reshape(-1, BANDS)

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
        found = np.frombuffer(self._labels, LABEL)
        at = 0
        for first in range(0, len(row_labels), ROWS_AT_ONCE):
            numbers = row_labels[first : first + ROWS_AT_ONCE].astype(np.int64)
            end = at + int(numbers.sum())
            yield Occurrences(
                rows=np.repeat(np.arange(first, first + len(numbers)), numbers),
                labels=sorted_place[found["label"][at:end]],
                spans=found["spans"][at:end].astype(np.int64),
            )
            at = end


class EncodedBlock(HoldsText, msgspec.Struct, frozen=True):
    """An encoded block.

    A document gives one row, or one for each window.

    Attributes:
        path: the input that the block is of.
        rejected: records that can't become rows.
        documents: the documents of the rows, one a line.
        answers: the answers, one JSON string a line; empty unless the job asks for them.
        lines: for each writer of the job, its lines of the rows.
        table: the entry of each document in the row index (`DOCUMENT`).
        groups: of each document, the digest of its group (uint64); empty if the group of each is
            just its text.
        rows: of each document, number of rows (uint32); empty if each has one.
        row_texts: of each row, digest of its text (uint64); empty if each document has one row.
        names: labels that occur.
        row_labels: of each row, number of labels that occur in it (uint16).
        labels: those, as indices into `names`, row after row (`LABEL`).
        band_hashes: of each row, the hashed bands of its MinHash signature (uint64), by which near
            duplicates are found; empty unless the job asks for them.
        tidied: how many spans were left out or trimmed because of white space, by reason.
        nesting: the largest number of spans that one character lies in.
    """

    path: Path
    rejected: list[Rejected]
    documents: bytes
    answers: bytes
    lines: tuple[bytes, ...]
    table: Structured
    groups: bytes
    rows: bytes
    row_texts: bytes
    names: list[str]
    row_labels: bytes
    labels: Structured
    band_hashes: bytes
    tidied: dict[str, int] = {}
    nesting: int = 0


MOST_SPANS = (1 << 8) - 1


def digest_of(text: str) -> bytes:
    """Digest of a text in sixteen bytes; eight are enough where a collision does no harm."""
    return digests_of([text])[0]


def digests_of(texts: Iterable[str]) -> list[bytes]:
    """The same for many texts."""
    fresh = hashlib.blake2b(digest_size=16).copy  # half as long as making one
    digests = []
    for text in texts:
        state = fresh()
        state.update(text.encode())
        digests.append(state.digest())
    return digests


OWN_SPLITS = ("", "train", "dev", "test")


_PREFIXES = {"train": 1, "dev": 2, "valid": 2, "val": 2, "test": 3}


def own_split(name: str) -> int:
    """Index of the split that the name of a file, or `meta.split`, begins with; 0 for none."""
    lowered = name.lower()
    return next((index for prefix, index in _PREFIXES.items() if lowered.startswith(prefix)), 0)
