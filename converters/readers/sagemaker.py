"""SageMaker Ground Truth, named entities: one `{"source", "<job>": {"annotations": ...}}` a line.

The job names its key as it likes; a manifest that went through several jobs has one for each.
`source-ref` manifests hold addresses instead of texts and are refused.

Documented shape: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import naming, text_of
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import RecordError

_METADATA = "-metadata"


class SagemakerOptions(msgspec.Struct, frozen=True):
    """Policies for manifests of Ground Truth.

    Attributes:
        job: whose annotations are read; empty if there is only one.
    """

    job: str = ""


@dataclass(frozen=True)
class SagemakerReader:
    """Reads output manifests of labelling jobs."""

    options: SagemakerOptions = field(default_factory=SagemakerOptions)

    name = "sagemaker"

    def sniff(self, head: Head) -> float:
        """Certain of a source beside a job's entities."""
        return CERTAIN if "source" in head.record and _jobs(head.record) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets; lines that no job has labelled are rejected."""
        return settle(path, read_annotated(path, self._annotated), CODE_POINTS)

    def _annotated(self, record: dict[str, Any], name: str) -> Iterator[RawDocument]:
        with naming(name):
            if "source-ref" in record and "source" not in record:
                raise RecordError("no text", "holds the address of a text, not the text")
            text = text_of(record, ("source",))
            entities = self._chosen(_jobs(record))
            yield RawDocument(name, text, read_marks(entities))

    def _chosen(self, jobs: dict[str, list[Any]]) -> list[Any]:
        if self.options.job:
            jobs = {name: found for name, found in jobs.items() if name == self.options.job}
        if not jobs:
            raise RecordError("not annotated", "no job has labelled the line")
        if len(jobs) > 1:
            raise RecordError("several jobs", f"{len(jobs)} jobs have labelled the line: job=NAME")
        return next(iter(jobs.values()))


def _jobs(record: dict[str, Any]) -> dict[str, list[Any]]:
    """The entities that each job has marked."""
    jobs = {}
    for name, given in record.items():
        match given:
            case {"annotations": {"entities": list(entities)}} if not name.endswith(_METADATA):
                jobs[name] = entities
    return jobs


READER = SagemakerReader()
