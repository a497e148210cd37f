"""Label Studio: tasks to import, with annotations or, for correcting a model, predictions.

Offsets count UTF-16 units, as Label Studio's editor does. `label_config.xml` is the labelling
interface the tasks were written for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

import msgspec

from pii_sft.converters.writer import Row
from pii_sft.converters.writers.arrays import JsonArray
from pii_sft.converters.writers.utf16 import Utf16Offsets
from pii_sft.files import Staging
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document

CONFIG = "label_config.xml"
FROM, TO = "label", "text"


class LabelStudioWriter(msgspec.Struct, frozen=True):
    """Writes tasks for Label Studio's import.

    Attributes:
        name: of the writer.
        role: `annotations` for spans that are done; `predictions` for spans that a model found
            and that an annotator shall correct.
    """

    name: str
    role: Literal["annotations", "predictions"]

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.json`, or `documents.json` without a split, and `label_config.xml`."""
        staging.open(directory / CONFIG).write(_config(manifest))
        arrays = {
            split: JsonArray(staging.open(directory / f"{split or 'documents'}.json"))
            for split in manifest.splits
        }
        for row in rows:
            arrays[row.split].add(_task(row.document, self.role))
        for array in arrays.values():
            array.end()


def _task(document: Document, role: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"result": results_of(document)}
    if role == "predictions":
        entry["model_version"] = "pii-sft"
    return {
        "data": {"text": document.text, "id": document.id},
        "meta": document.meta,
        role: [entry],
    }


def results_of(document: Document, source: str = FROM, target: str = TO) -> list[dict[str, Any]]:
    """The spans of a document as regions of Label Studio.

    Args:
        document: the document.
        source: name of the labels in the labelling interface.
        target: name of the text there.
    """
    units = Utf16Offsets(document.text)
    return [
        {
            "id": f"s{number}",
            "from_name": source,
            "to_name": target,
            "type": "labels",
            "value": {
                "start": units[span.start],
                "end": units[span.end],
                "text": document.surface(span),
                "labels": [span.label],
            },
        }
        for number, span in enumerate(document.spans, 1)
    ]


def _config(manifest: Manifest) -> bytes:
    labels = "\n".join(f"    <Label value={quoteattr(each.name)}/>" for each in manifest.labels)
    return (
        f'<View>\n  <Labels name="{FROM}" toName="{TO}">\n{labels}\n  </Labels>\n'
        f'  <Text name="{TO}" value="$text"/>\n</View>\n'
    ).encode()


WRITER = LabelStudioWriter("label_studio", "annotations")
PREDICTIONS = LabelStudioWriter("label_studio_predictions", "predictions")
