"""The canonical form: `documents.jsonl`, or one file a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.files import Staging, encode
from pii_sft.records.dataset_folder import Manifest


class DocumentsWriter:
    """Writes Documents JSONL."""

    name = "documents"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """One file for each split of the manifest; `documents.jsonl` without a split."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """The document alone."""
        return encode(row.document) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open a file for each split."""
        return {
            split: LineFiles(staging.open(directory / f"{split or 'documents'}.jsonl"))
            for split in manifest.splits
        }


WRITER = DocumentsWriter()
