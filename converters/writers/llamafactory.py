"""LLaMA-Factory: `dataset_info.json`, one file of rows a split, and the gold documents.

Rows are `{"messages": [...]}` in sharegpt formatting with role and content tags, or with the style
`alpaca` `{"instruction", "input", "output", "system"}`. `formatting: openai` is not used: it adds
a system text of its own to every example. Every column and every tag is named, because naming some
makes LLaMA-Factory forget its defaults for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.files import Staging, encode, indented
from pii_sft.prompt import Message
from pii_sft.records.dataset_folder import Manifest

DATASET_INFO = "dataset_info.json"
GOLD = "gold"

Style = Literal["sharegpt", "alpaca"]

_ENTRIES: Mapping[Style, dict[str, Any]] = {
    "sharegpt": {
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    },
    "alpaca": {
        "formatting": "alpaca",
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "response": "output",
            "system": "system",
        },
    },
}


class LlamaFactoryOptions(msgspec.Struct, frozen=True):
    """How rows are written.

    Attributes:
        style: `sharegpt` conversations or `alpaca` instructions; the trainer reads the same ids.
    """

    style: Style = "sharegpt"


DEFAULTS = LlamaFactoryOptions()


@dataclass(frozen=True)
class LlamaFactoryWriter:
    """Writes what `llamafactory-cli train` reads, and the gold to score against."""

    options: LlamaFactoryOptions = DEFAULTS

    name = "llamafactory"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl` and `gold/<split>.jsonl`, same ids in the same order."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """The row in the chosen style."""
        return encode(_ROWS[self.options.style](row)) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open rows and gold of each split, and write `dataset_info.json`."""
        info = _dataset_info(manifest.splits, self.options.style)
        staging.open(directory / DATASET_INFO).write(info)
        return with_gold(directory, manifest, staging)


def with_gold(directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
    """Open `<split>.jsonl` for rows and `gold/<split>.jsonl` for the documents of each split."""
    return {
        name: LineFiles(
            staging.open(directory / f"{name}.jsonl"),
            staging.open(directory / GOLD / f"{name}.jsonl"),
        )
        for name in manifest.splits
    }


def _conversation(row: Row) -> dict[str, Any]:
    return {"messages": [*row.prompt, Message("assistant", row.answer)]}


def _instruction(row: Row) -> dict[str, str]:
    """The user's turn as the instruction: LLaMA-Factory joins it to an empty input unchanged."""
    said = {message.role: message.content for message in row.prompt}
    return {
        "instruction": said["user"],
        "input": "",
        "output": row.answer,
        "system": said.get("system", ""),
    }


_ROWS: Mapping[Style, Callable[[Row], dict[str, Any]]] = {
    "sharegpt": _conversation,
    "alpaca": _instruction,
}


def _dataset_info(splits: Iterable[str], style: Style) -> bytes:
    entries = {
        f"pii_{split}": {"file_name": f"{split}.jsonl", **_ENTRIES[style]} for split in splits
    }
    return indented(entries)


WRITER = LlamaFactoryWriter()
