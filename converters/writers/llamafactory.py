"""LLaMA-Factory: `dataset_info.json`, one file of rows a split, and the gold documents.

Rows are `{"messages": [...]}` in sharegpt formatting with role and content tags; those of `ALPACA`
are `{"instruction", "input", "output", "system"}`. `formatting: openai` is not used: it adds
a system text of its own to every example. Every column and every tag is named, because naming some
makes LLaMA-Factory forget its defaults for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.files import Staging, encode, indented
from pii_sft.prompt import Message
from pii_sft.records.dataset_folder import DatasetFolder, Manifest

CONVERSATIONS: dict[str, Any] = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    },
}
INSTRUCTIONS: dict[str, Any] = {
    "formatting": "alpaca",
    "columns": {
        "prompt": "instruction",
        "query": "input",
        "response": "output",
        "system": "system",
    },
}


def conversation(row: Row) -> dict[str, Any]:
    """Write a row as the turns of a conversation."""
    return {"messages": [*row.prompt, Message("assistant", row.answer)]}


def instruction(row: Row) -> dict[str, str]:
    """Write the user's turn as the instruction.

    LLaMA-Factory joins it to an empty input unchanged, so that the ids are those of `conversation`.
    """
    said = {message.role: message.content for message in row.prompt}
    return {
        "instruction": said["user"],
        "input": "",
        "output": row.answer,
        "system": said.get("system", ""),
    }


class LlamaFactoryWriter(msgspec.Struct, frozen=True):
    """Writes what `llamafactory-cli train` reads, and the gold to score against.

    Attributes:
        name: of the writer.
        entry: of a file in `dataset_info.json`, without its name.
        record: makes a record of a row.
    """

    name: str
    entry: dict[str, Any]
    record: Callable[[Row], dict[str, Any]]

    turns_alone: ClassVar[bool] = True

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl` and `gold/<split>.jsonl`, same ids in the same order."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """The record of a row as a line."""
        return encode(self.record(row)) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open rows and gold of each split, and write `dataset_info.json`."""
        entries = {
            f"pii_{split}": {"file_name": f"{split}.jsonl", **self.entry}
            for split in manifest.splits
        }
        staging.open(DatasetFolder(directory).info_path, index=True).write(indented(entries))
        return with_gold(directory, manifest, staging)


def with_gold(directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
    """Open the files of rows and of gold documents of each split."""
    folder = DatasetFolder(directory)
    return {
        name: LineFiles(staging.open(folder.rows(name)), staging.open(folder.gold(name)))
        for name in manifest.splits
    }


WRITER = LlamaFactoryWriter("llamafactory", CONVERSATIONS, conversation)
ALPACA = LlamaFactoryWriter("alpaca", INSTRUCTIONS, instruction)
