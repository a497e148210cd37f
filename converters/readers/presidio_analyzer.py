"""Results of Presidio's analyzer: `[{"entity_type", "start", "end", "score"}]`, without text.

The results of several texts are a list of such lists. They were found by a detector and not
reviewed by a person; the texts are in other files (`converters/entities/companion_texts.py`).

Format: https://microsoft.github.io/presidio/api/analyzer_python/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pii_sft.converters.entities.companion_texts import Result, ResultsReader
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.json_records import Record


class PresidioAnalyzerReader(ResultsReader):
    """Reads results of Presidio's analyzer, and the texts beside them."""

    name = "presidio_analyzer"

    def looks(self, value: Any) -> bool:
        """True for an entity type with offsets and a score."""
        first = value[0] if isinstance(value, list) and value else value
        return isinstance(first, dict) and first.keys() >= {"entity_type", "start", "end", "score"}

    def gather(self, records: Iterable[Record]) -> Iterator[Record]:
        """Make one record a text: a list, or all the objects of a list."""
        return _gathered(records)

    def parse(self, value: Any) -> Iterator[Result]:
        """Read the results about one text."""
        return _parsed(value)


def _gathered(records: Iterable[Record]) -> Iterator[Record]:
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
