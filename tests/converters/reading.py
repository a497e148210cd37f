"""What a reader makes of a file, sorted by kind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters import Note, Reader, Rejected
from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader_options import configured
from pii_sft.errors import Problem
from pii_sft.spans import Document

SAMPLE = "Hi Ann 😀 Lee, mail a.lee@x.org or 555-0100."
"""The text of most files that were written by hand after a format's documentation."""

SAMPLE_SURFACES = ["Ann", "Lee", "a.lee@x.org", "555-0100"]


class Outcome(msgspec.Struct, frozen=True):
    """Documents, problems and notes, each in the order in which they came."""

    documents: list[Document]
    problems: list[Problem]
    notes: list[str]

    @property
    def surfaces(self) -> list[list[str]]:
        return [[each.surface(span) for span in each.spans] for each in self.documents]

    @property
    def labels(self) -> list[list[str]]:
        return [[span.label for span in each.spans] for each in self.documents]

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.documents]

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.problems]


def by_kind(
    reader: Reader, path: Path, content: str | bytes | None = None
) -> tuple[list[Document], list[Rejected], list[str]]:
    """Documents, rejected records and notes of a file; content given is written to it first."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    made = list(reader.read(path))
    return (
        [each for each in made if isinstance(each, Document)],
        [each for each in made if isinstance(each, Rejected)],
        [each.text for each in made if isinstance(each, Note)],
    )


def outcome(reader: Reader, path: Path) -> Outcome:
    documents, rejected, notes = by_kind(reader, path)
    return Outcome(documents, [each.problem for each in rejected], notes)


def of_json(reader: Reader, folder: Path, *records: Any, array: bool = True) -> Outcome:
    """What a reader makes of records, written as an array or one a line."""
    path = folder / "rows.json"
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text(f"[{','.join(lines)}]" if array else "\n".join(lines), "utf-8")
    return outcome(reader, path)


def beside(reader: Reader, folder: Path, value: Any, *texts: str, **options: str) -> Outcome:
    """The outcome of a reader of results beside their texts: one file, or rows."""
    path = folder / "a.json"
    path.write_text(json.dumps(value), "utf-8")
    if len(texts) == 1:
        (folder / "a.txt").write_text(texts[0], "utf-8")
    else:
        rows = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts, 1)]
        (folder / "a.jsonl").write_text("\n".join(rows), "utf-8")
    return outcome(configured(reader, options), path)


def as_documented(reader: Reader, name: str, unit: str, shared_data: Path, tmp_path: Path) -> None:
    """A reader takes an answer as it is documented, beside its text."""
    path = tmp_path / f"{name}.json"
    shutil.copyfile(shared_data / "fixtures/shapes_from_docs" / path.name, path)
    (tmp_path / f"{name}.txt").write_text(SAMPLE, "utf-8")
    assert reader.sniff(read_head(path)) > 0.9
    made = outcome(reader, path)
    assert (made.surfaces, made.problems) == ([SAMPLE_SURFACES], [])
    assert [label.upper() for label in made.labels[0]] == ["GIVENNAME", "SURNAME", "EMAIL", "PHONE"]
    assert f"offsets count {unit}, ends excluded" in made.notes[1]
