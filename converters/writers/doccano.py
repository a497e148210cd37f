"""doccano: JSON lines to import into a project of sequence labelling.

Offsets count UTF-16 units, as doccano's editor does. What stands beside `text` and `label` becomes
metadata of the example. Import without "allow overlapping spans" drops spans that overlap.

Format: https://github.com/doccano/doccano/blob/master/docs/tutorial.md
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.converters.writers.utf16 import Utf16Offsets
from pii_sft.files import Staging, encode
from pii_sft.records.dataset_folder import Manifest


class DoccanoWriter:
    """Writes what doccano imports as JSONL."""

    name = "doccano"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl`, or `documents.jsonl` without a split."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """Text, labels, and id and meta for whoever takes them out again."""
        document = row.document
        units = Utf16Offsets(document.text)
        record = {
            "id": document.id,
            "text": document.text,
            "label": [[units[span.start], units[span.end], span.label] for span in document.spans],
            "meta": document.meta,
        }
        return encode(record) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open a file for each split."""
        return {
            split: LineFiles(staging.open(directory / f"{split or 'documents'}.jsonl"))
            for split in manifest.splits
        }


WRITER = DoccanoWriter()
