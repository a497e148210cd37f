"""What a file of predictions was made from: the record beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files import STANDARD_STREAM, read_json
from pii_sft.records.dataset_folder import MANIFEST_NAME, Manifest, read_manifest

DEFAULT_GOLD = Path("data/pii/gold/test.jsonl")
DEFAULT_TARGET = "json"


class Source(msgspec.Struct, frozen=True):
    """What predictions are to be compared with, and how their answers are to be read.

    Attributes:
        gold: the documents.
        target: how answers are written.
        labels: of the data set around the gold; empty where it stands alone.
    """

    gold: Path
    target: str
    labels: frozenset[str] = frozenset()


class _Serving(msgspec.Struct):
    target: str


class _Record(msgspec.Struct):
    gold: str
    serving: _Serving


def record_path(predictions: Path) -> Path:
    """Where the record of a predictions file stands."""
    return predictions.with_suffix(".meta.json")


def source_of(predictions: Path, gold: Path | None, target: str | None) -> Source:
    """Gold file, target and labels of a predictions file.

    What is not given comes from the record that `pii-sft predict` writes; without one, the gold
    is `data/pii/gold/test.jsonl` and the target that of the manifest around the gold, or `json`.

    Raises:
        UsageError: there is no such file, or no gold file.
    """
    if predictions != STANDARD_STREAM and not predictions.exists():
        raise UsageError(f"There is no file {predictions}. pii-sft predict writes predictions.")
    path = record_path(predictions)
    record = read_json(path, _Record) if path.exists() else None
    if gold is None:
        gold = DEFAULT_GOLD if record is None else Path(record.gold)
    if not gold.exists():
        raise UsageError(f"There is no gold file {gold}. Name one with --gold.")
    manifest = _manifest_around(gold)
    labels = frozenset(label.name for label in manifest.labels) if manifest else frozenset[str]()
    if target is None and record is not None:
        target = record.serving.target
    elif target is None:
        target = DEFAULT_TARGET if manifest is None else manifest.target
    return Source(gold, target, labels)


def _manifest_around(gold: Path) -> Manifest | None:
    folder = gold.parent.parent
    return read_manifest(folder) if (folder / MANIFEST_NAME).exists() else None
