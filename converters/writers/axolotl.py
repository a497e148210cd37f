"""Axolotl: rows for its `chat_template` strategy, and the lines of a config that read them.

The loss is on the assistant's turns and the token that ends them. `sequence_len` is 512 and longer
rows are dropped unless a config says otherwise, so the fragment says both.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.converters.writers.llamafactory import with_gold
from pii_sft.files import Staging, encode
from pii_sft.prompt import Message
from pii_sft.records.dataset_folder import Manifest

CONFIG = "axolotl.yaml"
SEQUENCE_LEN = 2048

_HEADING = """\
# Add these lines to an Axolotl config; paths are seen from the folder you start in.
# 'pii-sft recipes export NAME --to axolotl' writes a whole config.
"""


class AxolotlWriter:
    """Writes what `axolotl train` reads, and the gold to score against."""

    name = "axolotl"
    turns_alone = True

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl`, `gold/<split>.jsonl` and `axolotl.yaml`."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """The whole conversation."""
        return encode({"messages": [*row.prompt, Message("assistant", row.answer)]}) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open rows and gold of each split, and write `axolotl.yaml`."""
        staging.open(directory / CONFIG, index=True).write(_config(directory, manifest.splits))
        return with_gold(directory, manifest, staging)


def data_set(path: Path) -> dict[str, Any]:
    """One entry of `datasets` or `test_datasets`.

    Args:
        path: of the rows, as Axolotl will see it.
    """
    return {
        "path": str(path),
        "ds_type": "json",
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }


def _config(directory: Path, splits: Iterable[str]) -> bytes:
    keys = {"train": "datasets", "dev": "test_datasets"}
    settings: dict[str, Any] = {
        keys[split]: [data_set(directory / f"{split}.jsonl")] for split in splits if split in keys
    }
    settings |= {
        "chat_template": "tokenizer_default",
        "train_on_inputs": False,
        "sequence_len": SEQUENCE_LEN,
        "excess_length_strategy": "raise",
    }
    return (_HEADING + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)).encode()


WRITER = AxolotlWriter()
