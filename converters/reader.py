"""The protocols of a reader: of files, of folders, of files in which every line is a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import ReadResult, Rejected
from pii_sft.spans import Document

if TYPE_CHECKING:
    from pii_sft.span_columns import SpanColumns

CERTAIN = 0.95
"""The input has a feature that no other format has."""

LIKELY = 0.8
"""The input has the layout of the format; another format could share parts of it."""

POSSIBLE = 0.6
"""The reader can read the input, but nothing in it identifies the format."""

NO = 0.0
"""The reader can't read the input."""

IF_NO_OTHER = 0.01
"""The reader knows the layout of the input, but can't read any of its first records. If no other
reader is surer, it is chosen, so that it can say what is wrong with them.
"""


class Reader(Protocol):
    """Reads one annotation format.

    Further abilities of a reader are the protocols below.
    """

    name: str

    def sniff(self, head: Head) -> float:
        """Certainty of the format of an input: `CERTAIN`, `LIKELY`, `POSSIBLE` or `NO`."""

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Stream the records of an input, good and bad, in file order, and notes about the whole.

        Raises:
            InputError: the input as a whole can't be read.
        """


@runtime_checkable
class FolderReader(Reader, Protocol):
    """Reads formats that put one document into several files, or each into one of its own."""

    def claims(self, folder: Path) -> list[Path]:
        """The files of a folder that are read together, as one input; empty if it is not for it."""


@runtime_checkable
class ConfigurableReader(Reader, Protocol):
    """A reader with policies; it is a frozen dataclass.

    Attributes:
        options: the policies.
    """

    options: msgspec.Struct


@runtime_checkable
class LineReader(Reader, Protocol):
    """Reads formats in which every line is a record, so that several processes can share a file."""

    def by_line(self, path: Path) -> bool:
        """True if this file is one of lines; the format may have other layouts, too."""

    def read_line(self, line: bytes, number: int, path: Path) -> Document | Rejected:
        """Turn one line that is not blank into a document.

        Args:
            line: without its line break; without a byte-order mark.
            number: of the line, counted from 1.
            path: of the file.
        """


@runtime_checkable
class BlockReader(LineReader, Protocol):
    """Reads whole lines together, where none of them needs a look of its own."""

    def read_block(self, lines: bytes) -> SpanColumns | None:
        """The documents that `read_line` makes of lines; None if one may be rejected, or blank."""
