"""Reading records of GLiNER, whose strings have to be located."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pii_sft.converters import Rejected
from pii_sft.converters.readers.gliner import READER, GlinerReader
from pii_sft.spans import Document

TEXT = "Ann Lee met Bob in Rome. Ann Lee left Rome 😀 with Lee Chang."


def read(record: Any, tmp_path: Path, reader: GlinerReader = READER) -> Document | Rejected:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(record) + "\n")
    made = next(iter(reader.read(path)))
    assert isinstance(made, Document | Rejected)
    return made


def marked(made: Document | Rejected) -> list[tuple[str, str]]:
    assert isinstance(made, Document), made
    return [(made.surface(span), span.label) for span in made.spans]


def refused(made: Document | Rejected) -> tuple[str, str]:
    assert isinstance(made, Rejected)
    return made.problem.kind, made.problem.reason
