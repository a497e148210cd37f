"""Inputs cut into blocks, which can be encoded separately and in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec

from pii_sft.converters import READERS, Note, Reader, ReadResult, Rejected
from pii_sft.converters.read_results import within_record_size
from pii_sft.converters.reader import BlockReader, LineReader
from pii_sft.converters.reader_options import configured
from pii_sft.errors import InputError
from pii_sft.files import BYTE_ORDER_MARK, encode, most_of_record, open_binary, too_long
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document, HoldsText

BLOCK_BYTES = 1 << 18
"""Bytes of an input that a block holds; more where one line, or document, is longer."""


class Lines(HoldsText, msgspec.Struct, frozen=True):
    """Whole lines of a file, still to be read.

    Attributes:
        path: the file.
        reader: name of the reader for them.
        settings: its options.
        first: number of the first line, counted from 1.
        data: the lines as they are in the file.
    """

    path: Path
    reader: str
    settings: dict[str, str]
    first: int
    data: bytes

    def together(self) -> SpanColumns | None:
        """The documents of the lines, if the reader can read all of them at once; else None."""
        reader = READERS.get(self.reader)
        return reader.read_block(self.data) if isinstance(reader, BlockReader) else None

    def records(self) -> Iterator[tuple[int, bytes, Document | Rejected]]:
        """Line number, bytes, and what the reader makes of them."""
        reader = configured(READERS.get(self.reader), self.settings)
        if not isinstance(reader, LineReader):
            raise TypeError(f"{self.reader} does not read line by line")
        path, read_line = self.path, reader.read_line
        data = self.data.removeprefix(BYTE_ORDER_MARK) if self.first == 1 else self.data
        for number, raw in enumerate(data.split(b"\n"), self.first):
            line = raw.rstrip(b"\r")
            if line.strip():
                yield number, line, read_line(line, number, path)


class Records(msgspec.Struct, frozen=True):
    """Documents and rejected records of an input, in order.

    Attributes:
        path: the input.
        read: the records that its reader gives.
    """

    path: Path
    read: tuple[Document | Rejected, ...]

    def records(self) -> Iterator[tuple[int, bytes, Document | Rejected]]:
        """Each record, without its line number and bytes, which only the reader knew."""
        for record in self.read:
            yield 0, b"", record

    def packed(self) -> Packed:
        """The same in few large pieces, to be sent to another process."""
        documents = [record for record in self.read if isinstance(record, Document)]
        rejected = [
            (place, record)
            for place, record in enumerate(self.read)
            if isinstance(record, Rejected)
        ]
        return Packed(self.path, encode(documents), rejected)


_decode_documents = msgspec.json.Decoder(list[Document]).decode


class Packed(HoldsText, msgspec.Struct, frozen=True):
    """The records of a block, with the documents as JSON.

    Attributes:
        path: the input.
        documents: a JSON list.
        rejected: rejected records with their places among all.
    """

    path: Path
    documents: bytes
    rejected: list[tuple[int, Rejected]]

    def records(self) -> Iterator[tuple[int, bytes, Document | Rejected]]:
        """Each record, without line and bytes."""
        read: list[Document | Rejected] = list(_decode_documents(self.documents))
        for place, record in self.rejected:
            read.insert(place, record)
        return Records(self.path, tuple(read)).records()


Block = Lines | Records | Packed


def is_of_lines(path: Path, reader: Reader) -> bool:
    """True if an input is read line by line."""
    return isinstance(reader, LineReader) and reader.by_line(path)


def cut_into_blocks(
    path: Path, reader: Reader, settings: Mapping[str, str], of_lines: bool
) -> Iterator[Block | Note]:
    """Cut an input into blocks; the cuts depend on nothing but the input.

    Args:
        path: the input.
        reader: for it, with its options set.
        settings: the same options, so that another process can set them.
        of_lines: what `is_of_lines` says of it.

    Returns:
        Blocks in order, and the reader's notes on the input as a whole.
    """
    if of_lines:
        return _blocks_of_lines(path, reader.name, dict(settings))
    return blocks_of(path, within_record_size(reader.read(path), path))


def _blocks_of_lines(path: Path, reader: str, settings: dict[str, str]) -> Iterator[Lines]:
    first = 1
    with open_binary(path) as stream:
        while data := _whole_lines(stream, path, first):
            yield Lines(path, reader, settings, first, data)
            first += data.count(b"\n")


def _whole_lines(stream: IO[bytes], path: Path, first: int) -> bytes:
    """A block that ends with a line.

    Raises:
        InputError: a line is longer than a record may be.
    """
    data = stream.read(BLOCK_BYTES)
    if not data.endswith(b"\n"):
        data += stream.readline(most_of_record() + len(b"\r\n"))
    if len(data) > most_of_record():
        for number, line in enumerate(data.split(b"\n"), first):
            if len(line.removesuffix(b"\r")) > most_of_record():
                raise InputError([too_long(path, number)])
    return data


def blocks_of(path: Path, readings: Iterable[ReadResult]) -> Iterator[Records | Note]:
    """Gather what a reader yields into blocks; notes come at once.

    Args:
        path: the input, for messages.
        readings: documents, rejected records and notes.
    """
    held: list[Document | Rejected] = []
    size = 0
    for reading in readings:
        if isinstance(reading, Note):
            yield reading
            continue
        held.append(reading)
        size += len(reading.text if isinstance(reading, Document) else reading.raw)
        if size >= BLOCK_BYTES:
            yield Records(path, tuple(held))
            held, size = [], 0
    if held:
        yield Records(path, tuple(held))
