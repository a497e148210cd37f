"""The canonical form: `documents.jsonl`, or one file a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import jsonlines

from pii_sft.converters.base import Row
from pii_sft.files import Staging
from pii_sft.manifest import Manifest


class DocumentsWriter:
    """Writes Documents JSONL."""

    name = "documents"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """One file for each split of the manifest; `documents.jsonl` without a split."""
        files: dict[str, jsonlines.Writer] = {
            split: staging.jsonl(directory / f"{split or 'documents'}.jsonl")
            for split in manifest.splits
        }
        for row in rows:
            files[row.split].write(row.document)


WRITER = DocumentsWriter()
