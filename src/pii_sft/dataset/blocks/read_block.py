"""The documents of a block as one span table, and the errors of its other records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pii_sft.converters import Rejected
from pii_sft.dataset.blocks.input_blocks import Block, Lines
from pii_sft.errors import Problem, RecordError
from pii_sft.files import encode
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document


class ReadBlock:
    """The records of a block.

    Args:
        block: the block.

    Attributes:
        columns: its documents.
        documents: the same documents, as a list.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        self._rejected: list[tuple[int, Rejected]] = []
        self._lines: list[tuple[int, bytes]] = []
        self._places: list[int] = []
        together = block.together() if isinstance(block, Lines) else None
        self.columns = SpanColumns(self._one_by_one()) if together is None else together
        self.documents: Sequence[Document] = self.columns.documents

    def _one_by_one(self) -> list[Document]:
        documents: list[Document] = []
        for place, (number, raw, record) in enumerate(self._block.records()):
            if isinstance(record, Rejected):
                self._rejected.append((place, record))
            else:
                documents.append(record)
                self._places.append(place)
                self._lines.append((number, raw))
        return documents

    def rejected_and(self, refused: Mapping[int, RecordError]) -> list[Rejected]:
        """The rejected records together with refused documents, in the order of the block.

        Args:
            refused: the error of each refused document, by its number among the documents.
        """
        if refused and isinstance(self._block, Lines) and not self._lines:
            # they were read together, so each line is a document
            self._lines = list(enumerate(self._block.data.split(b"\n"), self._block.first))
        rejected = list(self._rejected)
        for index, error in refused.items():
            number, raw = self._lines[index]
            problem = Problem(error.kind, str(self._block.path), number, error.id, error.reason)
            record = Rejected(problem, raw or encode(self.documents[index]))
            rejected.append((self._places[index] if self._places else index, record))
        return [record for _, record in sorted(rejected, key=lambda each: each[0])]
