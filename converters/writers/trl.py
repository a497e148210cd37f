"""TRL's conversational prompt and completion, which Unsloth reads as well.

With `{"prompt": [...], "completion": [...]}` the loss is meant to be on the completion alone; with
`messages` TRL learns the whole conversation. But TRL 0.24 with transformers 5 silently takes the
prompt of a conversation to be two tokens long, and learns the rest of the prompt too. The scripts
of `pii-sft recipes export --to trl|unsloth` therefore turn the rows into text first. Rows have no
other keys, since these would change the type that TRL detects. TRL cuts at `max_length` 1024 on the
right, where the answer is: set it to what the data needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pii_sft.converters.writer import LineFiles, Row, write_lines
from pii_sft.converters.writers.llamafactory import with_gold
from pii_sft.files import Staging, encode
from pii_sft.prompt import Message
from pii_sft.records.dataset_folder import Manifest


class TrlWriter:
    """Writes what `trl.SFTTrainer` reads, and the gold to score against."""

    name = "trl"
    turns_alone = True

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.jsonl` and `gold/<split>.jsonl`, same ids in the same order."""
        write_lines(self, rows, directory, manifest, staging)

    def line(self, row: Row) -> bytes:
        """Prompt and completion."""
        completion = [Message("assistant", row.answer)]
        return encode({"prompt": row.prompt, "completion": completion}) + b"\n"

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open rows and gold of each split."""
        return with_gold(directory, manifest, staging)


WRITER = TrlWriter()
