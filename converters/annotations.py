"""Documents of any annotation file, for whoever needs nothing but the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pii_sft.converters.base import Note, Rejected
from pii_sft.converters.detect import ANY_FORMAT, find_sources
from pii_sft.errors import SHOWN_PROBLEMS, InputError, Problem
from pii_sft.spans import Document


def read_annotations(inputs: Iterable[Path], source: str = ANY_FORMAT) -> Iterator[Document]:
    """Stream the documents of annotation files.

    Args:
        inputs: files or folders; `-` is standard input.
        source: name of a reader, or `auto`.

    Raises:
        InputError: records are bad; the first ones are named, after the last good document.
        UsageError: there is no such reader, or none or several recognise an input.
    """
    problems: list[Problem] = []
    for path, reader in find_sources(inputs, source):
        for record in reader.read(path):
            if isinstance(record, Rejected):
                problems.append(record.problem)
            elif not isinstance(record, Note):
                yield record
            if len(problems) == SHOWN_PROBLEMS:
                break
    if problems:
        raise InputError(problems, "Mend these records, or convert the input without them first.")
