"""Rows from the spill file to the writers, each in its split and with its final document id."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress, islice
from pathlib import Path

import numpy as np

from pii_sft.converters import Row, Writer
from pii_sft.converters.writer import LineFiles, LineWriter
from pii_sft.dataset.blocks.proved_answers import Answers
from pii_sft.dataset.row_index import Numbers
from pii_sft.dataset.selection.assign_splits import DROPPED, SplitAssignment
from pii_sft.dataset.selection.unique_ids import UniqueIds
from pii_sft.dataset.spill import Spill, decode_spilled
from pii_sft.files import Staging, encode
from pii_sft.prompt import Prompt
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document
from pii_sft.targets import Target

_LEFT_OUT, _RENAMED = 255, 254
_ONLY = [bytes(code == split for code in range(256)) for split in range(_RENAMED)]
"""For each split, a table that translates its code to 1 and every other code to 0."""


class Output:
    """The rows of a conversion, ready to be written.

    Args:
        spill: the spill file that holds them.
        splits: the split of each row.
        names: new ids of documents whose id is taken.
        document_of: number of the document of each row.
        prompt: of every row.
        target: how answers are written.
    """

    def __init__(
        self,
        spill: Spill,
        splits: SplitAssignment,
        names: UniqueIds,
        document_of: Numbers,
        prompt: Prompt,
        target: Target,
    ) -> None:
        self._spill = spill
        self._splits = splits
        self._names = names
        self._document_of = document_of
        self._prompt = prompt
        self._answer = Answers(target)
        codes = splits.rows.astype(np.uint8)
        codes[np.isin(document_of, names.changed)] = _RENAMED
        codes[splits.rows == DROPPED] = _LEFT_OUT
        self._codes = codes.tobytes()

    def documents(self) -> Iterator[tuple[str, Document]]:
        """The split of each row that stays, and its document."""
        for row, (code, line) in enumerate(zip(self._codes, self._spill.documents(), strict=True)):
            if code != _LEFT_OUT:
                yield self._split(row), self._document(row, line)

    def write(
        self, writer: Writer, encoded: bool, directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """Write everything in one format.

        Args:
            writer: of the format.
            encoded: whether the spill file has the lines of this writer.
            directory: folder of the data set.
            manifest: of the data set.
            staging: through which every file is opened.
        """
        if encoded and isinstance(writer, LineWriter):
            self._copy(writer, writer.files(directory, manifest, staging))
        else:
            writer.write(self._rows(), directory, manifest, staging)

    def _rows(self) -> Iterator[Row]:
        answers = self._spill.answers()
        lines = zip(self._codes, self._spill.documents(), answers, strict=True)
        for row, (code, line, answer) in enumerate(lines):
            if code != _LEFT_OUT:
                document = self._document(row, line)
                messages = self._prompt.messages(document.text)
                yield Row(self._split(row), document, messages, answer)

    def _copy(self, writer: LineWriter, files: dict[str, LineFiles]) -> None:
        into = [files[name] for name in self._splits.names]
        documents = self._spill.documents()
        first = 0
        for lines in self._spill.batches(writer.name):
            gold = list(islice(documents, len(lines)))
            codes = bytearray(self._codes[first : first + len(lines)])
            for at in [at for at, code in enumerate(codes) if code == _RENAMED]:
                lines[at], gold[at] = self._renamed(writer, first + at, gold[at])
                codes[at] = int(self._splits.rows[first + at])
            for split, file in enumerate(into):
                chosen = codes.translate(_ONLY[split])
                file.rows.write(b"".join(compress(lines, chosen)))
                if file.gold is not None:
                    file.gold.write(b"".join(compress(gold, chosen)))
            first += len(lines)

    def _renamed(self, writer: LineWriter, row: int, line: bytes) -> tuple[bytes, bytes]:
        """The line and the gold of a row whose document has a new name."""
        document = self._document(row, line)
        messages = self._prompt.messages(document.text)
        answer = self._answer(document)
        return writer.line(Row("", document, messages, answer)), encode(document) + b"\n"

    def _split(self, row: int) -> str:
        return self._splits.names[int(self._splits.rows[row])]

    def _document(self, row: int, line: bytes) -> Document:
        document = decode_spilled(line)
        if self._codes[row] == _RENAMED:
            return self._names.renamed(document, int(self._document_of[row]))
        return document
