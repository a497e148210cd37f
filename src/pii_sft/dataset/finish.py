"""When all is read: duplicates left out, sides chosen, the training split balanced and enlarged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.converters import Note
from pii_sft.dataset.augment import alterations
from pii_sft.dataset.balance import Oversample, copies, thinned
from pii_sft.dataset.blocks import blocks_of
from pii_sft.dataset.engines import Engine
from pii_sft.dataset.extras import Extras, pool_of
from pii_sft.dataset.ledger import Ledger, Numbers
from pii_sft.dataset.lots import lots
from pii_sft.dataset.names import Names
from pii_sft.dataset.plan import Plan
from pii_sft.dataset.pool import Pool
from pii_sft.dataset.sides import Deduplicate, Sides, choose_sides, keep
from pii_sft.dataset.spool import Spool
from pii_sft.errors import UsageError
from pii_sft.manifest import Balance, Change, SplitCounts

TRAIN = "train"
NO_TRAINING = (
    "--oversample, --negatives and --augment change the training split, and there is none."
)
COPIES = Path("copies")


class Wishes(msgspec.Struct, frozen=True):
    """What is asked of a data set as a whole.

    Attributes:
        split: ratios, `keep` or `off`.
        seed: decides between equals.
        deduplicate: what is left out.
        oversample: how often rare labels occur in the training split; None leaves them rare.
        negatives: share of the rows without entities that stay in the training split.
        augment: share of the training rows that are altered, by kind.
    """

    split: str
    seed: int
    deduplicate: Deduplicate
    oversample: Oversample | None
    negatives: float
    augment: Mapping[str, float]

    @property
    def change_training(self) -> bool:
        """Whether the training split is to be other than what falls into it."""
        return self.oversample is not None or self.negatives < 1 or bool(self.augment)


class Finished(msgspec.Struct, frozen=True):
    """What became of everything.

    Attributes:
        sides: where each row goes.
        names: new ids of documents whose id is taken.
        document_of: number of the document of each row.
        counts: what each split holds.
        dropped: what was left out, by reason.
        balance: how the training split was changed; None where it was not.
        renamed: number of documents with a new id.
    """

    sides: Sides
    names: Names
    document_of: Numbers
    counts: dict[str, SplitCounts]
    dropped: dict[str, int]
    balance: Balance | None
    renamed: int


def finish(
    spool: Spool, ledger: Ledger, wishes: Wishes, plan: Plan, engine: Engine, workers: int
) -> Finished:
    """Decide what becomes of every row, and make what is to be added.

    Args:
        spool: the rows; copies are added.
        ledger: what is known of them; so are copies.
        wishes: what is asked for.
        plan: how rows were prepared, which holds for copies too.
        engine: where copies are prepared.
        workers: how many processes take part.

    Raises:
        UsageError: the documents can't be split so.
    """
    near = wishes.deduplicate == "near"
    kept = keep(ledger, spool.texts() if near else None, wishes.deduplicate)
    sides = choose_sides(ledger, kept, wishes.split, wishes.seed)
    names = Names(ledger.ids, kept.documents)
    renamed = len(names.changed)
    dropped = Counter(kept.dropped)
    balance = None
    if wishes.change_training:
        if TRAIN not in sides.names:
            raise UsageError(NO_TRAINING)
        before = _train_counts(ledger, sides)
        keys = _row_keys(ledger)
        bare = sides.on(TRAIN) & ledger.bare
        left_out = thinned(keys, bare, wishes.negatives, wishes.seed)
        sides = sides.without(left_out)
        extras = _extras(spool, ledger, wishes, sides, names, keys)
        added = _add(spool, ledger, extras, plan, engine, workers)
        dropped["copies that can't be expressed"] = added.refused
        sides = sides.extended(TRAIN, added.rows)
        names = Names(ledger.ids, np.pad(kept.documents, (0, added.rows), constant_values=True))
        after = _train_counts(ledger, sides)
        balance = Balance(
            negatives=Change(int(bare.sum()), int(bare.sum()) - len(left_out)),
            labels={name: Change(before[name], after[name]) for name in before},
            copies=extras.made,
        )
    return Finished(
        sides=sides,
        names=names,
        document_of=ledger.document_of_row(),
        counts=_counts(ledger, sides),
        dropped={reason: count for reason, count in dropped.items() if count},
        balance=balance,
        renamed=renamed,
    )


def _row_keys(ledger: Ledger) -> NDArray[np.uint64]:
    """A number for each row that depends on the id of its document and on its place in it."""
    document_of = ledger.document_of_row()
    first = np.searchsorted(document_of, np.arange(ledger.documents))
    place = np.arange(ledger.rows) - first[document_of]
    return lots(ledger.ids[document_of] + place.astype(np.uint64), 0)


def _train_counts(ledger: Ledger, sides: Sides) -> dict[str, int]:
    """In how many rows of the training split each label occurs."""
    names = ledger.names
    train = sides.on(TRAIN)
    counts = np.zeros(len(names), np.int64)
    for part in ledger.occurrences():
        counts += np.bincount(part.labels[train[part.rows]], minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))


def _extras(
    spool: Spool,
    ledger: Ledger,
    wishes: Wishes,
    sides: Sides,
    names: Names,
    keys: NDArray[np.uint64],
) -> Extras:
    """The copies that are asked for."""
    train = sides.on(TRAIN)
    repeats = np.zeros(ledger.rows, np.int64)
    if wishes.oversample is not None:
        kinds = len(ledger.names)
        repeats = copies(keys, train, ledger.occurrences, kinds, wishes.oversample, wishes.seed)
    pool = pool_of(spool, train) if wishes.augment else Pool()
    return Extras(
        spool=spool,
        names=names,
        document_of=ledger.document_of_row(),
        keys=keys,
        train=train,
        repeats=repeats,
        alterations=alterations(wishes.augment, pool),
        shares=wishes.augment,
        seed=wishes.seed,
    )


class _Added(msgspec.Struct):
    rows: int = 0
    refused: int = 0


def _add(
    spool: Spool, ledger: Ledger, extras: Extras, plan: Plan, engine: Engine, workers: int
) -> _Added:
    """Prepare copies, and add them to spool and ledger."""
    added = _Added()
    texts = np.sort(ledger.texts[0])
    blocks = (
        block for block in blocks_of(COPIES, extras.documents(texts)) if not isinstance(block, Note)
    )
    as_is = msgspec.structs.replace(plan, labels=None, limits=None, near=False)
    for prepared in engine(as_is, blocks, workers):
        spool.add(prepared)
        ledger.add(prepared)
        added.rows += len(prepared.splits)
        added.refused += len(prepared.rejected)
    return added


def _counts(ledger: Ledger, sides: Sides) -> dict[str, SplitCounts]:
    """What each split holds."""
    names = ledger.names
    shape = (len(sides.names), len(names))
    spans = np.zeros(shape[0] * shape[1], np.int64)
    for part in ledger.occurrences():
        side = sides.rows[part.rows].astype(np.int64)
        stays = side >= 0
        cells = side[stays] * shape[1] + part.labels[stays]
        spans += np.bincount(cells, part.spans[stays], len(spans)).astype(np.int64)
    counts: dict[str, SplitCounts] = {}
    for index, (split, numbers) in enumerate(
        zip(sides.names, spans.reshape(shape).tolist(), strict=True)
    ):
        here = sides.rows == index
        counts[split] = SplitCounts(
            documents=int(here.sum()),
            without_entities=int((here & ledger.bare).sum()),
            spans=sum(numbers),
            labels={name: number for name, number in zip(names, numbers, strict=True) if number},
        )
    return counts
