"""The record beside a file of predictions: what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import STANDARD_STREAM, digest, read_documents, read_json
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import texts_digest
from pii_sft.terminal import ShownPath

DEFAULT_GOLD = Path("data/pii/gold/test.jsonl")
UNRECORDED_TARGET = "json"
"""Target assumed for answers of other programs."""


class Source(msgspec.Struct, frozen=True):
    """The gold of predictions, and the target of their answers.

    Attributes:
        gold: the documents.
        target: how answers are written.
        labels: of the gold's data set, and of the record; empty if neither is there.
    """

    gold: Path
    target: str
    labels: frozenset[str] = frozenset()


class _Serving(msgspec.Struct):
    target: str


class _Record(msgspec.Struct):
    gold: str
    serving: _Serving
    gold_sha256: str = ""
    texts_digest: str = ""
    labels: list[str] = []


def record_path(predictions: Path) -> Path:
    """File of the record of a predictions file."""
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
    record = _record_of(predictions)
    if gold is None:
        gold = DEFAULT_GOLD if record is None else ShownPath(record.gold)
    if not gold.exists():
        raise UsageError(f"There is no gold file {gold}. Name one with --gold.")
    folder = DatasetFolder.around(gold)
    manifest = None if folder is None else folder.check()
    labels = {label.name for label in manifest.labels} if manifest else set[str]()
    labels |= set() if record is None else set(record.labels)
    if target is None and record is not None:
        target = record.serving.target
    elif target is None:
        target = UNRECORDED_TARGET if manifest is None else manifest.target
    return Source(gold, target, frozenset(labels))


def refuse_other_texts(predictions: Path, gold: Path) -> None:
    """Stop if the record says that predictions were made for other texts than those of `gold`.

    This is for rows without a digest of their text. Annotation may have been corrected since: if
    the file that was predicted is still there and unchanged, the texts are compared one by one.

    Raises:
        InputError: they were, or it can't be checked any more.
    """
    record = _record_of(predictions)
    if record is None or not record.gold_sha256 or digest(gold) == record.gold_sha256:
        return
    if record.texts_digest == texts_digest(read_documents(gold)):
        return
    was = ShownPath(record.gold)
    if not was.is_file() or digest(was) != record.gold_sha256:
        reason = "is not the file that was predicted, and the rows do not say what they are about"
        raise made_for_other_texts([Problem("other text", str(gold), 0, None, reason)], predictions)
    texts = {document.id: document.text_digest for document in read_documents(was)}
    problems = [
        other_text(gold, document.id)
        for document in read_documents(gold)
        if texts.get(document.id, document.text_digest) != document.text_digest
    ]
    if problems:
        raise made_for_other_texts(problems, predictions)


def other_text(gold: Path, id: str) -> Problem:
    """A document whose text is not the one that was predicted."""
    return Problem("other text", str(gold), 0, id, "has another text than the one predicted")


def made_for_other_texts(problems: Sequence[Problem], predictions: Path) -> InputError:
    """The error that says which documents do not fit their predictions."""
    return InputError(
        problems,
        f"{predictions} was predicted for other texts, so its offsets mean nothing here. Name the "
        "documents that were predicted, or predict these.",
    )


def _record_of(predictions: Path) -> _Record | None:
    path = record_path(predictions)
    known = predictions != STANDARD_STREAM and path.exists()
    return read_json(path, _Record) if known else None
