"""The documents of an audit: read once, and kept on disk without a name for further looks."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from pii_sft.converters import Note, Reader, Rejected
from pii_sft.converters.detect import find_sources
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
    """Find out what files and folders hold.

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
    """Reads inputs, and gives their documents again.

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
        self._column = Column()
        self._splits = array("b")

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, *_: object) -> None:
        self._column.close()

    def __len__(self) -> int:
        """How many documents have been read."""
        return len(self._splits)

    def read(self) -> Iterator[Seen]:
        """Every document, as it is read."""
        for path, reader in self._inputs.sources:
            of_file = own_split(path.name)
            lines = is_of_lines(path, reader)
            for block in cut_into_blocks(path, reader, self._inputs.settings, lines):
                if isinstance(block, Note):
                    self.notes.append(f"{path.name}: {block.text}")
                    continue
                documents = list(self._good(record for _, _, record in block.records()))
                self._column.add(_encode_lines(documents))
                yield from self._numbered(documents, of_file)

    def _good(self, records: Iterable[Document | Rejected]) -> Iterator[Document]:
        for record in records:
            if isinstance(record, Document):
                if COPY_OF in record.meta:
                    self.copies += 1
                else:
                    yield record
                continue
            self.rejected += 1
            if len(self.problems) < SHOWN_PROBLEMS:
                self.problems.append(record.problem)

    def _numbered(self, documents: Sequence[Document], of_file: int) -> Iterator[Seen]:
        for document in documents:
            split = of_file
            if document.meta and (named := document.meta.get("split")):
                split = own_split(str(named)) or of_file
            number = len(self._splits)
            self._splits.append(split)
            yield Seen(number, OWN_SPLITS[split], document)

    def again(self) -> Iterator[Seen]:
        """Every document once more, in the same order."""
        for number, line in enumerate(self._column.lines()):
            yield Seen(number, OWN_SPLITS[self._splits[number]], _decode(line))

    def texts(self) -> Texts:
        """The texts, in any order."""
        return Texts(self._column)
