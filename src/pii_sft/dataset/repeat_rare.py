"""A copy of a data set folder in which training rows with rare labels are repeated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec
import numpy as np

from pii_sft.dataset.options import parse_oversample
from pii_sft.dataset.row_index import Numbers, Occurrences
from pii_sft.dataset.selection.balance import copies
from pii_sft.errors import UsageError
from pii_sft.files import Staging, indented, read_documents, read_lines
from pii_sft.records.dataset_folder import (
    Balance,
    Change,
    DatasetFolder,
    Manifest,
    SplitCounts,
)

TRAIN = "train"


def repeat_rare(folder: Path, out: Path, oversample: str) -> Path:
    """Write a data set with rows repeated as `convert --oversample` does, without converting again.

    Rows and gold of the training split are written anew, each row followed by its repetitions;
    what does not change is linked to. A folder that is complete is left as it is.

    Args:
        folder: a data set of `pii-sft convert`, in the format llamafactory.
        out: folder to write.
        oversample: `auto` or a ratio, see `balance.copies`.

    Returns:
        `out`.

    Raises:
        UsageError: the value is not possible, or the training split has no gold documents.
    """
    wanted = parse_oversample(oversample)
    source, target = DatasetFolder(folder), DatasetFolder(out)
    rows, gold = source.rows(TRAIN), source.gold(TRAIN)
    if not (rows.exists() and gold.exists()):
        raise UsageError(
            f"To repeat rows, {rows} and {gold} have to be there: convert with --to llamafactory "
            "and a training split."
        )
    if target.exists:
        return out
    manifest = source.check()
    held = _Held(gold)
    keys = np.arange(held.count, dtype=np.uint64)
    every = np.ones(held.count, bool)
    times = 1 + copies(
        keys, every, lambda: iter([held.occurrences]), len(held.names), wanted, manifest.seed
    )
    with Staging() as staging:
        staging.take(out)
        _repeat(rows, target.rows(TRAIN), times, staging)
        _repeat(gold, target.gold(TRAIN), times, staging)
        changed = _changed(manifest, held, times, oversample)
        changed.files = {**manifest.files, **staging.digests(out)}
        _link_the_rest(source, target)
        staging.open(target.manifest_path, index=True).write(indented(changed))
    return out


class _Held:
    """Labels of the rows of a split."""

    def __init__(self, gold: Path) -> None:
        names: dict[str, int] = {}
        rows, labels, spans = [], [], []
        self.count = 0
        for row, document in enumerate(read_documents(gold)):
            self.count = row + 1
            counts: dict[int, int] = {}
            for span in document.spans:
                index = names.setdefault(span.label, len(names))
                counts[index] = counts.get(index, 0) + 1
            rows += [row] * len(counts)
            labels += list(counts)
            spans += list(counts.values())
        self.names = list(names)
        self.occurrences = Occurrences(
            np.array(rows, np.int64), np.array(labels, np.int64), np.array(spans, np.int64)
        )

    def rows_by_label(self, times: Numbers) -> dict[str, int]:
        """The number of rows with each label, repetitions included."""
        return self._summed(times[self.occurrences.rows])

    def counts(self, times: Numbers) -> SplitCounts:
        """The counts of the split, with rows repeated."""
        bare = np.ones(self.count, bool)
        bare[self.occurrences.rows] = False
        spans = self._summed(times[self.occurrences.rows] * self.occurrences.spans)
        return SplitCounts(
            documents=int(times.sum()),
            without_entities=int(times[bare].sum()),
            spans=sum(spans.values()),
            labels=spans,
        )

    def _summed(self, weights: Numbers) -> dict[str, int]:
        sums = np.zeros(len(self.names), np.int64)
        np.add.at(sums, self.occurrences.labels, weights)
        return dict(sorted(zip(self.names, sums.tolist(), strict=True)))


def _repeat(source: Path, target: Path, times: Numbers, staging: Staging) -> None:
    stream = staging.open(target)
    for line, number in zip_longest(_lines(source), times.tolist()):
        if line is None or number is None:
            raise UsageError(f"{source} does not have a row for each of the gold documents.")
        stream.write((line + b"\n") * number)


def _lines(path: Path) -> Iterator[bytes]:
    return (line for _, line in read_lines(path))


def _changed(manifest: Manifest, held: _Held, times: Numbers, oversample: str) -> Manifest:
    """The manifest of the new data set."""
    once = np.ones(held.count, np.int64)
    before, after = held.rows_by_label(once), held.rows_by_label(times)
    counts = held.counts(times)
    bare = held.counts(once).without_entities
    return msgspec.structs.replace(
        manifest,
        options={**manifest.options, "oversample": oversample},
        splits={**manifest.splits, TRAIN: counts},
        balance=Balance(
            negatives=Change(bare, counts.without_entities),
            labels={name: Change(before[name], after[name]) for name in before},
            copies={"repeated": int(times.sum()) - held.count},
        ),
    )


def _link_the_rest(source: DatasetFolder, target: DatasetFolder) -> None:
    """Link to the files that stay as they are."""
    made_here = {source.rows(TRAIN), source.gold(TRAIN), source.manifest_path}
    for path in [*source.path.iterdir(), *source.gold(TRAIN).parent.iterdir()]:
        if path.is_file() and path not in made_here and not path.name.startswith("."):
            link = target.path / path.relative_to(source.path)
            if link.resolve() == path.resolve():
                continue
            if link.exists() or link.is_symlink():
                raise UsageError(f"{link} is in the way: no earlier call made it. Move it away.")
            link.symlink_to(path.resolve())
