"""The split of each document and row, or that it is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.options import KEEP_SPLIT, NO_SPLIT, Deduplicate, parse_ratios
from pii_sft.dataset.row_index import OWN_SPLITS, Digests, Numbers, RowIndex
from pii_sft.dataset.selection.deduplicate import Texts, near_repeats, repeats
from pii_sft.dataset.selection.seeded_hash import seeded_hash
from pii_sft.dataset.selection.stratify import Groups, assign
from pii_sft.dataset.selection.union_find import UnionFind
from pii_sft.errors import UsageError

DROPPED = -1

Pair = tuple[int, int]


class Kept(msgspec.Struct, frozen=True):
    """Documents that stay.

    Attributes:
        documents: mask of the documents that stay.
        dropped: number of documents left out, by reason.
        together: pairs of documents that stay and share a text, whole or in part.
    """

    documents: NDArray[np.bool_]
    dropped: dict[str, int]
    together: list[Pair]


class SplitAssignment(msgspec.Struct, frozen=True):
    """Splits of the rows.

    Attributes:
        names: of the splits; one empty name where there is no split.
        rows: for each row an index into `names`, or `DROPPED`.
        torn: pairs of documents in different splits that share a text or a window; only possible
            if the documents came with splits of their own.
    """

    names: tuple[str, ...]
    rows: NDArray[np.int8]
    torn: int = 0

    def extended(self, name: str, count: int) -> SplitAssignment:
        """The same with more rows, all in one split."""
        more = np.full(count, self.names.index(name), np.int8)
        return msgspec.structs.replace(self, rows=np.concatenate([self.rows, more]))

    def without(self, rows: Numbers) -> SplitAssignment:
        """The same with some rows left out."""
        changed = self.rows.copy()
        changed[rows] = DROPPED
        return msgspec.structs.replace(self, rows=changed)

    def on(self, name: str) -> NDArray[np.bool_]:
        """Mask of the rows in a split; all false if there is no such split."""
        if name not in self.names:
            return np.zeros(len(self.rows), bool)
        here: NDArray[np.bool_] = self.rows == self.names.index(name)
        return here


def keep(row_index: RowIndex, texts: Texts | None, deduplicate: Deduplicate) -> Kept:
    """Find duplicates, and leave out those that `deduplicate` says.

    Args:
        row_index: of the documents.
        texts: of the rows, to compare near duplicates; None without them.
        deduplicate: `exact` leaves out a text that came before, `near` also one that is nearly the
            same, `off` nothing. Equal or nearly equal windows stay, because a document should not
            lose some of its windows.

    Raises:
        UsageError: every row seems to hold one entity of its text.
    """
    later, first = repeats(*row_index.texts)
    stay = np.ones(row_index.documents, bool)
    dropped: Counter[str] = Counter()
    together: list[Pair] = []
    if deduplicate == "off":
        together += zip(first.tolist(), later.tolist(), strict=True)
    else:
        _refuse_one_entity_a_row(row_index, later, first)
        stay[later] = False
        same = int((row_index.annotations[later] == row_index.annotations[first]).sum())
        dropped["duplicate text"] = same
        dropped["duplicate text with another annotation"] = len(later) - same
    document_of = row_index.document_of_row()
    if texts is not None:
        alike = near_repeats(row_index.band_hashes, stay[document_of], texts)
        if row_index.windowed:
            together += [(int(document_of[a]), int(document_of[b])) for b, a in alike.items()]
        else:
            stay[list(alike)] = False
            dropped["nearly the same text"] = len(alike)
    if row_index.windowed:
        together += _sharing_a_window(row_index, document_of, stay)
    return Kept(stay, {reason: count for reason, count in dropped.items() if count}, together)


ONE_ENTITY_A_ROW = 0.2
"""From this share of the documents on, repeated texts with one entity each are not an accident."""


def _refuse_one_entity_a_row(row_index: RowIndex, later: Numbers, first: Numbers) -> None:
    """Refuse data in which each row holds one entity of its text; all but one would be lost.

    Raises:
        UsageError: many texts come again, each time with another single entity.
    """
    differ = row_index.annotations[later] != row_index.annotations[first]
    if differ.sum() < ONE_ENTITY_A_ROW * row_index.documents or not differ.any():
        return
    spans = np.zeros(row_index.documents, np.int64)
    document_of = row_index.document_of_row()
    for part in row_index.occurrences():
        np.add.at(spans, document_of[part.rows], part.spans)
    if (spans[np.union1d(later[differ], first[differ])] == 1).all():
        raise UsageError(
            f"{int(differ.sum())} documents repeat a text with another annotation, of one entity "
            "each: it seems that every row holds one entity of its text. Bring the entities of a "
            "text together in one row. --deduplicate off keeps the rows as they are."
        )


def _sharing_a_window(
    row_index: RowIndex, document_of: Numbers, stay: NDArray[np.bool_]
) -> Iterator[Pair]:
    rows = np.flatnonzero(stay[document_of])
    later, first = repeats(row_index.row_texts[rows])
    one, other = document_of[rows[first]], document_of[rows[later]]
    yield from {
        pair for pair in zip(one.tolist(), other.tolist(), strict=True) if pair[0] != pair[1]
    }


def assign_splits(row_index: RowIndex, kept: Kept, split: str, seed: int) -> SplitAssignment:
    """Assign every row to a split.

    Args:
        row_index: of the documents.
        kept: which of them stay.
        split: ratios, `keep` or `off`.
        seed: of the choice between equal candidates.

    Raises:
        UsageError: the documents do not name their splits, or are too few.
    """
    document_of = row_index.document_of_row()
    torn = 0
    if split == NO_SPLIT:
        names: tuple[str, ...] = ("",)
        chosen = np.zeros(row_index.documents, np.int8)
    elif split == KEEP_SPLIT:
        names, chosen = _own_splits(row_index, kept)
        torn = sum(1 for one, other in kept.together if chosen[one] != chosen[other])
    else:
        names, chosen = _stratified(row_index, kept, document_of, split, seed)
    chosen[~kept.documents] = DROPPED
    return SplitAssignment(names, chosen[document_of], torn)


def _own_splits(row_index: RowIndex, kept: Kept) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    own = row_index.own_splits
    if not own[kept.documents].all():
        raise UsageError(
            "--split keep needs inputs named train*, dev* (or valid*) and test*, "
            "or documents with meta.split."
        )
    present = np.unique(own[kept.documents])
    places = np.zeros(len(OWN_SPLITS), np.int8)
    places[present] = np.arange(len(present))
    return tuple(OWN_SPLITS[index] for index in present), places[own]


def _stratified(
    row_index: RowIndex, kept: Kept, document_of: Numbers, split: str, seed: int
) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    ratios = parse_ratios(split)
    keys, places = _groups(row_index, kept)
    of_row = places[document_of]
    rows = np.bincount(of_row[of_row >= 0], minlength=len(keys))
    assigned = assign(
        Groups(keys, of_row, rows), row_index.occurrences, len(row_index.names), ratios, seed
    )
    _fill_empty(assigned, len(ratios), rows, seeded_hash(keys, seed))
    empty = [name for index, name in enumerate(ratios) if not (assigned == index).any()]
    if empty:
        raise UsageError(
            f"{int(kept.documents.sum())} documents in {len(keys)} groups leave nothing for "
            f"{' and '.join(sorted(empty))}. Ask for fewer splits, such as --split train=1."
        )
    return tuple(ratios), assigned[places]


def _fill_empty(assigned: NDArray[np.int8], splits: int, rows: Numbers, order: Digests) -> None:
    """Give each empty split a group of the largest split, as long as that has two.

    Nine documents, for example, leave nothing for a split of one tenth. The smallest group
    goes, chosen at random among several.
    """
    for split in range(splits):
        counts = np.bincount(assigned, minlength=splits)
        largest = int(counts.argmax())
        if counts[split] or counts[largest] < 2:
            continue
        members = np.flatnonzero(assigned == largest)
        assigned[members[np.lexsort((order[members], rows[members]))[0]]] = split


def _groups(row_index: RowIndex, kept: Kept) -> tuple[Digests, NDArray[np.int32]]:
    """Digests of the groups of the documents that stay, and the number of each document's group.

    Documents that do not stay have -1.
    """
    documents = np.flatnonzero(kept.documents)
    places = np.full(row_index.documents, -1, np.int32)
    if not row_index.grouped and not kept.together:
        places[documents] = np.arange(len(documents))
        return row_index.groups[documents], places
    keys, group_of = np.unique(row_index.groups[documents], return_inverse=True)
    places[documents] = group_of
    together = UnionFind()
    for one, other in kept.together:
        together.join(int(places[one]), int(places[other]))
    joined = together.joined()
    if joined:
        root = np.arange(len(keys))
        root[list(joined)] = list(joined.values())
        used, root = np.unique(root, return_inverse=True)
        keys = keys[used]
        places[documents] = root[group_of]
    return keys, places
