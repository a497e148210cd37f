"""Reading of inputs: blocks are encoded, then stored in the spill file and the row index."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from pii_sft.converters import Note, Reader
from pii_sft.dataset.blocks.executors import Engine
from pii_sft.dataset.blocks.input_blocks import Block, Lines, cut_into_blocks, is_of_lines
from pii_sft.dataset.blocks.span_edges import notes_of
from pii_sft.dataset.options import BlockJob, OnError
from pii_sft.dataset.row_index import EncodedBlock, RowIndex
from pii_sft.dataset.spill import Spill
from pii_sft.errors import ProblemTally
from pii_sft.files import STANDARD_STREAM, files_in, metered

Source = tuple[Path, Reader]

_ADVICE = "Nothing was written. Mend the input, or set bad records aside: --on-error quarantine."


class Progress(msgspec.Struct, frozen=True):
    """Progress of the reading of inputs.

    Attributes:
        documents: how many have been prepared.
        read: bytes of the inputs that have been read.
        size: bytes of all inputs; 0 where that can't be told.
    """

    documents: int
    read: int
    size: int


class InputReading:
    """Reads inputs into a spill file and a row index.

    Args:
        spill: where rows and rejected records go.
        row_index: takes the digests and counts that the selection needs.
        on_error: what to do with bad records.

    Attributes:
        rejected: number of records set aside.
        problems: what was wrong with them.
        notes: what readers decided about whole inputs.
        digests: SHA-256 of the inputs that were read as lines; the others have to be read again.
    """

    def __init__(self, spill: Spill, row_index: RowIndex, on_error: OnError) -> None:
        self.rejected = 0
        self.notes: dict[Path, list[str]] = {}
        self.digests: dict[Path, str] = {}
        self._spill = spill
        self._row_index = row_index
        self._quarantine = on_error == "quarantine"
        self.problems = ProblemTally()
        self._tidied: dict[Path, Counter[str]] = {}
        self._read = 0

    def read(
        self,
        sources: Sequence[Source],
        settings: Mapping[str, str],
        job: BlockJob,
        engine: Engine,
        workers: int,
        on_progress: Callable[[Progress], None],
    ) -> None:
        """Read every record of the inputs.

        Args:
            sources: inputs with their readers.
            settings: options that the readers were given.
            job: what to do with each document.
            engine: where to do it.
            workers: how many processes take part.
            on_progress: called after each block.

        Raises:
            InputError: records are bad, and `on_error` is `stop`; the first ones are named.
        """
        size = _size(sources)
        of_lines = {path for path, reader in sources if is_of_lines(path, reader)}
        failing: Path | None = None
        with metered(self._count):
            for prepared in engine(job, self._blocks(sources, settings, of_lines), workers):
                if failing not in (None, prepared.path):
                    break  # the other problems of an input are counted, those of others are not
                if prepared.rejected and not self._quarantine:
                    failing = prepared.path
                self._take(prepared, keep=failing is None)
                on_progress(Progress(self._row_index.documents, self._read, size))
        if failing is not None:
            raise self.problems.error(_ADVICE)
        for path, tidied in self._tidied.items():
            self.notes.setdefault(path, []).extend(notes_of(tidied))

    def _count(self, size: int) -> None:
        self._read += size

    def _take(self, prepared: EncodedBlock, keep: bool) -> None:
        """Count the problems of a block, and store its rows."""
        self.rejected += len(prepared.rejected)
        for rejected in prepared.rejected:
            self.problems.add(rejected.problem)
        if not keep:
            return
        for rejected in prepared.rejected:
            self._spill.reject(rejected)
        self._tidied.setdefault(prepared.path, Counter()).update(prepared.tidied)
        self._spill.add(prepared)
        self._row_index.add(prepared)

    def _blocks(
        self, sources: Iterable[Source], settings: Mapping[str, str], of_lines: Collection[Path]
    ) -> Iterator[Block]:
        for path, reader in sources:
            state = hashlib.sha256()
            for block in cut_into_blocks(path, reader, settings, path in of_lines):
                if isinstance(block, Note):
                    self.notes.setdefault(path, []).append(block.text)
                    continue
                if isinstance(block, Lines):
                    state.update(block.data)
                yield block
            if path in of_lines and path != STANDARD_STREAM:
                self.digests[path] = state.hexdigest()


def _size(sources: Iterable[Source]) -> int:
    """Bytes of all inputs; 0 if one is standard input."""
    paths = [path for path, _ in sources]
    if STANDARD_STREAM in paths:
        return 0
    return sum(each.stat().st_size for path in paths for each in files_in(path))
