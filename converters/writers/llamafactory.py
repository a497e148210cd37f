"""LLaMA-Factory: `dataset_info.json`, one file of conversations a split, and the gold documents.

Rows are `{"messages": [...]}` in sharegpt formatting with role and content tags. `formatting:
openai` is not used: it adds a system text of its own to every example. Every column and every tag
is named, because naming some makes LLaMA-Factory forget its defaults for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pii_sft.converters.base import Row
from pii_sft.files import Staging, indented
from pii_sft.manifest import Manifest
from pii_sft.prompt import Message

DATASET_INFO = "dataset_info.json"
GOLD = "gold"

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


class LlamaFactoryWriter:
    """Writes what `llamafactory-cli train` reads, and the gold to score against."""

    name = "llamafactory"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl` and `gold/<split>.jsonl`, same ids in the same order."""
        names = list(manifest.splits)
        staging.open(directory / DATASET_INFO).write(_dataset_info(names))
        trainer = {name: staging.jsonl(directory / f"{name}.jsonl") for name in names}
        gold = {name: staging.jsonl(directory / GOLD / f"{name}.jsonl") for name in names}
        for row in rows:
            trainer[row.split].write({"messages": [*row.prompt, Message("assistant", row.answer)]})
            gold[row.split].write(row.document)


def _dataset_info(splits: Iterable[str]) -> bytes:
    entries: dict[str, Any] = {
        f"pii_{split}": {
            "file_name": f"{split}.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": _TAGS,
        }
        for split in splits
    }
    return indented(entries)


WRITER = LlamaFactoryWriter()
