"""`manifest.json`: what a converted data set is, so that training and inference can't differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from pii_sft.files import read_json
from pii_sft.labels import Label
from pii_sft.prompt import Prompt

MANIFEST_NAME = "manifest.json"


class InputFile(msgspec.Struct, frozen=True):
    """One input of a conversion.

    Attributes:
        path: as the user gave it.
        reader: name of the format it was read as.
        sha256: digest of its bytes; empty for standard input.
        notes: what the reader decided about it.
    """

    path: str
    reader: str
    sha256: str
    notes: list[str] = []


class SplitCounts(msgspec.Struct):
    """What a split holds.

    Attributes:
        documents: number of documents.
        without_entities: how many of them have no span.
        spans: number of spans.
        labels: number of spans by label, sorted by name.
    """

    documents: int = 0
    without_entities: int = 0
    spans: int = 0
    labels: dict[str, int] = {}


class Change(msgspec.Struct, frozen=True):
    """A number before and after."""

    before: int
    after: int


class Balance(msgspec.Struct, frozen=True):
    """How the training split was changed after it had been chosen.

    Attributes:
        negatives: number of rows without entities.
        labels: number of rows in which each label occurs.
        copies: number of rows that were added, by kind.
    """

    negatives: Change
    labels: dict[str, Change]
    copies: dict[str, int]


class Manifest(msgspec.Struct):
    """Everything that decided the content of a data set folder.

    Attributes:
        version: version of this package.
        target: name of the target the answers are written in.
        prompt: the prompt of every row, filled in.
        labels: the labels of the data set, sorted by name.
        seed: seed of the split.
        options: the other options of the conversion.
        inputs: the files it was made from, in reading order.
        splits: counts by split.
        dropped: documents that were left out, by reason.
        balance: how the training split was changed; None where it was not.
        left_out: spans that a written format could not hold, by format and reason.
    """

    version: str
    target: str
    prompt: Prompt
    labels: list[Label]
    seed: int
    options: dict[str, Any]
    inputs: list[InputFile]
    splits: dict[str, SplitCounts]
    dropped: dict[str, int]
    balance: Balance | None = None
    left_out: dict[str, int] = {}

    def leave_out(self, reason: str) -> None:
        """Count a span that a written format can't hold."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a data set folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    return read_json(folder / MANIFEST_NAME, Manifest)
