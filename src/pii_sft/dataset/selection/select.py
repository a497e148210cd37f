"""Selection after reading: duplicates, splits, and the balance of the training split."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.converters import Note
from pii_sft.dataset.blocks.executors import Engine
from pii_sft.dataset.blocks.input_blocks import blocks_of
from pii_sft.dataset.options import DEFAULT_SPLIT, NO_TRAINING, TRAIN, BlockJob, ConvertOptions
from pii_sft.dataset.row_index import Numbers, RowIndex
from pii_sft.dataset.selection.assign_splits import SplitAssignment, assign_splits, keep
from pii_sft.dataset.selection.augment import SurfacePool, alterations
from pii_sft.dataset.selection.balance import copies, thinned
from pii_sft.dataset.selection.seeded_hash import seeded_hash
from pii_sft.dataset.selection.training_copies import TrainingCopies, pool_of
from pii_sft.dataset.selection.unique_ids import UniqueIds
from pii_sft.dataset.spill import Spill
from pii_sft.errors import UsageError
from pii_sft.records.dataset_folder import Balance, Change, SplitCounts

COPIES = Path("copies")


class Selection(msgspec.Struct, frozen=True):
    """The outcome of a selection.

    Attributes:
        splits: the split of each row.
        names: new ids of documents whose id is taken.
        document_of: number of the document of each row.
        counts: what each split holds.
        dropped: what was left out, by reason.
        balance: how the training split was changed; None where it was not.
        renamed: number of documents with a new id.
    """

    splits: SplitAssignment
    names: UniqueIds
    document_of: Numbers
    counts: dict[str, SplitCounts]
    dropped: dict[str, int]
    balance: Balance | None
    renamed: int


def select(
    spill: Spill,
    row_index: RowIndex,
    wanted: ConvertOptions,
    job: BlockJob,
    engine: Engine,
    workers: int,
) -> Selection:
    """Decide the split of every row, and add copies of training rows.

    Args:
        spill: holds the rows; copies are added to it.
        row_index: of the rows; copies are added to it.
        wanted: the options.
        job: how rows were prepared, which holds for copies too.
        engine: where copies are prepared.
        workers: how many processes take part.

    Raises:
        UsageError: the documents can't be split in this way.
    """
    near = wanted.deduplicate == "near"
    kept = keep(row_index, spill.texts() if near else None, wanted.deduplicate)
    splits = assign_splits(row_index, kept, wanted.split or DEFAULT_SPLIT, wanted.seed)
    names = UniqueIds(row_index.ids, kept.documents)
    renamed = len(names.changed)
    dropped = Counter(kept.dropped)
    balance = None
    if wanted.changes_training:
        if TRAIN not in splits.names:
            raise UsageError(NO_TRAINING)
        before = _train_counts(row_index, splits)
        keys = _row_keys(row_index)
        bare = splits.on(TRAIN) & row_index.bare
        left_out = thinned(keys, bare, wanted.negatives, wanted.seed)
        splits = splits.without(left_out)
        extra_copies = _copies(spill, row_index, wanted, splits, names, keys)
        added = _add(spill, row_index, extra_copies, job, engine, workers)
        dropped["copies that can't be expressed"] = added.refused
        splits = splits.extended(TRAIN, added.rows)
        names = UniqueIds(
            row_index.ids, np.pad(kept.documents, (0, added.rows), constant_values=True)
        )
        after = _train_counts(row_index, splits)
        balance = Balance(
            negatives=Change(int(bare.sum()), int(bare.sum()) - len(left_out)),
            labels={name: Change(before[name], after[name]) for name in before},
            copies=extra_copies.made,
        )
    return Selection(
        splits=splits,
        names=names,
        document_of=row_index.document_of_row(),
        counts=_counts(row_index, splits),
        dropped={reason: count for reason, count in dropped.items() if count},
        balance=balance,
        renamed=renamed,
    )


def _row_keys(row_index: RowIndex) -> NDArray[np.uint64]:
    """A number for each row, made from the id of its document and its place in that only."""
    document_of = row_index.document_of_row()
    first = np.searchsorted(document_of, np.arange(row_index.documents))
    place = np.arange(row_index.rows) - first[document_of]
    return seeded_hash(row_index.ids[document_of] + place.astype(np.uint64), 0)


def _train_counts(row_index: RowIndex, splits: SplitAssignment) -> dict[str, int]:
    """Number of training rows with each label."""
    names = row_index.names
    train = splits.on(TRAIN)
    counts = np.zeros(len(names), np.int64)
    for part in row_index.occurrences():
        counts += np.bincount(part.labels[train[part.rows]], minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))


def _copies(
    spill: Spill,
    row_index: RowIndex,
    wanted: ConvertOptions,
    splits: SplitAssignment,
    names: UniqueIds,
    keys: NDArray[np.uint64],
) -> TrainingCopies:
    """The copies that the options ask for."""
    train = splits.on(TRAIN)
    repeats = np.zeros(row_index.rows, np.int64)
    if (repetition := wanted.repetition) is not None:
        kinds = len(row_index.names)
        repeats = copies(keys, train, row_index.occurrences, kinds, repetition, wanted.seed)
    pool = pool_of(spill, train) if wanted.alterations else SurfacePool()
    return TrainingCopies(
        spill=spill,
        names=names,
        document_of=row_index.document_of_row(),
        keys=keys,
        train=train,
        repeats=repeats,
        alterations=alterations(wanted.alterations, pool),
        shares=wanted.alterations,
        seed=wanted.seed,
    )


class _Added(msgspec.Struct):
    rows: int = 0
    refused: int = 0


def _add(
    spill: Spill,
    row_index: RowIndex,
    extra_copies: TrainingCopies,
    job: BlockJob,
    engine: Engine,
    workers: int,
) -> _Added:
    """Prepare copies, and add them to the spill file and the row index."""
    added = _Added()
    texts = np.sort(row_index.texts[0])
    blocks = (
        block
        for block in blocks_of(COPIES, extra_copies.documents(texts))
        if not isinstance(block, Note)
    )
    as_is = msgspec.structs.replace(job, labels=None, limits=None, near=False)
    for prepared in engine(as_is, blocks, workers):
        spill.add(prepared)
        row_index.add(prepared)
        added.rows += len(prepared.table)
        added.refused += len(prepared.rejected)
    return added


def _counts(row_index: RowIndex, splits: SplitAssignment) -> dict[str, SplitCounts]:
    """The counts of each split."""
    names = row_index.names
    shape = (len(splits.names), len(names))
    spans = np.zeros(shape[0] * shape[1], np.int64)
    for part in row_index.occurrences():
        split_of = splits.rows[part.rows].astype(np.int64)
        stays = split_of >= 0
        cells = split_of[stays] * shape[1] + part.labels[stays]
        spans += np.bincount(cells, part.spans[stays], len(spans)).astype(np.int64)
    counts: dict[str, SplitCounts] = {}
    for index, (split, numbers) in enumerate(
        zip(splits.names, spans.reshape(shape).tolist(), strict=True)
    ):
        here = splits.rows == index
        counts[split] = SplitCounts(
            documents=int(here.sum()),
            without_entities=int((here & row_index.bare).sum()),
            spans=sum(numbers),
            labels={name: number for name, number in zip(names, numbers, strict=True) if number},
        )
    return counts
