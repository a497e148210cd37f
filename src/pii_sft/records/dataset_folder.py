"""The folder of a data set and its `manifest.json`, which training and inference both follow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import Staging, digest, read_json, recover
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
    """The content of a split.

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
    """Changes of the training split after it had been chosen.

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
        passed_over: files of the input folders that were not read.
        nesting: how many spans one character lies in at most, over all splits; 0 where not known.
        files: SHA-256 of everything that was written beside the manifest, by path in the folder;
            empty for a data set of an older version.
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
    passed_over: list[str] = []
    nesting: int = 0
    files: dict[str, str] = {}

    def leave_out(self, reason: str) -> None:
        """Count a span that a written format can't hold."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


class DatasetFolder:
    """The folder of a converted data set; only this class knows its layout.

    Args:
        path: the folder; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def around(cls, documents: Path) -> DatasetFolder | None:
        """Find the data set that a file of rows or gold documents is in; None if in none."""
        parent = documents.parent
        folder = cls(parent.parent if parent.name == _GOLD else parent)
        return folder if folder.exists else None

    @classmethod
    def trained_on(cls, recipe: Mapping[str, Any]) -> DatasetFolder:
        """Give the data set that a recipe names, relative to the working folder; it need not exist.

        The index in `dataset_dir` may name rows of another folder, as `convert --task verify
        --beside` does; then it is the data set of these rows.

        Raises:
            InputError: the index is no JSON object.
        """
        named = cls(Path(str(recipe.get("dataset_dir", "data"))))
        if named.exists or not named.info_path.is_file():
            return named
        entries = read_json(named.info_path, dict[str, Any])
        for name in str(recipe.get("dataset") or "").split(","):
            entry = entries.get(name.strip())
            if isinstance(entry, dict) and "file_name" in entry:
                found = cls.around(named.path / str(entry["file_name"]))
                if found is not None:
                    return found
        return named

    @classmethod
    def owning(cls, path: Path) -> DatasetFolder | None:
        """Find the data set whose manifest is this file or records it; None if there is none."""
        file = path.resolve()
        for folder in map(cls, file.parents[:2]):
            if folder.exists and folder.is_own and file in (folder.manifest_path, *folder._files()):
                return folder
        return None

    def __repr__(self) -> str:
        return f"DatasetFolder({str(self.path)!r})"

    @property
    def manifest_path(self) -> Path:
        """The record of what the data set is."""
        return self.path / MANIFEST_NAME

    @property
    def info_path(self) -> Path:
        """The index that LLaMA-Factory reads."""
        return self.path / DATASET_INFO

    @property
    def rejected_path(self) -> Path:
        """Records that were set aside."""
        return self.path / _REJECTED

    def rows(self, split: str) -> Path:
        """The training rows of a split."""
        return self.path / f"{split}.jsonl"

    def gold(self, split: str) -> Path:
        """The documents of a split, in the order of its rows."""
        return self.path / _GOLD / f"{split}.jsonl"

    def documents(self) -> list[Path]:
        """The documents of all splits: gold, or what was written where there is no gold beside.

        Raises:
            InputError: there is no record, or it is damaged.
        """
        gold = [self.gold(split) for split in self.manifest.splits]
        if gold and all(path.is_file() for path in gold):
            return gold
        return [path for path in self._files() if self._is_data(path.name) and path.is_file()]

    @property
    def exists(self) -> bool:
        """True if there is a data set."""
        return self.manifest_path.is_file()

    @property
    def is_own(self) -> bool:
        """True if its manifest was written by this program, not some other file of that name."""
        try:
            return bool(self.manifest.target)
        except InputError:
            return False

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of the data set.

        Raises:
            InputError: there is no record, or it is damaged.
        """
        return read_json(self.manifest_path, Manifest)

    def digest(self) -> str:
        """SHA-256 of the manifest, and by its digests of the whole data set."""
        return digest(self.manifest_path)

    def check(self) -> Manifest:
        """Refuse a data set whose rows and gold are not those of its manifest.

        An interrupted replacement of its files is finished first.

        Raises:
            InputError: there is no manifest, or files are missing, or changed, or of another call.
        """
        self._finish_interrupted()
        problems = []
        for path, wanted in self._files().items():
            if not self._is_data(path.name):
                continue
            if not path.is_file():
                problems.append(Problem(_MIXED, str(path), 0, None, "is missing"))
            elif digest(path) != wanted:
                reason = f"is not what {self.manifest_path} records"
                problems.append(Problem(_MIXED, str(path), 0, None, reason))
        if problems:
            raise InputError(problems, _ADVICE)
        return self.manifest

    def _finish_interrupted(self) -> None:
        for folder in (self.path, self.path / _GOLD):
            try:
                recover(folder)
            except PermissionError:
                reason = "a conversion into it was interrupted; run a command as its owner"
                raise InputError([Problem(_MIXED, str(folder), 0, None, reason)]) from None

    def _is_data(self, name: str) -> bool:
        """True for rows and gold; the rest may be edited."""
        return Path(name).stem in {split or _UNSPLIT for split in self.manifest.splits}

    def _files(self) -> dict[Path, str]:
        """The files that the manifest records, with digests; it may come from anywhere.

        Raises:
            InputError: it records files that are not in the folder.
        """
        files = self.manifest.files
        outside = [name for name in files if Path(name).is_absolute() or ".." in Path(name).parts]
        if outside:
            reason = "records files outside its folder"
            raise InputError([Problem("bad manifest", str(self.manifest_path), 0, None, reason)])
        return {self.path / name: wanted for name, wanted in files.items()}

    def claim(self, staging: Staging, overwrite: bool) -> None:
        """Lock the folder, and allow only files of an earlier call to be replaced.

        Raises:
            UsageError: there is a data set and it may not be replaced, or some of it has been
                changed since; or another command writes into the folder.
        """
        finished = staging.take(self.path)
        if self.exists and not (overwrite or finished):
            raise UsageError(f"{self.manifest_path} exists. Use --overwrite to replace it.")
        staging.succeed(self.written())

    def written(self) -> list[Path]:
        """The files that an earlier call wrote, to be replaced or removed by the next one.

        Raises:
            UsageError: a file was changed since, and may be somebody's work.
        """
        if not self.exists:
            return []
        self._finish_interrupted()
        there = {path: wanted for path, wanted in self._files().items() if path.is_file()}
        changed = [str(path) for path, wanted in there.items() if digest(path) != wanted]
        if changed:
            raise UsageError(
                f"{', '.join(changed)} changed since an earlier call wrote it. Move it away, or "
                "name another folder."
            )
        return [*there, self.manifest_path]


DATASET_INFO = "dataset_info.json"
_GOLD = "gold"
_REJECTED = "rejected.jsonl"
_UNSPLIT = "documents"
_MIXED = "not one data set"
_ADVICE = (
    "The files are not of one conversion, or were edited. Convert again with --overwrite, or "
    "restore them."
)
