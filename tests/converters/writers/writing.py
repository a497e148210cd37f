"""Documents written by a writer, for what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pii_sft.converters import Row, Writer
from pii_sft.files import Staging
from pii_sft.spans import Document
from tests.contracts.test_writers import manifest

UNSPLIT = ("",)


def written(writer: Writer, folder: Path, texts: Sequence[Document]) -> Path:
    rows = [Row("", document, [], "") for document in texts]
    with Staging(overwrite=True) as staging:
        writer.write(rows, folder, manifest(*UNSPLIT), staging)
    return folder
