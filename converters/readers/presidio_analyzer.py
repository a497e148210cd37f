"""Results of Presidio's analyzer: `[{"entity_type", "start", "end", "score"}]`, without text.

The results of several texts are a list of such lists. They were found by a detector and not
reviewed by a person; the texts are in other files (`converters/entities/companion_texts.py`).

Format: https://microsoft.github.io/presidio/api/analyzer_python/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pii_sft.converters.entities.companion_texts import (
    Result,
    TextOptions,
    claimed,
    read_results,
    sniffed,
)
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN


@dataclass(frozen=True)
class PresidioAnalyzerReader:
    """Reads results of Presidio's analyzer, and the texts beside them."""

    options: TextOptions = field(default_factory=TextOptions)

    name = "presidio_analyzer"

    def sniff(self, head: Head) -> float:
        """Certain of an entity type with offsets and a score, and no text."""
        return sniffed(head, _looks, CERTAIN)

    def claims(self, folder: Path) -> list[Path]:
        """Files of results with their texts."""
        return claimed(folder, _looks)

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets; results without a text are rejected."""
        results = read_results(path, self.options, _looks, _parsed, _gathered)
        return settle(path, results, CODE_POINTS)


def _looks(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and first.keys() >= {"entity_type", "start", "end", "score"}


def _gathered(records: Iterable[Record]) -> Iterator[Record]:
    """One record a text: a list, or all the objects of a list."""
    found: list[Any] = []
    raw: list[bytes] = []
    line, lists = 1, False
    for record in records:
        if record.error or not isinstance(record.value, dict):
            lists = True
            yield record
            continue
        line = line if found else record.line
        found.append(record.value)
        raw.append(record.raw)
    if found or not lists:
        yield Record(line, found, b",".join(raw))


def _parsed(value: Any) -> Iterator[Result]:
    yield Result(read_marks(value))


READER = PresidioAnalyzerReader()
