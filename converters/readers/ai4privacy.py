"""ai4privacy pii-masking: `{"source_text", "privacy_mask": [{"value", "start", "end", "label"}]}`.

The releases 200k, 300k, 400k, 500k and 1m share these two columns. Files that went through pandas
hold `privacy_mask` as a printed numpy array. The re-upload by Isotonic has `unmasked_text`, a
`privacy_mask` of placeholders (`{"[CITY_1]": "Rome"}`) and the offsets in `span_labels`.
Placeholders are numbered there, and their numbers removed.

Word pieces and their tags are ignored: they do not give back the text.

Documented shapes: https://huggingface.co/datasets/ai4privacy/pii-masking-200k and its successors,
https://huggingface.co/datasets/Isotonic/pii-masking-200k
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.csv_tables import first_row, read_rows
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.files.stringified import decoded
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_TEXT_KEYS = ("source_text", "unmasked_text")
_OUTSIDE = "O"
_NUMBER = re.compile(r"_\d+$")


class Ai4PrivacyReader:
    """Reads the data sets of ai4privacy."""

    name = "ai4privacy"

    def sniff(self, head: Head) -> float:
        """Certain of a privacy mask beside a text."""
        keys = first_row(head).keys()
        return CERTAIN if "privacy_mask" in keys and set(_TEXT_KEYS) & keys else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each span against its value."""
        return settle(path, read_annotated(path, _annotated, read_rows(path)), CODE_POINTS)


def _annotated(record: dict[str, Any], name: str) -> Iterator[RawDocument]:
    id = name_of(record, ("uid", "id"), name)
    with naming(id):
        text, marks = text_of(record, _TEXT_KEYS), _marks(record)
    meta = known_meta(record)
    if isinstance(record.get("set"), str):
        meta.setdefault("split", record["set"])
    yield RawDocument(id, text, marks, meta)


def _marks(record: dict[str, Any]) -> tuple[RawSpan, ...]:
    mask = decoded(record.get("privacy_mask"), "privacy_mask")
    if isinstance(mask, list):
        return read_marks(mask)
    stretches = decoded(record.get("span_labels"), "span_labels")
    if stretches is None:
        raise RecordError("not annotated", "neither `privacy_mask` nor `span_labels` has offsets")
    values = mask if isinstance(mask, dict) else {}
    return tuple(
        _unnumbered(mark, values.get(f"[{mark.label}]"))
        for mark in read_marks(stretches)
        if mark.label != _OUTSIDE
    )


def _unnumbered(mark: RawSpan, value: Any) -> RawSpan:
    surface = value if isinstance(value, str) else None
    return msgspec.structs.replace(mark, label=_NUMBER.sub("", mark.label), surface=surface)


READER = Ai4PrivacyReader()
