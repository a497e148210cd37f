"""Label Studio: the JSON export, new and old, JSON-MIN, and CSV or TSV.

Offsets are UTF-16 units of the string in the browser; each is verified on the text of its region.
Of an HTML page (`HyperText`) the rendered text becomes the document, since that is what
`globalOffsets` count in. The field that was annotated is found by the regions' `to_name`, or by
their texts; `text=KEY` names it where several fields fit.

A task whose annotation has no region was reviewed and holds no entity. Tasks without annotation,
and those whose annotations were all cancelled or skipped, are left out and counted. Choices,
relations and comments are ignored; tasks with regions of images, sound or dialogues only are
refused. Predictions are read only when asked for.

Format: https://labelstud.io/guide/export
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import msgspec

from pii_sft.converters.entities.annotator_policy import Choice
from pii_sft.converters.files.head import Head
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import UTF_16, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.converters.readers.label_studio.regions import (
    as_in_text,
    is_address,
    text_field,
    text_of_field,
)
from pii_sft.converters.readers.label_studio.tasks import (
    ANNOTATION_KEYS,
    FLAT_KEYS,
    Predictions,
    Task,
    names_of_columns,
    read_tasks,
)
from pii_sft.errors import RecordError

_LOOKED_AHEAD = 200


class LabelStudioOptions(msgspec.Struct, frozen=True):
    """Policies for exports of Label Studio.

    Attributes:
        annotators: whose annotation is taken where a task has several, unless one is flagged as
            ground truth; see `Choice`.
        predictions: whether predictions are left `off`, the `only` ones to be read, or `fill` in
            for tasks without annotation.
        text: field of the task that was annotated; empty to find out.
    """

    annotators: str = "first"
    predictions: Predictions = "off"
    text: str = ""


@dataclass(frozen=True)
class LabelStudioReader:
    """Reads projects of Label Studio in which spans of text were labelled."""

    options: LabelStudioOptions = field(default_factory=LabelStudioOptions)

    name = "label_studio"

    def sniff(self, head: Head) -> float:
        """Certain of tasks with data and annotations, and of the columns of JSON-MIN and CSV."""
        record = head.record
        if isinstance(record.get("data"), dict):
            lists = [record.get(key) for key in (*ANNOTATION_KEYS, "predictions")]
            if any(isinstance(each, list) for each in lists):
                return CERTAIN
            # What stands beside the data of a task may be the annotation of something else.
            foreign = (key for key in record if key not in _OF_TASKS)
            return NO if any(isinstance(record[key], list | dict) for key in foreign) else POSSIBLE
        names = set(record) or names_of_columns(head.text)
        known = len(names & FLAT_KEYS)
        return CERTAIN if "annotation_id" in names and known > 2 else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each region; tasks that are no gold are left out and counted."""
        reading = _Reading(self.options)
        yield from settle(path, reading.annotated(path), UTF_16)
        yield from reading.notes()


_OF_TASKS = frozenset(("data", "meta", "drafts", "comment_authors", "comments", *ANNOTATION_KEYS))
"""Keys of a task that nobody has annotated."""


class _Reading:
    """One pass through a file."""

    def __init__(self, options: LabelStudioOptions) -> None:
        self._options = options
        self._choice = Choice(options.annotators)
        self._counts: Counter[str] = Counter()
        self._usual = ""
        self._pages = False
        self._addresses = False
        self._others = self._foreign = 0

    def annotated(self, path: Path) -> Iterator[RawDocument | Rejected]:
        """The documents of the tasks, in file order."""
        tasks = read_tasks(path, self._options.predictions)
        first = list(islice(tasks, _LOOKED_AHEAD))
        self._learn(task for task in first if isinstance(task, Task))
        for task in chain(first, tasks):
            if isinstance(task, Rejected):
                yield task
                continue
            try:
                yield from self._documents(task)
            except RecordError as error:
                yield rejected(error, path, task.line, task.raw, task.id)

    def _learn(self, tasks: Iterable[Task]) -> None:
        """See which field the first tasks are about, for those that do not tell."""
        votes: Counter[str] = Counter()
        for task in tasks:
            regions = [entry.regions for entry in task.entries]
            self._pages = self._pages or any(each.on_page for each in regions)
            if any(each.marks for each in regions):
                try:
                    name = text_field(task.fields, regions, "")
                except RecordError:
                    continue
                votes[name] += 1
                self._addresses |= is_address(task.fields[name]) and any(
                    mark.surface for each in regions for mark in each.marks
                )
        self._usual = max(votes, key=votes.__getitem__, default="")

    def _documents(self, task: Task) -> Iterator[RawDocument]:
        if not task.entries:
            what = "cancelled or skipped" if task.cancelled else "not annotated"
            self._counts[f"{what}; left out"] += 1
            return
        self._counts["read from predictions"] += task.predicted
        regions = [entry.regions for entry in task.entries]
        if any(each.foreign for each in regions) and not any(each.marks for each in regions):
            reason = "its regions are of images, sound, video or dialogues, not of a text"
            raise RecordError("no text", reason)
        name = self._options.text or text_field(task.fields, regions, self._usual)
        if name not in task.fields:
            raise RecordError("no text", "the task has no string under the name of option text")
        on_page = self._pages or any(each.on_page for each in regions)
        text = text_of_field(task.fields[name], regions, on_page, self._addresses)
        self._others += sum(each.others for each in regions)
        self._foreign += sum(each.foreign for each in regions)
        self._counts["HTML pages; their rendered text was read"] += on_page
        chosen = self._choice.of([entry.annotation for entry in task.entries])
        for number, each in enumerate(chosen, 1):
            id = f"{task.id}#{number}" if len(chosen) > 1 else task.id
            marks = as_in_text(text, each.marks)
            yield RawDocument(id, text, marks, task.meta, task.line, task.raw)

    def notes(self) -> Iterator[Note]:
        """Notes on the parts that were left out, rendered or chosen."""
        yield from self._choice.notes()
        for what, number in self._counts.items():
            if number:
                yield Note(f"{number} tasks are {what}")
        if self._others:
            yield Note(f"{self._others} results mark no text (relations, choices ...); ignored")
        if self._foreign:
            yield Note(f"{self._foreign} regions are of images, sound or dialogues; ignored")


READER = LabelStudioReader()
