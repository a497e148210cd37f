"""Tasks, annotations and regions to read."""

from __future__ import annotations

from typing import Any

from pii_sft.converters.readers.label_studio import LabelStudioOptions, LabelStudioReader

TEXT = "Ann 😀 Lee"


def region(start: int, end: int, text: str, *labels: str, **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [*labels]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value, **more}


ANN = region(0, 3, "Ann", "NAME")
LEE = region(7, 10, "Lee", "NAME")


def annotation(*regions: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "was_cancelled": False, "result": [*regions], **more}


def task(*annotations: Any, data: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": data or {"text": TEXT}, "annotations": [*annotations], **more}


def reader(**options: Any) -> LabelStudioReader:
    return LabelStudioReader(LabelStudioOptions(**options))
