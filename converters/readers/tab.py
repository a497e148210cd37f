"""Text Anonymization Benchmark (`echr_*.json`): judgments marked by several annotators each.

`annotations` maps an annotator to `entity_mentions` with `start_offset`, `end_offset`, `span_text`,
`entity_type` and `identifier_type`, where `NO_MASK` is a mention that need not be masked. The
annotators disagree, so one policy decides which of them count.

Documented shape: https://github.com/NorskRegnesentral/text-anonymization-benchmark
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.entities.annotator_policy import Annotation, Choice
from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_NO_MASK = "NO_MASK"


class TabOptions(msgspec.Struct, frozen=True):
    """Policies for the Text Anonymization Benchmark.

    Attributes:
        annotators: whose mentions are taken where a document has several annotators; see `Choice`.
        no_mask: whether mentions that need not be masked are kept or left out.
    """

    annotators: str = "first"
    no_mask: Literal["keep", "drop"] = "keep"


@dataclass(frozen=True)
class TabReader:
    """Reads the Text Anonymization Benchmark."""

    options: TabOptions = field(default_factory=TabOptions)

    name = "tab"

    def sniff(self, head: Head) -> float:
        """Certain of entity mentions by annotator."""
        annotations = head.record.get("annotations")
        if "text" not in head.record or not isinstance(annotations, dict):
            return NO
        found = [each for each in annotations.values() if isinstance(each, dict)]
        return CERTAIN if any("entity_mentions" in each for each in found) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each mention against its `span_text`."""
        reading = _Reading(self.options)
        yield from settle(path, read_annotated(path, reading.annotated), CODE_POINTS)
        yield from reading.notes()


class _Reading:
    """One pass through a file."""

    def __init__(self, options: TabOptions) -> None:
        self._options = options
        self._choice = Choice(options.annotators)
        self._no_mask = 0

    def annotated(self, record: dict[str, Any], name: str) -> Iterator[RawDocument]:
        """The documents of a record: one, unless each annotator makes one."""
        id = name_of(record, ("doc_id", "id"), name)
        with naming(id):
            text = text_of(record, ("text",))
            chosen = self._choice.of(self._annotations(record.get("annotations")))
        meta = known_meta(record)
        if isinstance(record.get("dataset_type"), str):
            meta.setdefault("split", record["dataset_type"])
        for each in chosen:
            if len(chosen) > 1:
                own = {**meta, "group": id, "annotator": each.by}
                yield RawDocument(f"{id}#{each.by}", text, each.marks, own)
            else:
                yield RawDocument(id, text, each.marks, meta)

    def _annotations(self, given: Any) -> list[Annotation]:
        if not isinstance(given, dict) or not given:
            raise RecordError("not annotated", "the document has no `annotations`")
        return [
            Annotation(read_marks(self._counted(each)), annotator)
            for annotator, each in given.items()
        ]

    def _counted(self, annotation: Any) -> list[Any]:
        """The mentions of an annotator that count."""
        match annotation:
            case {"entity_mentions": list(mentions)}:
                kept = [each for each in mentions if not _need_not_be_masked(each)]
                self._no_mask += len(mentions) - len(kept)
                return kept if self._options.no_mask == "drop" else mentions
        raise RecordError("wrong shape", "an annotator has no list of `entity_mentions`")

    def notes(self) -> Iterator[Note]:
        """Whose mentions were taken, and what became of those that need not be masked."""
        yield from self._choice.notes()
        if self._no_mask:
            done = "kept" if self._options.no_mask == "keep" else "left out"
            yield Note(
                f"{self._no_mask} mentions of all annotators are marked {_NO_MASK}; {done} "
                f"(option no_mask={self._options.no_mask})"
            )


def _need_not_be_masked(mention: Any) -> bool:
    return isinstance(mention, dict) and mention.get("identifier_type") == _NO_MASK


READER = TabReader()
