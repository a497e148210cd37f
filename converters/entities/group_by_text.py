"""Records grouped by text, for formats that have one record for each label of a text.

A record read by itself would look like a text without entities of any other label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import naming
from pii_sft.converters.entities.mentions import Mention, Occurrences
from pii_sft.converters.entities.string_search import Listed, Locator
from pii_sft.converters.files.json_records import Record, object_of, read_records
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult, Rejected, rejected
from pii_sft.errors import RecordError
from pii_sft.files import STANDARD_STREAM
from pii_sft.spans import Document, HoldsText

NEGATIVE_LABELS = "negative_labels"

TextOf = Callable[[dict[str, Any]], str]


class Gathered(HoldsText, msgspec.Struct):
    """The records about one text.

    Attributes:
        text: the text.
        name: a name for the document, from the position of its first record.
        line: line of the first record.
        rows: what the records hold, in file order.
        raw: their bytes, one a line.
    """

    text: str
    name: str
    line: int
    rows: list[dict[str, Any]] = []
    raw: list[bytes] = []


def read_gathered(
    path: Path,
    text_of: TextOf,
    convert: Callable[[Gathered], Iterable[Listed]],
    which: Occurrences,
) -> Iterator[ReadResult]:
    """Read JSON objects, all those about a text as one document.

    Args:
        path: an array, JSON lines, or objects one after another.
        text_of: finds the text of an object; raises RecordError where there is none.
        convert: finds the entities in all objects about a text, and makes a document of them, or
            several, or none; raises RecordError where they can't be used.
        which: which occurrences of a string without offsets are marked.
    """
    locator = Locator(which)

    def made() -> Iterator[RawDocument | Document | Rejected]:
        for gathered in gather(path, text_of):
            if isinstance(gathered, Rejected):
                yield gathered
                continue
            raw = b"\n".join(gathered.raw)
            try:
                with naming(gathered.name):
                    documents = [locator.made(listed) for listed in convert(gathered)]
            except RecordError as error:
                yield rejected(error, path, gathered.line, raw)
                continue
            for document in documents:
                if isinstance(document, RawDocument):
                    yield msgspec.structs.replace(document, line=gathered.line, raw=raw)
                else:
                    yield document

    yield from settle(path, made(), CODE_POINTS)
    yield from locator.notes()


def with_negatives(
    meta: dict[str, Any], asked: Iterable[str], mentions: Iterable[Mention]
) -> dict[str, Any]:
    """Add to meta the labels that were asked for and not found, in the order of the questions."""
    found = {mention.label for mention in mentions}
    negatives = [label for label in dict.fromkeys(asked) if label not in found]
    return {**meta, NEGATIVE_LABELS: negatives} if negatives else meta


def gather(path: Path, text_of: TextOf) -> Iterator[Gathered | Rejected]:
    """Bring together the records of a file that have the same text.

    A first pass counts how often each text occurs, so that a text is held in memory only until its
    last record has come. Standard input can't be read twice: its texts are held until the end.

    Args:
        path: JSON in any layout, or a table.
        text_of: the text of a record; raises RecordError where there is none.

    Yields:
        Each text, once its last record was read; records without a text, at their position.
    """
    expected = _count(path, text_of)
    waiting: dict[str, Gathered] = {}
    for number, record in enumerate(read_records(path), 1):
        try:
            row = object_of(record)
            text = text_of(row)
        except RecordError as error:
            yield rejected(error, path, record.line, record.raw)
            continue
        gathered = waiting.get(text)
        if gathered is None:
            gathered = Gathered(text, f"{path.stem}-{number}", record.line)
            waiting[text] = gathered
        gathered.rows.append(row)
        gathered.raw.append(record.raw)
        if len(gathered.rows) == expected.get(hash(text)):
            yield waiting.pop(text)
    yield from waiting.values()


def _count(path: Path, text_of: TextOf) -> Counter[int]:
    counts: Counter[int] = Counter()
    if path != STANDARD_STREAM:
        counts.update(_texts(read_records(path), text_of))
    return counts


def _texts(records: Iterator[Record], text_of: TextOf) -> Iterator[int]:
    for record in records:
        try:
            yield hash(text_of(object_of(record)))
        except RecordError:
            continue
