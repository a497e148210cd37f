"""The documents of an audit, read once and kept in an unnamed file for the second pass."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import overload

import msgspec

from pii_sft.converters import Note, Reader, Rejected
from pii_sft.converters.detect import find_sources
from pii_sft.dataset.audit.block import SIZE, Block, Labels, StoredArrays, arrays_of
from pii_sft.dataset.audit.places import Seen
from pii_sft.dataset.blocks.input_blocks import cut_into_blocks, is_of_lines
from pii_sft.dataset.row_index import OWN_SPLITS, own_split
from pii_sft.dataset.selection.training_copies import COPY_OF
from pii_sft.dataset.spill import Column, Texts
from pii_sft.errors import SHOWN_PROBLEMS, Problem
from pii_sft.records.dataset_folder import DatasetFolder, Manifest
from pii_sft.spans import Document

_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(Document).decode
_encode_arrays = msgspec.msgpack.Encoder().encode
_decode_arrays = msgspec.msgpack.Decoder(StoredArrays).decode


class Inputs(msgspec.Struct, frozen=True):
    """The documents to read.

    Attributes:
        sources: files and folders, with their readers.
        settings: options of the readers.
        manifest: of the data set, where the input is a folder that `convert` wrote.
    """

    sources: tuple[tuple[Path, Reader], ...]
    settings: dict[str, str]
    manifest: Manifest | None = None


def find_inputs(
    paths: Sequence[Path], source: str = "auto", settings: Mapping[str, str] | None = None
) -> Inputs:
    """Detect what files and folders hold.

    A folder that `convert` wrote is read from the documents beside its rows, which hold the same
    ids in the same order.

    Raises:
        InputError: an input is missing or empty, or a folder holds parts of two data sets.
        UsageError: there is no such reader, or none recognises an input.
    """
    folder = DatasetFolder(paths[0])
    if len(paths) == 1 and folder.exists:
        manifest, files = folder.check(), folder.documents()
        if files:
            return Inputs(tuple(find_sources(files, source)), {}, manifest)
    return Inputs(tuple(find_sources(paths, source, settings)), dict(settings or {}))


class Documents:
    """Reads inputs once, and yields their documents several times.

    Args:
        inputs: what to read.

    Attributes:
        rejected: how many records could not become documents.
        problems: the first of them.
        notes: what readers said about whole files.
        copies: documents that `convert` repeated or altered on purpose, which are left out.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.rejected = 0
        self.copies = 0
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self._inputs = inputs
        self._labels = Labels()
        self._lines = Column()
        self._arrays = Column()
        self._ends = array("q", (0, 0))
        self._splits = array("b")

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._arrays.close()

    def __len__(self) -> int:
        """Number of documents that have been read."""
        return len(self._splits)

    def read(self) -> Iterator[Block]:
        """Every document, as it is read."""
        some: list[Seen] = []
        for seen in self._seen():
            some.append(seen)
            if len(some) == SIZE:
                yield self._kept(some)
                some = []
        if some:
            yield self._kept(some)

    def _kept(self, seen: Sequence[Seen]) -> Block:
        """A block of documents that are stored."""
        arrays = arrays_of(seen, self._labels)
        self._lines.add(_encode_lines([each.document for each in seen]))
        self._arrays.add(_encode_arrays(arrays))
        self._ends.extend((self._lines.size, self._arrays.size))
        return Block(seen, self._labels, seen[0].number, arrays)

    def _seen(self) -> Iterator[Seen]:
        for path, reader in self._inputs.sources:
            of_file = own_split(path.name)
            lines = is_of_lines(path, reader)
            for block in cut_into_blocks(path, reader, self._inputs.settings, lines):
                if isinstance(block, Note):
                    self.notes.append(f"{path.name}: {block.text}")
                    continue
                for _, _, record in block.records():
                    if isinstance(record, Rejected):
                        self._reject(record)
                    elif COPY_OF in record.meta:
                        self.copies += 1
                    else:
                        split = of_file
                        if record.meta and (named := record.meta.get("split")):
                            split = own_split(str(named)) or of_file
                        self._splits.append(split)
                        yield Seen(len(self._splits) - 1, OWN_SPLITS[split], record)

    def _reject(self, record: Rejected) -> None:
        self.rejected += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(record.problem)

    def again(self) -> Iterator[Block]:
        """The same blocks once more; their documents are decoded when needed."""
        ends = self._ends
        for at in range(2, len(ends), 2):
            first = (at // 2 - 1) * SIZE
            lines = partial(self._lines.piece, ends[at - 2], ends[at])
            stored = _Stored(first, self._splits[first : first + SIZE], lines)
            arrays = _decode_arrays(self._arrays.piece(ends[at - 1], ends[at + 1]))
            yield Block(stored, self._labels, first, arrays)

    def one_by_one(self) -> Iterator[Seen]:
        """Every document once more, in the same order."""
        for number, line in enumerate(self._lines.lines()):
            yield Seen(number, OWN_SPLITS[self._splits[number]], _decode(line))

    def texts(self) -> Texts:
        """The texts, in any order."""
        return Texts(self._lines)


class _Stored(Sequence[Seen]):
    """The documents of a block, which are decoded only when they are asked for.

    Args:
        first: number of the first.
        splits: of each.
        read: reads their lines.
    """

    def __init__(self, first: int, splits: Sequence[int], read: Callable[[], bytes]) -> None:
        self._first = first
        self._splits = splits
        self._read = read

    def __len__(self) -> int:
        return len(self._splits)

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._read().splitlines()

    @overload
    def __getitem__(self, at: int) -> Seen: ...

    @overload
    def __getitem__(self, at: slice) -> list[Seen]: ...

    def __getitem__(self, at: int | slice) -> Seen | list[Seen]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        return Seen(self._first + at, OWN_SPLITS[self._splits[at]], _decode(self._lines[at]))
