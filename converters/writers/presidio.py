"""presidio-research `InputSample`: one JSON array a split.

`meta.group` becomes `template_id`, and the other keys of `meta` become `metadata`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pii_sft.converters.writer import Row
from pii_sft.converters.writers.arrays import JsonArray
from pii_sft.files import Staging
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document


class PresidioWriter:
    """Writes presidio-research data sets."""

    name = "presidio"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.json`, or `documents.json` without a split."""
        arrays = {
            split: JsonArray(staging.open(directory / f"{split or 'documents'}.json"))
            for split in manifest.splits
        }
        for row in rows:
            arrays[row.split].add(_sample(row.document))
        for array in arrays.values():
            array.end()


def _sample(document: Document) -> dict[str, Any]:
    rest = {key: value for key, value in document.meta.items() if key != "group"}
    return {
        "full_text": document.text,
        "masked": _masked(document),
        "spans": [
            {
                "entity_type": span.label,
                "entity_value": document.surface(span),
                "start_position": span.start,
                "end_position": span.end,
            }
            for span in document.spans
        ],
        "template_id": document.meta.get("group"),
        "metadata": {**rest, "id": document.id},
    }


def _masked(document: Document) -> str:
    """The text with `{{LABEL}}` instead of each outermost span."""
    pieces, at = [], 0
    for span in document.spans:
        if span.start >= at:
            pieces += [document.text[at : span.start], f"{{{{{span.label}}}}}"]
            at = span.end
    return "".join([*pieces, document.text[at:]])


WRITER = PresidioWriter()
