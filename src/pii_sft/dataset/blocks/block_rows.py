"""The rows of a block as packed numbers and lines."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from pii_sft.converters import Rejected
from pii_sft.dataset.options import TEMPLATE
from pii_sft.dataset.row_index import (
    DOCUMENT,
    LABEL,
    MOST_SPANS,
    EncodedBlock,
    Structured,
    digest_of,
    digests_of,
    own_split,
)
from pii_sft.files import encode
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document, HoldsText
from pii_sft.windows import META_KEY, window_of

_SHORT = 8
_encode_lines = msgspec.json.Encoder().encode_lines


class BlockRows(HoldsText, msgspec.Struct, frozen=True):
    """The rows of a block.

    Attributes:
        path: of the input.
        documents: the documents that become rows.
        sizes: how many rows each becomes; empty if each becomes one, which is itself.
        rows: those rows.
        answers: the answer that the model has to write for each row.
        lines: the lines that writers make of the rows.
        rejected: records that can't become rows.
        tidied: how many spans were left out or trimmed because of white space, by reason.
    """

    path: Path
    documents: Sequence[Document]
    sizes: Sequence[int]
    rows: SpanColumns
    answers: Sequence[str]
    lines: tuple[bytes, ...]
    rejected: list[Rejected]
    tidied: dict[str, int]

    def packed(
        self, split_by: str, keep_answers: bool, hash_bands: Callable[[str], bytes] | None
    ) -> EncodedBlock:
        """Pack the rows into arrays and lines.

        Args:
            split_by: key of `meta` whose values keep documents together.
            keep_answers: whether answers are kept beside the lines of writers.
            hash_bands: hashes the bands of a row's text; None where near duplicates do not matter.
        """
        rows, documents = self.rows, self.documents
        texts = digests_of([document.text for document in documents])
        keys = set[str]().union(*[document.meta for document in documents])
        named = {split_by, META_KEY} & keys or split_by == TEMPLATE
        groups = self._groups(split_by, texts) if named else []
        names = _Numbering()
        labels = [names[label] for label in rows.labels]
        found, row_labels = _counted(labels, rows.owners, len(rows.documents), names)
        return EncodedBlock(
            path=self.path,
            rejected=self.rejected,
            documents=_encode_lines(rows.documents),
            answers=_encode_lines(self.answers) if keep_answers else b"",
            lines=self.lines,
            table=self._table(texts, "split" in keys),
            groups=b"".join(groups),
            rows=_bytes(self.sizes, np.uint32) if self._windowed else b"",
            row_texts=_shortened(digests_of(rows.texts)) if self._windowed else b"",
            names=list(names),
            row_labels=_bytes(row_labels, np.uint16),
            labels=found,
            tidied=self.tidied,
            nesting=rows.deepest,
            band_hashes=b"".join([hash_bands(text) for text in rows.texts] if hash_bands else []),
        )

    @property
    def _windowed(self) -> bool:
        return len(self.rows.documents) != len(self.documents)

    def _table(self, texts: Sequence[bytes], split_named: bool) -> Structured:
        table = np.empty(len(texts), DOCUMENT)
        table["texts"] = np.frombuffer(b"".join(texts), np.uint64).reshape(-1, 2)
        ids = digests_of([document.id for document in self.documents])
        table["id"] = np.frombuffer(_shortened(ids), np.uint64)
        table["annotation"] = self._checksums()
        table["split"] = self._splits(split_named)
        return table

    def _groups(self, split_by: str, texts: Sequence[bytes]) -> list[bytes]:
        """Digests of groups, or of the text of a document without one; empty if none has one."""
        groups = [_group(document, split_by) for document in self.documents]
        if not any(groups):
            return []
        return [group or text[:_SHORT] for group, text in zip(groups, texts, strict=True)]

    def _splits(self, named: bool) -> list[int]:
        of_file = own_split(self.path.name)
        if not named:
            return [of_file] * len(self.documents)
        own = [document.meta.get("split") for document in self.documents]
        return [(each and own_split(str(each))) or of_file for each in own]

    def _checksums(self) -> list[int]:
        """Checksum of the answers about each document."""
        checksums = [zlib.crc32(answer.encode()) for answer in self.answers]
        if not self._windowed:
            return checksums
        ends = np.cumsum([0, *self.sizes]).tolist()
        return [zlib.crc32(repr(checksums[start:end]).encode()) for start, end in pairwise(ends)]


def _shortened(digests: Sequence[bytes]) -> bytes:
    return b"".join([digest[:_SHORT] for digest in digests])


def _group(document: Document, split_by: str) -> bytes | None:
    """Digest of the group that a document names or belongs to; None if it has none."""
    value = document.meta.get(split_by)
    if value is not None:
        name = value if isinstance(value, str) else encode(value).decode()
        return digest_of(f"={name}")[:_SHORT]
    window = window_of(document)
    if window is not None:
        return digest_of(window.document)[:_SHORT]
    template = document.template if split_by == TEMPLATE else None
    return None if template is None else digest_of(template)[:_SHORT]


class _Numbering(dict[str, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


def _counted(
    labels: list[int], rows: NDArray[np.int64], number: int, names: Mapping[str, int]
) -> tuple[Structured, NDArray[np.int64]]:
    """Count the spans of each label in each row, and the labels of each row.

    Args:
        labels: of all spans, row after row.
        rows: the row of each span.
        number: how many rows there are.
        names: the labels.
    """
    kinds = max(1, len(names))
    found, counts = np.unique(rows * kinds + np.array(labels, np.int64), return_counts=True)
    if len(counts) and counts.max() > MOST_SPANS:
        pieces = -(-counts // MOST_SPANS)
        last = np.cumsum(pieces) - 1
        split = np.full(int(pieces.sum()), MOST_SPANS)
        split[last] = counts - (pieces - 1) * MOST_SPANS
        found, counts = np.repeat(found, pieces), split
    table = np.empty(len(found), LABEL)
    table["label"] = found % kinds
    table["spans"] = counts
    return table, np.bincount(found // kinds, minlength=number)


def _bytes(numbers: ArrayLike, kind: DTypeLike) -> bytes:
    return np.asarray(numbers).astype(kind).tobytes()
